import type { HeldWeight } from '../arbitration/arbitrate.js'
import { piecesOf, type Pieces } from '../json-bytes.js'
import type { Legend, LegendRule } from '../trace/legend.js'

/** Columns of an outranked offer's row; a mark for mandatory ones follows, and the context weights where any held. */
const COLUMNS = ['offerId', 'priority', 'p', 'c', 'v', 'l', 'model']

/** Pieces of JSON text that are the same in every explanation of one strategy. */
export interface ExplanationTexts {
  /** Names of the columns of outranked offers: `"offerId","priority"…` */
  readonly columns: string
  /** By offer: the first column. */
  readonly rowHeads: Pieces
  /** By offer: how a winner begins, up to its placement. */
  readonly selectedHeads: Pieces
  /** By offer: how a loser's needs begin. */
  readonly needHeads: Pieces
  /** By offer: its value where that is a number, NaN where it depends on the customer. */
  readonly values: readonly number[]
  /** By offer: its model + 1, 0 for the prior. */
  readonly models: readonly number[]
  /** By offer: `,true` or `,false` where the strategy has mandatory offers. */
  readonly mandatory: readonly string[]
  /** By offer: a number for its group. */
  readonly groups: Int32Array
  /** By offer and rule. */
  readonly rules: ReadonlyArray<readonly string[]>
  /** By read. */
  readonly labels: readonly string[]
  /** By context weight: what it is, and a comma. */
  readonly weightTexts: Pieces
  /** By context weight: 1 for every offer that it is about. */
  readonly weights: ReadonlyArray<{ readonly isFor: Uint8Array }>
}

/** The ends of outranked offers' rows where the same context weights hold and V, L and the model are the offers' own. */
export interface RowTails {
  /** By offer: C. */
  readonly c: Float64Array
  /** By offer: what follows P. */
  readonly pieces: Pieces
}

/** Most sets of context weights whose rows stand ready; strategies have few weights, and fewer that hold together. */
const MOST_SETS = 64

const written = new WeakMap<Legend, ExplanationTexts>()
const tailsOfSets = new WeakMap<Legend, Map<string, RowTails>>()

/** The pieces for a legend, written once. */
export function textsOf(legend: Legend): ExplanationTexts {
  const known = written.get(legend)
  if (known !== undefined) return known
  const texts = write(legend)
  written.set(legend, texts)
  return texts
}

/**
 * The ends of rows where these context weights hold, written once for each set of them; undefined where a weight holds for some of
 * its offers only, or there are too many sets.
 * @param listed whether the rows list the weights
 */
export function rowTailsOf(
  legend: Legend,
  held: readonly HeldWeight[],
  listed: boolean
): RowTails | undefined {
  let key = listed ? 'listed' : ''
  for (const { weight, offers } of held) {
    if (offers !== undefined) return undefined
    key += ` ${weight}`
  }
  const sets = tailsOfSets.get(legend) ?? new Map<string, RowTails>()
  tailsOfSets.set(legend, sets)
  const known = sets.get(key)
  if (known !== undefined || sets.size >= MOST_SETS) return known
  const tails = writeTails(legend, held, listed)
  sets.set(key, tails)
  return tails
}

function writeTails(legend: Legend, held: readonly HeldWeight[], listed: boolean): RowTails {
  const texts = textsOf(legend)
  const ownWeights = legend.offers.map((_, offer) =>
    held.flatMap(({ weight }, i) => (texts.weights[weight]!.isFor[offer] === 1 ? [i] : []))
  )
  const c = Float64Array.from(ownWeights, own => {
    const percent = own.reduce((sum, i) => sum + legend.weights[held[i]!.weight]!.weight, 0)
    return Math.max(0, 1 + percent / 100)
  })
  const pieces = legend.offers.map(({ value, lever, model }, offer) => {
    if (typeof value !== 'number') return ''
    const figures = [c[offer], value, lever, model ?? null].map(each => JSON.stringify(each))
    const weights = listed ? `,[${ownWeights[offer]!.join(',')}]` : ''
    return `,${figures.join(',')}${texts.mandatory[offer]!}${weights}],`
  })
  return { c, pieces: piecesOf(pieces) }
}

function write({ offers, models, reads, weights }: Legend): ExplanationTexts {
  const names = [...new Set(offers.map(({ group }) => group))]
  const marked = offers.some(({ mandatory }) => mandatory)
  const mandatory = offers.map(offer => (marked ? `,${offer.mandatory}` : ''))
  return {
    columns: JSON.stringify(marked ? [...COLUMNS, 'mandatory'] : COLUMNS).slice(1, -1),
    rowHeads: piecesOf(offers.map(({ id }) => `[${JSON.stringify(id)},`)),
    selectedHeads: piecesOf(
      offers.map(({ id }) => `{"offerId":${JSON.stringify(id)},"stage":"selected","placement":`)
    ),
    needHeads: piecesOf(
      offers.map(({ id }) => `{"offerId":${JSON.stringify(id)},"stage":"outranked",`)
    ),
    values: offers.map(({ value }) => (typeof value === 'number' ? value : NaN)),
    models: offers.map(({ model }) => (model === undefined ? 0 : models.indexOf(model) + 1)),
    mandatory,
    groups: Int32Array.from(offers, ({ group }) => names.indexOf(group)),
    rules: offers.map(({ rules }) => rules.map(ruleText)),
    labels: reads.map(({ label }) => `${JSON.stringify(label)}:`),
    weightTexts: piecesOf(
      weights.map(
        ({ text, weight, target }) => `${JSON.stringify({ when: text, weight, target })},`
      )
    ),
    weights: weights.map(({ offers: targets }) => {
      const isFor = new Uint8Array(offers.length)
      for (const offer of targets) isFor[offer] = 1
      return { isFor }
    })
  }
}

/** A rule as explanations show it. */
export function ruleText({ kind, owner, text, place }: LegendRule): string {
  return JSON.stringify({ id: `${owner}.${kind}`, owner, text, place })
}
