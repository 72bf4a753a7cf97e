import type { Lesson, Slot } from '../../domain/learning.js'
import type { Offer, Strategy } from '../../policy/strategy.js'
import { regressionSettings } from '../propensity/adapt.js'
import {
  attributionPlace,
  slotPlace,
  toldPlace,
  type PlacedLesson,
  type Touch
} from './learn-lessons.js'
import { Observations } from './observations.js'
import type { CustomerStore, DecisionRecords, LessonOutcome } from '../ports.js'

/** Entries of a customer's history in which a response without a token looks for what it answers: all that is kept. */
const LOOK_BACK = 200

export interface PlaceDeps {
  readonly customers: Pick<CustomerStore, 'history'>
  readonly records: Pick<DecisionRecords, 'get'>
  readonly clock: { wallMs(): number }
}

/** What a lesson comes to before it is learnt from: placed, or why there is nothing to learn; `not_yet`: its record is on its way. */
type Placing =
  | PlacedLesson
  | Extract<LessonOutcome, 'no_touch' | 'no_record' | 'unused'>
  | 'not_yet'
export type Placed = Exclude<Placing, 'not_yet'>

/** Finds the impressions that lessons are about, up to the first lesson whose record is still on its way. */
export async function placeLessons(
  deps: PlaceDeps,
  strategy: Strategy,
  lessons: readonly Lesson[]
): Promise<Placed[]> {
  const observations = new Observations(deps.records, deps.clock.wallMs())
  const placing = await Promise.all(
    lessons.map(lesson => placeLesson(deps, observations, strategy, lesson))
  )
  const end = placing.indexOf('not_yet')
  return placing
    .slice(0, end < 0 ? placing.length : end)
    .filter((placed): placed is Placed => placed !== 'not_yet')
}

async function placeLesson(
  { customers }: PlaceDeps,
  observations: Observations,
  { offers, offerIndex, positiveWindowMs }: Strategy,
  lesson: Lesson
): Promise<Placing> {
  const offer = offers[offerIndex.get(lesson.offerId) ?? -1]
  if (offer?.adapt === undefined) return 'unused'
  const found = await touchOf(customers, lesson, positiveWindowMs)
  if (found === undefined) return 'no_touch'
  const { slot, ...rest } = found
  const observed = await observedIn(observations, slot, offer)
  if (typeof observed === 'string') return observed
  return { lesson, adapt: offer.adapt, observed, ...rest }
}

/** What the slot's decision knew of the offer; undefined where it does not adapt by features. */
async function observedIn(
  observations: Observations,
  slot: Slot | undefined,
  offer: Offer
): Promise<PlacedLesson['observed'] | Extract<Placing, string>> {
  const { adapt } = offer
  if (adapt?.features === undefined) return undefined
  if (slot === undefined) return 'no_record'
  const observation = await observations.of(slot, offer.id, adapt.way)
  if (typeof observation === 'string') return observation
  return { settings: regressionSettings(offer, adapt, adapt.features), observation }
}

interface FoundTouch extends Pick<PlacedLesson, 'touch' | 'attributed'> {
  /** Where a decision has put what was shown. */
  readonly slot: Slot | undefined
}

async function touchOf(
  customers: PlaceDeps['customers'],
  lesson: Lesson,
  windowMs: number
): Promise<FoundTouch | undefined> {
  const { about, kind, channel } = lesson
  if ('decisionId' in about) {
    const touch = { place: slotPlace(about, lesson.offerId), channel }
    return { touch, attributed: undefined, slot: about }
  }
  if (kind === 'impression')
    return { touch: { place: toldPlace(about), channel }, attributed: undefined, slot: undefined }
  const last = await lastTouch(customers, lesson, windowMs)
  return last && { ...last, attributed: attributionPlace(about) }
}

/** The newest impression of the offer that the customer had before it answered, within the window. */
async function lastTouch(
  customers: PlaceDeps['customers'],
  { about, offerId, timeMs }: Lesson,
  windowMs: number
): Promise<{ touch: Touch; slot: Slot | undefined } | undefined> {
  if ('decisionId' in about) return undefined
  const history = await customers.history(about.customer, LOOK_BACK)
  const shown = history.find(
    event =>
      event.type === 'impression' &&
      event.offerId === offerId &&
      event.timeMs <= timeMs &&
      event.timeMs >= timeMs - windowMs
  )
  if (shown?.channel === undefined) return undefined
  const { decisionId, placement, channel } = shown
  if (decisionId === undefined || placement === undefined)
    return { touch: { place: toldPlace(shown), channel }, slot: undefined }
  const slot = { decisionId, placement }
  return { touch: { place: slotPlace(slot, offerId), channel }, slot }
}
