import type { Offer, Strategy } from '../policy/strategy.js'

/**
 * What every decision asks of every offer, in columns by offer index: offers are objects far apart in memory, and thousands of them
 * are read sooner from columns.
 */
export interface OfferColumns {
  /** What is asked before an offer may be shown; offers of which the same is asked share one number. */
  readonly askedOf: Int32Array
  /** By that number, one of the offers: its dates, purposes and rules. */
  readonly asking: readonly Offer[]
  /** By that number: what a decision found, written anew by each; as Candidates.stages and causes. */
  readonly foundStages: Uint8Array
  readonly foundCauses: Uint16Array
  /** True where some rule has to be asked of each offer by itself. */
  readonly asksEach: boolean
  /** NaN where the value is an expression. */
  readonly values: Float64Array
  /** True where every value is a number that offers may have. */
  readonly arePlain: boolean
  /** 0, 1, 2… */
  readonly counting: Int32Array
}

const known = new WeakMap<Strategy['offers'], OfferColumns>()

/** The columns of a strategy's offers, made when they are first needed. */
export function columnsOf({ offers }: Pick<Strategy, 'offers'>): OfferColumns {
  const before = known.get(offers)
  if (before !== undefined) return before
  const made = makeColumns(offers)
  known.set(offers, made)
  return made
}

function makeColumns(offers: readonly Offer[]): OfferColumns {
  const numbers = new Map<string, number>()
  const asking: Offer[] = []
  const askedOf = Int32Array.from(offers, offer => {
    const { fromMs, untilMs, purposes, rules } = offer
    const asked = rules.map(({ stage, condition }) => `${stage}${condition.test}`)
    const key = [fromMs, untilMs, purposes.join('.'), ...asked].join()
    const number = numbers.get(key) ?? asking.length
    if (number === asking.length) {
      numbers.set(key, number)
      asking.push(offer)
    }
    return number
  })
  const values = Float64Array.from(offers, ({ value }) => (typeof value === 'number' ? value : NaN))
  return {
    askedOf,
    asking,
    foundStages: new Uint8Array(asking.length),
    foundCauses: new Uint16Array(asking.length),
    asksEach: offers.some(({ rules }) => rules.some(({ condition }) => condition.test < 0)),
    values,
    counting: Int32Array.from(offers.keys()),
    arePlain: values.every(value => value >= 0 && value < Infinity)
  }
}
