import { STAGES, type Stage } from '../domain/decision.js'
import { TRUE, type Facts } from '../policy/facts.js'
import type { Offer, Strategy } from '../policy/strategy.js'
import type { Asked } from './asked.js'
import { columnsOf, type OfferColumns } from './offer-columns.js'
import type { CustomerState } from './ports.js'

/** Number of a stage, as recorded for every candidate. */
export const stageNumber = Object.freeze(
  Object.fromEntries(STAGES.map((stage, number) => [stage, number])) as Record<Stage, number>
)
/** The cause of a candidate that is outranked whatever its score, which nobody has asked for. */
export const UNSCORED = 1
/** Stands for candidates that no rule has ended. */
const STILL_IN = 255

/**
 * The offers that a decision considers, in columns: each ends at exactly one stage, for one cause; whom nothing ends is outranked, unscored.
 * A cause's meaning belongs to its stage: the rule's number for engagement policies, the purpose's for consent.
 */
export interface Candidates {
  readonly count: number
  /** Offer indices, ascending. */
  readonly offers: Int32Array
  /** Stage numbers. */
  readonly stages: Uint8Array
  readonly causes: Uint16Array
  /** Bit i: the candidate may stand in the i-th asked placement. */
  readonly rooms: Uint16Array
}

/** The offers of all asked placements, each once. */
export function findCandidates(strategy: Strategy, asked: Asked): Candidates {
  const [only, another] = asked.placements
  if (only !== undefined && another === undefined) return candidatesOf(only.placement.candidates)
  const rooms = new Uint16Array(strategy.offers.length)
  let count = 0
  asked.placements.forEach(({ placement }, i) => {
    for (const offer of placement.candidates) {
      if (rooms[offer] === 0) count++
      rooms[offer]! |= 1 << i
    }
  })
  const candidates = {
    count,
    offers: new Int32Array(count),
    stages: new Uint8Array(count).fill(stageNumber.outranked),
    causes: new Uint16Array(count).fill(UNSCORED),
    rooms: new Uint16Array(count)
  }
  let at = 0
  for (let offer = 0; at < count; offer++) {
    if (rooms[offer] === 0) continue
    candidates.offers[at] = offer
    candidates.rooms[at] = rooms[offer]!
    at++
  }
  return candidates
}

/** The candidates of a single placement stand ready in the strategy. */
function candidatesOf(offers: Int32Array): Candidates {
  return {
    count: offers.length,
    offers,
    stages: new Uint8Array(offers.length).fill(stageNumber.outranked),
    causes: new Uint16Array(offers.length).fill(UNSCORED),
    rooms: new Uint16Array(offers.length).fill(1)
  }
}

/**
 * Removes the candidates that dates, consent, the request itself or an engagement policy forbid, in the order of the stages.
 * Answers the positions of the candidates that are left.
 */
export function keepAllowed(
  strategy: Strategy,
  asked: Asked,
  customer: CustomerState,
  facts: Facts,
  candidates: Candidates
): Int32Array {
  const columns = columnsOf(strategy)
  const isFiltered = asked.placements.some(({ passes }) => passes !== undefined)
  return columns.asksEach || isFiltered || asked.excluded.size > 0
    ? keepEach(strategy, asked, customer, facts, candidates)
    : keepAlike(columns, asked, customer, facts, candidates)
}

/** Asks every candidate by itself. */
function keepEach(
  strategy: Strategy,
  asked: Asked,
  customer: CustomerState,
  facts: Facts,
  candidates: Candidates
): Int32Array {
  const left = new Int32Array(candidates.count)
  let leftCount = 0
  for (let i = 0; i < candidates.count; i++) {
    const offer = strategy.offers[candidates.offers[i]!]!
    if (
      endsBefore(offer, asked, customer, candidates, i) ||
      endsByRequest(offer, asked, candidates, i) ||
      breaksRule(offer, facts, candidates, i)
    )
      continue
    left[leftCount++] = i
  }
  return left.subarray(0, leftCount)
}

/** Stands for what no candidate of a decision has asked yet. */
const UNASKED = 254

/** Asks once what several candidates ask. */
function keepAlike(
  { askedOf, asking, foundStages, foundCauses, counting }: OfferColumns,
  asked: Asked,
  customer: CustomerState,
  facts: Facts,
  candidates: Candidates
): Int32Array {
  const { count, offers, stages, causes } = candidates
  let left: Int32Array | undefined
  const found = { stages: foundStages.fill(UNASKED), causes: foundCauses }
  let leftCount = 0
  for (let i = 0; i < count; i++) {
    const number = askedOf[offers[i]!]!
    if (foundStages[number] === UNASKED) {
      const offer = asking[number]!
      end(found, number, STILL_IN)
      if (!endsBefore(offer, asked, customer, found, number))
        breaksRule(offer, facts, found, number)
    }
    if (foundStages[number] === STILL_IN) {
      if (left !== undefined) left[leftCount] = i
      leftCount++
      continue
    }
    left ??= counting.slice(0, count)
    stages[i] = foundStages[number]!
    causes[i] = foundCauses[number]!
  }
  return (left ?? counting).subarray(0, leftCount)
}

/** Where candidates end. */
type Ends = Pick<Candidates, 'stages' | 'causes'>

/** Ends a candidate at a stage. */
export function end(ends: Ends, at: number, stage: number, cause = 0): void {
  ends.stages[at] = stage
  ends.causes[at] = cause
}

/** Validity and consent. */
function endsBefore(
  offer: Offer,
  asked: Asked,
  customer: CustomerState,
  ends: Ends,
  at: number
): boolean {
  if (asked.nowMs < offer.fromMs || asked.nowMs >= offer.untilMs) {
    end(ends, at, stageNumber.validity)
    return true
  }
  for (const purpose of offer.purposes) {
    if (customer.granted[purpose] === 1) continue
    end(ends, at, stageNumber.consent, purpose)
    return true
  }
  return false
}

/** Exclude and filter. */
function endsByRequest(offer: Offer, asked: Asked, candidates: Candidates, at: number): boolean {
  if (asked.excluded.has(offer.index)) {
    end(candidates, at, stageNumber.exclude)
    return true
  }
  for (let i = 0; i < asked.placements.length; i++) {
    const passes = asked.placements[i]!.passes
    if (passes !== undefined && !passes(offer)) candidates.rooms[at]! &= ~(1 << i)
  }
  if (candidates.rooms[at] !== 0) return false
  end(candidates, at, stageNumber.filter)
  return true
}

/** The first engagement policy that does not hold ends the candidate; one that cannot be evaluated does not hold. */
function breaksRule(offer: Offer, facts: Facts, ends: Ends, at: number): boolean {
  const { rules } = offer
  for (let i = 0; i < rules.length; i++) {
    const { condition, stage } = rules[i]!
    const truth =
      condition.test >= 0 ? facts.tests[condition.test] : condition.holds(facts, offer.index)
    if (truth === TRUE) continue
    end(ends, at, stageNumber[stage], i)
    return true
  }
  return false
}
