import type { CustomerEvent } from '../../src/domain/interaction.js'
import type { JournalDecision, PlacingOutcome } from '../../src/domain/journal.js'

const WEEK_MS = 7 * 86_400_000

/** What came of a placed offer. */
export type Came = Pick<PlacingOutcome, 'shownMs' | 'positive' | 'value' | 'rejected'>

/** What of a decision tells whose its answers are. */
type Placed = Pick<JournalDecision, 'id' | 'timeMs' | 'customer' | 'placed'>

interface Place {
  readonly decision: string
  readonly placement: string
}

interface Touch extends Place {
  readonly offer: string
  readonly customer: string
  readonly timeMs: number
}

/**
 * What came of every placed offer, by `decision/placement/offer`, found by looking through everything for each of them: what the journal's
 * own answer is held to.
 * @param events in the order in which they were told; of the same customer, source and id the first one counts
 */
export function cameNaively(
  decisions: readonly Placed[],
  events: readonly CustomerEvent[],
  positives: Readonly<Record<string, string>>,
  windowMs: number
): Map<string, Came> {
  const told = [...new Map([...events].reverse().map(one => [keyOf(one), one])).values()]
  const touches = told
    .filter(({ type }) => type === 'impression')
    .flatMap((event): Touch[] => {
      const place = placeOf(event, decisions)
      if (place === undefined) return []
      const { decision, placement } = place
      return [{ decision, placement, ...aboutOf(event) }]
    })
  const came = new Map<string, Came>()
  for (const { id, placed } of decisions)
    for (const { placement, offer } of placed) {
      const mine = touches.filter(
        touch => touch.decision === id && touch.placement === placement && touch.offer === offer
      )
      came.set(`${id}/${placement}/${offer}`, cameOf(mine, touches, told, positives, windowMs))
    }
  return came
}

function cameOf(
  mine: readonly Touch[],
  touches: readonly Touch[],
  told: readonly CustomerEvent[],
  positives: Readonly<Record<string, string>>,
  windowMs: number
): Came {
  const answers = told.filter(({ type }) => type !== 'impression')
  const within = mine.flatMap(touch => {
    const its = answers.filter(
      answer => touchOf(answer, touches) === touch && answer.timeMs - touch.timeMs <= windowMs
    )
    const endedMs = Math.min(
      ...its.flatMap(({ type, timeMs }) => (type === 'reject' || type === 'ignore' ? timeMs : []))
    )
    return its.map(answer => ({ ...answer, waited: answer.timeMs <= endedMs }))
  })
  const counted = within.filter(({ waited }) => waited)
  const successes = counted.filter(
    ({ type, offerId }) => type === (positives[offerId!] ?? 'accept')
  )
  return {
    shownMs: mine.length === 0 ? null : Math.min(...mine.map(({ timeMs }) => timeMs)),
    positive: successes.length > 0,
    value: sumOf(counted.filter(({ type }) => type === 'convert')) ?? sumOf(successes),
    rejected: within.some(({ type }) => type === 'reject')
  }
}

function sumOf(events: readonly CustomerEvent[]): number | null {
  const values = events.flatMap(({ value }) => value ?? [])
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
}

/** The impression that an answer answers. */
function touchOf(answer: CustomerEvent, touches: readonly Touch[]): Touch | undefined {
  const { offer, customer, timeMs } = aboutOf(answer)
  const before = touches.filter(
    touch =>
      touch.offer === offer &&
      touch.timeMs <= timeMs &&
      (answer.decisionId === undefined
        ? touch.customer === customer
        : touch.decision === answer.decisionId && touch.placement === answer.placement)
  )
  return newest(before)
}

/** The decision and placement that an impression shows. */
function placeOf(event: CustomerEvent, decisions: readonly Placed[]): Place | undefined {
  if (event.decisionId !== undefined)
    return { decision: event.decisionId, placement: event.placement! }
  const { offer, customer, timeMs } = aboutOf(event)
  const places = decisions.flatMap(decision =>
    decision.placed
      .filter(
        placing =>
          placing.offer === offer &&
          decision.customer.id === customer &&
          decision.timeMs <= timeMs &&
          timeMs - decision.timeMs <= WEEK_MS &&
          (event.placement === undefined || event.placement === placing.placement)
      )
      .map(({ placement }) => ({ decision: decision.id, placement, timeMs: decision.timeMs }))
  )
  return newest(places)
}

function newest<T extends Place & { readonly timeMs: number }>(all: readonly T[]): T | undefined {
  return all.reduce<T | undefined>(
    (best, one) => (best === undefined || isNewer(one, best) ? one : best),
    undefined
  )
}

function isNewer(
  one: Place & { readonly timeMs: number },
  other: Place & { readonly timeMs: number }
): boolean {
  if (one.timeMs !== other.timeMs) return one.timeMs > other.timeMs
  if (one.decision !== other.decision) return one.decision > other.decision
  return one.placement > other.placement
}

function aboutOf({ offerId, customer, timeMs }: CustomerEvent): Omit<Touch, keyof Place> {
  return { offer: offerId!, customer: customer.id, timeMs }
}

function keyOf({ customer, source, id }: CustomerEvent): string {
  return JSON.stringify([customer.id, source, id])
}
