import { createRandom, type Random } from '../../learning/random.js'
import { TRUE, type Facts } from '../../policy/facts.js'
import type { Offer, Strategy } from '../../policy/strategy.js'
import type { WorldCustomer } from './customer.js'
import { pick } from './draw.js'
import { factsOf, type Moment } from './facts.js'
import type { World } from './world.js'

/** One offer that was shown, and what became of it. */
export interface Exposure {
  readonly customer: WorldCustomer
  readonly offer: Offer
  readonly moment: Moment
  readonly facts: Facts
  /** 1 when the offer's positive followed. */
  readonly answered: 0 | 1
}

export interface ExposureOptions {
  /** Only offers of this group are shown. */
  readonly group: string
  /** Customers by number, from the first up to but not including the last. */
  readonly customers: readonly [first: number, end: number]
  readonly nowMs: number
  readonly seed: number
}

/**
 * The past of a bank that had rules but no models: every customer comes once and sees one offer of the group, drawn evenly
 * from those that the customer consented to and that the strategy's engagement policies allow, and the world answers.
 * Dates and placements of the offers are left aside. A customer without an allowed offer gives nothing.
 */
export function* exposures(
  world: World,
  strategy: Strategy,
  options: ExposureOptions
): Generator<Exposure> {
  const offers = strategy.offers.filter(
    offer => offer.group === options.group && !offer.fallbackOnly
  )
  for (let number = options.customers[0]; number < options.customers[1]; number++) {
    const random = createRandom(options.seed, number)
    const customer = world.customer(number)
    const moment = drawMoment(random, customer, options.nowMs)
    const facts = factsOf(strategy, customer, moment)
    const allowed = offers.filter(offer => isAllowed(offer, customer, strategy, facts))
    const offer = allowed[random.integer(allowed.length)]
    if (offer === undefined) continue
    const answered = random.chance(
      world.trueResponse(customer, offer.id, moment.channel, moment.context)
    )
      ? 1
      : 0
    yield { customer, offer, moment, facts, answered }
  }
}

function isAllowed(
  offer: Offer,
  { consent }: WorldCustomer,
  strategy: Strategy,
  facts: Facts
): boolean {
  const granted = offer.purposes.every(purpose =>
    Object.entries(consent).some(
      ([name, { granted }]) => granted && name === strategy.purposes[purpose]
    )
  )
  return granted && offer.rules.every(rule => rule.condition.holds(facts, offer.index) === TRUE)
}

function drawMoment(random: Random, { attributes }: WorldCustomer, nowMs: number): Moment {
  const app = attributes.app_installed ? 3 + attributes.digital_days : 0
  const channel = pick(random, [
    ['web', 6 + attributes.digital_days],
    ['app', app],
    ['call_center', 4],
    ['branch', 3],
    ['email', 5]
  ])
  const onMobile =
    channel === 'app' || (channel !== 'call_center' && channel !== 'branch' && random.chance(0.4))
  const intent = pick(random, [
    ['none', 80],
    ['card', 5],
    ['loan', 5],
    ['save', 5],
    ['invest', 2],
    ['insure', 3]
  ])
  return { channel, context: { device: onMobile ? 'mobile' : 'desktop', intent }, nowMs }
}
