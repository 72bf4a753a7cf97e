import { nearest } from '../../domain/nearest.js'
import type { JournalPeriod } from '../../domain/journal.js'
import type { Method } from '../../learning/fit-table.js'
import { parseOptions, STRATEGY_OPTIONS } from '../options.js'
import { periodOf } from '../period.js'
import { UsageRefused } from '../shell.js'
import { ANSWER } from './journal-table.js'

/** What the command line asks for. */
export interface TrainingRequest {
  readonly name: string
  /** The period of the journal to learn from; undefined: the file. */
  readonly period: JournalPeriod | undefined
  readonly from: string
  readonly target: string
  readonly positive: string | undefined
  readonly separator: string
  readonly without: ReadonlySet<string>
  /** By column: the expression that it stands for. */
  readonly map: ReadonlyMap<string, string>
  /** Columns that may tell the answer. */
  readonly allow: ReadonlySet<string>
  readonly methods: readonly Method[]
  readonly seed: number
  readonly folds: number | undefined
  /** undefined: in the models folder, by the model's name. */
  readonly out: string | undefined
  readonly replace: boolean
  readonly json: boolean
  readonly overrides: { readonly rules?: string | undefined; readonly models?: string | undefined }
}

const METHODS: Readonly<Record<string, readonly Method[]>> = {
  logistic: ['logistic'],
  trees: ['trees'],
  both: ['logistic', 'trees']
}
const MOST_SEED = 2 ** 32 - 1
const MOST_FOLDS = 20

/** Reads the words after the command. Throws UsageRefused with what is wrong with them. */
export function readTrainingRequest(words: readonly string[]): TrainingRequest {
  const { values, positionals } = parseOptions(words, {
    ...STRATEGY_OPTIONS,
    journal: { type: 'boolean' },
    from: { type: 'string' },
    to: { type: 'string' },
    target: { type: 'string' },
    positive: { type: 'string' },
    separator: { type: 'string' },
    without: { type: 'string', multiple: true },
    map: { type: 'string', multiple: true },
    allow: { type: 'string', multiple: true },
    method: { type: 'string' },
    seed: { type: 'string' },
    folds: { type: 'string' },
    out: { type: 'string' },
    replace: { type: 'boolean' },
    json: { type: 'boolean' }
  })
  return {
    name: nameOf(positionals),
    ...dataOf(values),
    positive: values.positive,
    separator: separatorOf(values.separator ?? ','),
    without: new Set(listed(values.without)),
    map: new Map((values.map ?? []).map(pairOf)),
    allow: new Set(listed(values.allow)),
    methods: methodsOf(values.method ?? 'both'),
    seed: wholeOf('seed', values.seed ?? '1', 0, MOST_SEED),
    folds: values.folds === undefined ? undefined : wholeOf('folds', values.folds, 2, MOST_FOLDS),
    out: values.out,
    replace: values.replace ?? false,
    json: values.json ?? false,
    overrides: { rules: values.rules, models: values.models }
  }
}

interface DataWords {
  readonly journal?: boolean | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly target?: string | undefined
  readonly [option: string]: unknown
}

/** What would say things of a file that the journal says itself. */
const OF_FILES = ['target', 'positive', 'separator', 'map', 'folds']

function dataOf(values: DataWords): Pick<TrainingRequest, 'period' | 'from' | 'target'> {
  const { journal = false, from, to, target } = values
  if (journal) {
    const other = OF_FILES.find(option => values[option] !== undefined)
    if (other !== undefined)
      throw new UsageRefused(`--${other} is for files; the journal says itself what it holds`)
    return { period: periodOf({ from, to }), from: '', target: ANSWER }
  }
  if (to !== undefined) throw new UsageRefused('--to goes with --journal')
  if (from === undefined)
    throw new UsageRefused('name the data with --from FILE.csv, or take the --journal')
  if (target === undefined) throw new UsageRefused('name the column to predict with --target')
  return { period: undefined, from, target }
}

/** Refuses names that are no columns of the file, with the one that was meant. */
export function checkNames(
  { from, target, without, map, allow }: TrainingRequest,
  header: readonly string[]
): void {
  const named: ReadonlyArray<readonly [string, Iterable<string>]> = [
    ['target', [target]],
    ['without', without],
    ['map', map.keys()],
    ['allow', allow]
  ]
  for (const [option, names] of named) {
    for (const name of names) {
      if (header.includes(name)) continue
      const meant = nearest(name, header)
      const hint =
        header.length === 1
          ? `; its only column is "${header[0]}": is --separator right?`
          : meant === undefined
            ? `; its columns are ${header.join(', ')}`
            : `; did you mean ${meant}?`
      throw new UsageRefused(`--${option} ${name}: ${from} has no such column${hint}`)
    }
  }
}

function nameOf([name, ...more]: readonly string[]): string {
  if (name === undefined || more.length > 0) throw new UsageRefused('name one model to make')
  if (!/^[A-Za-z0-9][\w-]{0,63}$/.test(name))
    throw new UsageRefused(
      `"${name}" cannot be a model's name; use letters, digits, - and _, at most 64 of them`
    )
  return name
}

function separatorOf(text: string): string {
  const separator = text === 'tab' || text === '\\t' ? '\t' : text
  if (separator.length !== 1 || /["\r\n]/.test(separator))
    throw new UsageRefused(`--separator takes one character, or tab, not "${text}"`)
  return separator
}

function listed(texts: readonly string[] = []): string[] {
  return texts.flatMap(text => text.split(',')).flatMap(name => name.trim() || [])
}

function pairOf(pair: string): [string, string] {
  const at = pair.indexOf('=')
  if (at < 1 || at === pair.length - 1)
    throw new UsageRefused(`--map takes COLUMN=customer.ATTRIBUTE, not "${pair}"`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

function methodsOf(text: string): readonly Method[] {
  const methods = METHODS[text]
  if (methods === undefined)
    throw new UsageRefused(`--method is ${Object.keys(METHODS).join(', ')}, not "${text}"`)
  return methods
}

function wholeOf(option: string, text: string, least: number, most: number): number {
  const whole = /^\d+$/.test(text) ? Number(text) : NaN
  if (whole >= least && whole <= most) return whole
  throw new UsageRefused(`--${option} takes a whole number from ${least} to ${most}, not "${text}"`)
}
