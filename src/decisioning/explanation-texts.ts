import { pieceOf } from './json-bytes.js'
import type { Legend, LegendRule } from './legend.js'

/** What ends the outcome before; the first one of all goes without. */
export const HEAD_BEGINS_WITH = '},'

/** Pieces of JSON text that are the same in every explanation of one strategy. */
export interface ExplanationTexts {
  /** By offer: from the end of the outcome before it up to its stage. */
  readonly heads: readonly Uint8Array[]
  /** By offer: its value where that is a number, NaN where it depends on the customer. */
  readonly values: readonly number[]
  /** By offer: its model + 1, 0 for the prior. */
  readonly models: readonly number[]
  /** By offer: the same up to the figure of its priority, when it was outranked. */
  readonly outranked: readonly Uint8Array[]
  /** By offer: value, lever and model. */
  readonly rests: readonly Uint8Array[]
  /** By offer: the same after a context factor of 1. */
  readonly plainRests: readonly Uint8Array[]
  /** By offer: the lever. */
  readonly levers: readonly string[]
  /** By model + 1, the prior first. */
  readonly sources: readonly string[]
  /** By offer and rule. */
  readonly rules: ReadonlyArray<readonly string[]>
  /** By offer: the expression of its value. */
  readonly valueRules: readonly string[]
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
  const levers = offers.map(
    ({ lever, mandatory }) =>
      `,"l":${JSON.stringify(lever)}}${mandatory ? ',"mandatory":true' : ''}`
  )
  const values = offers.map(({ value }) => (typeof value === 'number' ? value : NaN))
  const heads = offers.map(
    ({ id }) => `${HEAD_BEGINS_WITH}{"offerId":${JSON.stringify(id)},"stage":"`
  )
  const sources = ['', ...models.map(name => `,"model":${JSON.stringify(name)}`)]
  const usual = offers.map(({ model }) => (model === undefined ? 0 : models.indexOf(model) + 1))
  const rests = values.map(
    (value, i) => `,"v":${JSON.stringify(value)}${levers[i]!}${sources[usual[i]!]!}`
  )
  return {
    heads: heads.map(pieceOf),
    outranked: heads.map(head => pieceOf(`${head}outranked","priority":`)),
    values,
    models: usual,
    rests: rests.map(pieceOf),
    plainRests: rests.map(rest => pieceOf(`,"c":1${rest}`)),
    levers,
    sources,
    rules: offers.map(({ rules }) => rules.map(ruleText)),
    valueRules: offers.map(({ value }) => (typeof value === 'number' ? '' : ruleText(value))),
    labels: reads.map(({ label }) => `${JSON.stringify(label)}:`),
    weights: weights.map(({ text, weight, target, offers: targets }) => {
      const isFor = new Uint8Array(offers.length)
      for (const offer of targets) isFor[offer] = 1
      return { json: JSON.stringify({ when: text, weight, target }), isFor }
    })
  }
}

function ruleText({ kind, owner, text, place }: LegendRule): string {
  return JSON.stringify({ id: `${owner}.${kind}`, owner, text, place })
}
