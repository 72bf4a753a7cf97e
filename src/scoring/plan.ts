import { nearest } from '../domain/nearest.js'

/** Element types that a model's inputs may have. */
export type TensorType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'string'

/** One input of a model: `width` cells a row. */
export interface TensorInput {
  readonly name: string
  readonly type: TensorType
  readonly width: number
}

/** A value that stands in where a fact is missing. */
type Missing = number | string | boolean | undefined

/** Where the values of one column come from: an attribute, a constant or a compiled expression over the facts F. */
export interface ColumnSource<F> {
  /** True when the value differs between the offers of one decision. */
  readonly perOffer: boolean
  /** number, integer, string or boolean; anything else needs an expression. */
  readonly type: string
  /** Set when the value is always the same. */
  readonly constant?: unknown
  /** False when there is a value for every customer (a default, a constant). Taken for true when left out. */
  readonly canBeMissing?: boolean | undefined
  /** True when the value is made of nothing but the offer, so that it is the same in every decision. */
  readonly ofOfferAlone?: boolean | undefined
  /** The value for an offer (ignored unless perOffer); undefined where something it reads is missing. */
  value(facts: F, offer: number): unknown
}

/** One column as a model's file asks for it. */
export interface PlannedSource<F> {
  readonly source: ColumnSource<F>
  readonly missing: Missing
  /** The declared choices of a string; others are passed on and counted. */
  readonly values?: readonly string[] | undefined
  /** The least and the greatest number that the model was trained on; others are passed on and counted. */
  readonly range?: readonly [least: number, greatest: number] | undefined
  /** As written in the file, for sentences. */
  readonly label: string
}

/** How many of a column's numbers lay outside what its model was trained on. Counted while encoding, read when somebody asks. */
export interface RangeTally {
  readonly least: number
  readonly greatest: number
  values: number
  outside: number
}

/** The columns of one input, in order. */
export interface InputSources<F> {
  readonly input: string
  readonly sources: ReadonlyArray<PlannedSource<F>>
}

/** How one cell of a row is made. */
export interface PlannedColumn<F> {
  /** Position of the tensor among the model's inputs, and of the cell in its row. */
  readonly tensor: number
  readonly column: number
  readonly type: TensorType
  readonly input: string
  readonly label: string
  readonly source: ColumnSource<F>
  readonly missing: Missing
  readonly known: ReadonlySet<string> | undefined
  /** undefined where no range is declared. */
  readonly range: RangeTally | undefined
}

/** All columns of a model, split by whether they must be made for every offer. */
export interface FeaturePlan<F> {
  readonly inputs: readonly TensorInput[]
  /** False when every row of a decision is the same: score one row and use it for all offers. */
  readonly perOffer: boolean
  readonly shared: ReadonlyArray<PlannedColumn<F>>
  readonly byOffer: ReadonlyArray<PlannedColumn<F>>
}

export type Planned<F> = { readonly plan: FeaturePlan<F> } | { readonly problems: string[] }

/**
 * Matches the columns that a model's file lists with the inputs that the model declares: every input fed once, no unknown
 * name, as many columns as the input is wide, types that convert, a fitting `missing` where a value can be missing.
 * Answers all problems at once, a sentence each.
 */
export function planFeatures<F>(
  columns: ReadonlyArray<InputSources<F>>,
  inputs: readonly TensorInput[]
): Planned<F> {
  const problems = [...namingProblems(columns, inputs)]
  const planned: Array<PlannedColumn<F>> = []
  for (const [tensor, input] of inputs.entries()) {
    const listed = columns.find(c => c.input === input.name)
    if (listed === undefined) continue
    if (listed.sources.length !== input.width) {
      problems.push(
        `Input ${input.name} takes ${countOf(input.width, 'column')} a row, but ${listed.sources.length} ${listed.sources.length === 1 ? 'is' : 'are'} listed; list them in the order in which the model was trained.`
      )
      continue
    }
    for (const [column, wanted] of listed.sources.entries()) {
      problems.push(...columnProblems(wanted, input))
      planned.push(planColumn(wanted, input, tensor, column))
    }
  }
  if (problems.length > 0) return { problems }
  const byOffer = planned.filter(c => c.source.perOffer)
  const shared = planned.filter(c => !c.source.perOffer)
  return { plan: { inputs, perOffer: byOffer.length > 0, shared, byOffer } }
}

