import { randomUUID } from 'node:crypto'
import type { RunningService } from './service.js'

/** Numbers in [0,1). */
export type Random = () => number

/** Offers of the race: one with a strict quota, and what is shown instead. */
export const SCARCE = 'scarce'
export const PLENTY = 'plenty'

const GIVE_UP_MS = 30_000
const RETRY_MS = 20

/** What the clients know for sure, and what they do not. */
export interface Ledger {
  decisions: number
  /** Decisions whose answer held the scarce offer. */
  held: number
  /** Scarce impressions that were acknowledged, or shown by a decision that is its own impression. */
  shown: number
  /** Decisions that are their own impression and got no answer, or one that says that it does not know what became of its limits. */
  unknown: number
  /** Facts that were first told in time and acknowledged after their reservation was over. */
  late: number
  /** What no client may see. */
  readonly violations: string[]
}

/** What the clients go by. */
export interface Course {
  /** Those that run now; one that is dead is tried in vain. */
  services(): readonly RunningService[]
  readonly customers: number
  readonly reserveMs: number
  readonly random: Random
  readonly isOver: () => boolean
}

interface Shown {
  readonly offerId: string
  readonly token: string
}

export function createLedger(): Ledger {
  return { decisions: 0, held: 0, shown: 0, unknown: 0, late: 0, violations: [] }
}

/** One client: asks for decisions and tells what became of the offers, until the course is over. */
export async function runClient(course: Course, ledger: Ledger): Promise<void> {
  while (!course.isOver()) {
    // One in five decisions is its own impression.
    const isAgent = course.random() < 0.2
    const askedAtMs = Date.now()
    const offer = await ask(course, ledger, isAgent)
    if (offer === undefined) {
      await pause(RETRY_MS)
      continue
    }
    if (!isAgent) await tellSomething(course, ledger, offer, askedAtMs)
    if (offer.offerId === PLENTY) await pause(RETRY_MS)
  }
}

async function ask(course: Course, ledger: Ledger, isAgent: boolean): Promise<Shown | undefined> {
  const body = {
    customer: { id: `c-${Math.floor(course.random() * course.customers)}` },
    channel: isAgent ? 'call_center' : 'web',
    placements: [{ id: isAgent ? 'agent' : 'home_hero' }],
    options: { timeoutMs: 2000 }
  }
  const response = await anyService(course)
    .post('/v1/decisions', body)
    .catch(() => undefined)
  if (response === undefined) {
    if (isAgent) ledger.unknown++
    return undefined
  }
  const answer = (await response.json().catch(() => undefined)) as
    | { placements?: Array<{ fallback: boolean; offers: Shown[] }>; degraded?: string[] }
    | undefined
  const [placement] = answer?.placements ?? []
  if (placement === undefined) {
    if (isAgent) ledger.unknown++
    if (response.status !== 503 && answer !== undefined)
      ledger.violations.push(`a decision was answered ${response.status}`)
    return undefined
  }
  ledger.decisions++
  if (isAgent && answer?.degraded?.includes('limits') === true) ledger.unknown++
  const offer = placement.fallback ? undefined : placement.offers[0]
  if (offer?.offerId === SCARCE) {
    ledger.held++
    if (isAgent) ledger.shown++
  }
  return offer
}

async function tellSomething(
  course: Course,
  ledger: Ledger,
  { offerId, token }: Shown,
  askedAtMs: number
): Promise<void> {
  await pause(course.random() * 30)
  const type = whatHappens(offerId, course.random())
  // A client that is too slow says nothing: a fact is never refused, and would count although the place was given to another.
  if (type === undefined || Date.now() - askedAtMs > course.reserveMs / 4) return
  const event = { id: randomUUID(), type, token, time: new Date().toISOString() }
  const outcome = await tell(course, event)
  if (outcome !== 'told') ledger.violations.push(`an event was ${outcome}`)
  if (type !== 'impression') return
  if (Date.now() - askedAtMs > course.reserveMs) ledger.late++
  if (offerId === SCARCE) ledger.shown++
}

/** The other offer is never shown: a race that takes long would use up with it what customers may be shown in a day. */
function whatHappens(offerId: string, draw: number): 'impression' | 'reject' | undefined {
  if (offerId === SCARCE && draw < 0.7) return 'impression'
  return draw < 0.9 ? 'reject' : undefined
}

/** Tells an event until it is acknowledged, always with the same id: nobody knows what became of one that got no answer. */
async function tell(course: Course, event: object): Promise<string> {
  const untilMs = performance.now() + GIVE_UP_MS
  while (performance.now() < untilMs) {
    const response = await anyService(course)
      .post('/v1/events', event)
      .catch(() => undefined)
    if (response?.status === 202) return 'told'
    const text = await response?.text().catch(() => '')
    if (response !== undefined && response.status !== 503) return `refused: ${text}`
    await pause(RETRY_MS)
  }
  return 'never acknowledged'
}

function anyService({ services, random }: Course): RunningService {
  const running = services()
  return running[Math.floor(random() * running.length)]!
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
