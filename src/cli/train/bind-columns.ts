import { nearest } from '../../domain/nearest.js'
import type {
  CompileFeature,
  Declared,
  Expression,
  Place,
  Strategy
} from '../../policy/strategy.js'
import { CommandRefused } from '../shell.js'

/** A column of the file and what of a decision it stands for. */
export interface BoundColumn {
  readonly name: string
  /** Its position in the file's rows. */
  readonly at: number
  /** The expression that gives its value when an offer is decided. */
  readonly from: string
  readonly kind: 'number' | 'boolean' | 'category'
  /** What the attribute has where nothing is known, so that a blank cell means the same as at a decision. */
  readonly standIn: number | string | undefined
  /** The declared choices of a text. */
  readonly choices: readonly string[] | undefined
}

/** What the command line says about columns; all names are columns of the file. */
export interface ColumnWishes {
  readonly target: string
  readonly without: ReadonlySet<string>
  /** By column: the expression that it stands for. */
  readonly map: ReadonlyMap<string, string>
}

/**
 * Finds what every column of a file stands for: `customer.<column>`, unless it is mapped. Numbers come before texts, in the order of
 * the file. Throws CommandRefused with a sentence for every column that is nothing that a model may read when an offer is decided.
 */
export function bindColumns(
  file: string,
  header: readonly string[],
  { target, without, map }: ColumnWishes,
  { strategy, compileFeature }: { strategy: Strategy; compileFeature: CompileFeature }
): BoundColumn[] {
  const sentences: string[] = []
  const bound = header.flatMap((name, at): BoundColumn[] => {
    if (name === target || without.has(name)) return []
    const from = map.get(name) ?? `customer.${name}`
    const column = bindColumn(
      { name, at, from },
      strategy,
      expressionOf(file, from, compileFeature)
    )
    if (typeof column !== 'string') return [column]
    sentences.push(`${file}, column "${name}": ${column}`)
    return []
  })
  if (sentences.length > 0)
    throw new CommandRefused(
      [
        ...sentences,
        'say what such a column stands for with --map COLUMN=customer.ATTRIBUTE, or leave it out with --without COLUMN'
      ].join('\n')
    )
  const isText = ({ kind }: BoundColumn): boolean => kind === 'category'
  return [...bound.filter(column => !isText(column)), ...bound.filter(isText)]
}

function expressionOf(file: string, from: string, compile: CompileFeature): Expression | string {
  if (/^customer\./.test(from) && !/^customer\.[A-Za-z_]\w*$/.test(from) && !/[^\w.\- ]/.test(from))
    return `${from} is no name of an attribute`
  const place: Place = { file, line: 1, column: 1 }
  const compiled = compile(from, place)
  if ('source' in compiled) return compiled
  return compiled
    .map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint}?)`))
    .join('; ')
}

const KINDS: Readonly<Record<string, BoundColumn['kind']>> = {
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  string: 'category'
}

function bindColumn(
  named: Pick<BoundColumn, 'name' | 'at' | 'from'>,
  strategy: Strategy,
  expression: Expression | string
): BoundColumn | string {
  if (typeof expression === 'string') return expression
  const kind = KINDS[expression.type]
  if (kind === undefined)
    return `${named.from} is a ${expression.type}, which no model takes; map it to an expression that gives a number or a text`
  const declared = declaredOf(expression, strategy)
  return { ...named, kind, standIn: standInOf(declared?.default), choices: declared?.values }
}

/** The attribute or context name that an expression is; undefined where it is more than a name. */
function declaredOf({ source, reads }: Expression, strategy: Strategy): Declared | undefined {
  const [read] = reads
  if (read === undefined || reads.length > 1 || read.label !== source.trim()) return undefined
  if (read.kind === 'attribute') return strategy.attributes[read.slot]
  return read.kind === 'context' ? strategy.context[read.slot] : undefined
}

function standInOf(value: unknown): number | string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : undefined
}

/** Sentences about texts that are none of the choices that the strategy declares. */
export function outsideChoices(
  { name, from, choices }: BoundColumn,
  categories: readonly string[]
): string[] {
  if (choices === undefined) return []
  return categories
    .filter(text => !choices.includes(text))
    .map(text => {
      const meant = nearest(text, choices)
      return `column "${name}" has the text "${text}", which is none of the values of ${from}${meant === undefined ? '' : `; did you mean "${meant}"?`}`
    })
}
