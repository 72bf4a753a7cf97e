import { piecesOf, type Pieces } from './json-bytes.js'
import type { Legend, LegendRule } from './legend.js'

/** Columns of an outranked offer's row; a mark for mandatory ones follows, and the context weights where any held. */
const COLUMNS = ['offerId', 'priority', 'p', 'c', 'v', 'l', 'model']

/** Pieces of JSON text that are the same in every explanation of one strategy. */
export interface ExplanationTexts {
  /** Names of the columns of outranked offers: `"offerId","priority"…` */
  readonly columns: string
  /** By offer: the first column. */
  readonly rowHeads: Pieces
  /** By offer: what follows C. */
  readonly rowTails: Pieces
  /** By offer: how a loser's needs begin. */
  readonly needHeads: Pieces
  /** What ends a row, whatever the offer. */
  readonly rowEnd: Pieces
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
  /** By context weight: its text, and 1 for every offer that it is about. */
  readonly weights: ReadonlyArray<{ readonly json: string; readonly isFor: Uint8Array }>
}

const written = new WeakMap<Legend, ExplanationTexts>()

/** The pieces for a legend, written once. */
export function textsOf(legend: Legend): ExplanationTexts {
  const known = written.get(legend)
  if (known !== undefined) return known
  const texts = write(legend)
  written.set(legend, texts)
  return texts
}

function write({ offers, models, reads, weights }: Legend): ExplanationTexts {
  const names = [...new Set(offers.map(({ group }) => group))]
  const marked = offers.some(({ mandatory }) => mandatory)
  const mandatory = offers.map(offer => (marked ? `,${offer.mandatory}` : ''))
  const tails = offers.map(({ value, lever, model }, i) =>
    typeof value === 'number'
      ? `,${JSON.stringify(value)},${JSON.stringify(lever)},${JSON.stringify(model ?? null)}${mandatory[i]!}`
      : ''
  )
  return {
    columns: JSON.stringify(marked ? [...COLUMNS, 'mandatory'] : COLUMNS).slice(1, -1),
    rowHeads: piecesOf(offers.map(({ id }) => `[${JSON.stringify(id)},`)),
    rowTails: piecesOf(tails),
    needHeads: piecesOf(
      offers.map(({ id }) => `{"offerId":${JSON.stringify(id)},"stage":"outranked",`)
    ),
    rowEnd: piecesOf(['],']),
    values: offers.map(({ value }) => (typeof value === 'number' ? value : NaN)),
    models: offers.map(({ model }) => (model === undefined ? 0 : models.indexOf(model) + 1)),
    mandatory,
    groups: Int32Array.from(offers, ({ group }) => names.indexOf(group)),
    rules: offers.map(({ rules }) => rules.map(ruleText)),
    labels: reads.map(({ label }) => `${JSON.stringify(label)}:`),
    weights: weights.map(({ text, weight, target, offers: targets }) => {
      const isFor = new Uint8Array(offers.length)
      for (const offer of targets) isFor[offer] = 1
      return { json: JSON.stringify({ when: text, weight, target }), isFor }
    })
  }
}

/** A rule as explanations show it. */
export function ruleText({ kind, owner, text, place }: LegendRule): string {
  return JSON.stringify({ id: `${owner}.${kind}`, owner, text, place })
}
