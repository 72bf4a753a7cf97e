import type { Facts } from '../../policy/facts.js'
import { AlikeRows } from '../../scoring/alike-rows.js'
import type { Arithmetic } from '../../scoring/arithmetic.js'
import type { FeaturePlan, PlannedColumn } from '../../scoring/plan.js'
import { createRandom } from '../../learning/random.js'
import type { EncodeRows } from '../ports.js'
import type { ReadyModel } from '../propensity/ready-model.js'

/** How the scores of a model can be told within bounds without running it. */
export interface ScoreBounds {
  /** By offer index: the number of its row, -1 where nothing can be told. Offers with the same row always get the same score. */
  readonly rowOf: Int32Array
  readonly rows: number
  /**
   * Bounds of the calibrated scores of some rows, by row. False where a cell is missing or no number: then nothing is told.
   * @param rows numbers of the rows that are asked for
   */
  bound(facts: Facts, rows: Int32Array, low: Float64Array, high: Float64Array): boolean
}

/**
 * The bounds of a model whose file says what it computes, and whose rows differ by nothing but what the offers are; else undefined.
 * @param offers how many offers the strategy has
 */
export async function scoreBoundsOf(
  model: ReadyModel,
  offers: number
): Promise<ScoreBounds | undefined> {
  const { arithmetic } = model.open
  if (arithmetic === undefined || !(await isTrue(model, arithmetic))) return undefined
  if (!model.plan.byOffer.every(({ source }) => source.ofOfferAlone)) return undefined
  const own = ownRows(model.plan, arithmetic, offers)
  const { fixed, rowOf, rows } = own
  const alike = new AlikeRows(arithmetic, fixed, rows)
  const cells = new Float32Array(arithmetic.columns)
  return {
    rowOf,
    rows,
    bound(facts, asked, low, high) {
      for (const planned of model.plan.shared) {
        const value = numberOf(planned, facts, 0)
        if (Number.isNaN(value)) return false
        cells[cellOf(planned, arithmetic)] = value
      }
      alike.bound(cells, asked, low, high)
      for (let i = 0; i < asked.length; i++) calibrateBounds(model, asked[i]!, low, high)
      return true
    }
  }
}

/** Calibrations only ever rise or fall. */
function calibrateBounds(
  { calibrate }: ReadyModel,
  row: number,
  low: Float64Array,
  high: Float64Array
): void {
  const one = calibrate(low[row]!)
  const other = calibrate(high[row]!)
  low[row] = Math.min(one, other)
  high[row] = Math.max(one, other)
}

function cellOf({ tensor, column }: PlannedColumn<Facts>, { offsets }: Arithmetic): number {
  return offsets[tensor]! + column
}

/** As encoding writes it into a float32 cell; NaN where it is missing. */
function numberOf({ source, missing }: PlannedColumn<Facts>, facts: Facts, offer: number): number {
  return Number(source.value(facts, offer) ?? missing)
}

/** Facts of nobody, for what is made of the offer alone. */
const NO_FACTS = {} as Facts

/** The distinct rows that offers make, by the cells that are their own; none where one of those is no number. */
function ownRows(
  { byOffer }: FeaturePlan<Facts>,
  arithmetic: Arithmetic,
  offers: number
): { fixed: Array<Float32Array | undefined>; rowOf: Int32Array; rows: number } {
  const known = new Map<string, number>()
  const rowOf = new Int32Array(offers)
  const distinct: Float32Array[] = []
  for (let offer = 0; offer < offers; offer++) {
    const row = Float32Array.from(byOffer, planned => numberOf(planned, NO_FACTS, offer))
    if (row.includes(NaN)) {
      rowOf[offer] = -1
      continue
    }
    const key = row.join()
    const number = known.get(key) ?? distinct.length
    if (number === distinct.length) {
      known.set(key, number)
      distinct.push(row)
    }
    rowOf[offer] = number
  }
  const fixed = new Array<Float32Array | undefined>(arithmetic.columns).fill(undefined)
  byOffer.forEach((planned, i) => {
    fixed[cellOf(planned, arithmetic)] = Float32Array.from(distinct, row => row[i]!)
  })
  return { fixed, rowOf, rows: distinct.length }
}

/** Rows that the runtime and the arithmetic are compared on. */
const TRIALS = 64

/** Whether runs of a model come out within the bounds of what its file is read to say. */
async function isTrue({ open }: ReadyModel, arithmetic: Arithmetic): Promise<boolean> {
  const { columns, sum, offsets } = arithmetic
  const random = createRandom(TRIALS)
  const typical = sum.kind === 'trees' ? sum.thresholds : Float64Array.of(0, 1, 10, 100)
  const cells = Array.from({ length: TRIALS }, () =>
    Float32Array.from(
      { length: columns },
      () => typical[random.integer(typical.length)]! * (random.uniform() + 0.5)
    )
  )
  const encode: EncodeRows = (tensors, firstRow) => {
    tensors.forEach(({ input, cells: into }, tensor) => {
      cells.forEach((row, i) => {
        for (let column = 0; column < input.width; column++)
          into[(firstRow + i) * input.width + column] = row[offsets[tensor]! + column]!
      })
    })
  }
  const scores = await open.score(TRIALS, encode)
  const alone = new AlikeRows(arithmetic, new Array(columns).fill(undefined), 1)
  const [low, high] = [new Float64Array(1), new Float64Array(1)]
  return cells.every((row, i) => {
    alone.bound(row, Int32Array.of(0), low, high)
    return scores[i]! >= low[0]! && scores[i]! <= high[0]!
  })
}