function planColumn<F>(
  wanted: PlannedSource<F>,
  input: TensorInput,
  tensor: number,
  column: number
): PlannedColumn<F> {
  const { source, missing, values, label } = wanted
  const known = values === undefined ? undefined : new Set(values)
  const range = wanted.range && tallyOf(wanted.range)
  const { name, type } = input
  return { tensor, column, type, input: name, label, source, missing, known, range }
}

function tallyOf([least, greatest]: readonly [number, number]): RangeTally {
  return { least, greatest, values: 0, outside: 0 }
}

function* namingProblems<F>(
  columns: ReadonlyArray<InputSources<F>>,
  inputs: readonly TensorInput[]
): Generator<string> {
  const names = inputs.map(i => i.name)
  const listed = new Set<string>()
  for (const { input } of columns) {
    if (listed.has(input)) yield `Input ${input} is listed twice; list each input once.`
    listed.add(input)
    if (names.includes(input)) continue
    const guess = nearest(input, names)
    yield `The model has no input ${input}; ${guess === undefined ? `its inputs are ${names.join(', ')}` : `did you mean ${guess}?`}${guess === undefined ? '.' : ''}`
  }
  for (const name of names) {
    if (!listed.has(name)) yield `Input ${name} of the model is not fed; add it to inputs.`
  }
}

const NUMERIC_SOURCES = new Set(['integer', 'number', 'boolean'])

function* columnProblems<F>(
  { source, missing, label }: PlannedSource<F>,
  { name, type }: TensorInput
): Generator<string> {
  const place = `${label} of input ${name}`
  if (source.type === 'string') {
    if (type !== 'string')
      yield `${place} is a string, but the model wants ${type}; write an expression that gives a number.`
  } else if (!NUMERIC_SOURCES.has(source.type)) {
    yield `${place} is a ${source.type}; write an expression that gives a ${type === 'string' ? 'string' : 'number'}.`
  } else if (type === 'string') {
    yield `${place} is a ${source.type}, but the model wants a string; write an expression that gives a string.`
  } else if (type === 'bool' && source.type !== 'boolean') {
    yield `${place} is a ${source.type}, but the model wants true or false; write a condition such as ${label} > 0.0.`
  }
  if (missing === undefined) {
    if (source.canBeMissing !== false && source.constant === undefined) {
      yield `${place} can be missing and no value stands in for it; add \`missing:\` or give the attribute a default.`
    }
  } else {
    const trouble = missingTrouble(missing, type)
    if (trouble !== undefined) yield `\`missing: ${missing}\` of ${place} does not fit: ${trouble}.`
  }
}

const INT32_MAX = 2 ** 31 - 1

function missingTrouble(missing: string | number | boolean, type: TensorType): string | undefined {
  if (type === 'string')
    return typeof missing === 'string' ? undefined : 'the model wants a string, so put it in quotes'
  if (typeof missing === 'string')
    return type === 'bool' ? 'the model wants true or false' : 'the model wants a number'
  if (type === 'bool')
    return typeof missing === 'boolean' ? undefined : 'the model wants true or false'
  if (typeof missing === 'boolean' || type === 'float32' || type === 'float64') return undefined
  if (!Number.isInteger(missing)) return 'the model wants a whole number'
  const fits =
    type === 'int32'
      ? missing >= -INT32_MAX - 1 && missing <= INT32_MAX
      : Number.isSafeInteger(missing)
  return fits ? undefined : `it is outside the range of ${type}`
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
