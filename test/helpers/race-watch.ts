import { openStore } from '../../src/adapters/redis/open-store.js'
import type { CustomerState, Store } from '../../src/decisioning/ports.js'
import { StoreUnavailable } from '../../src/domain/refusal.js'
import type { Lexicon } from '../../src/domain/customer.js'
import { compileStrategy } from '../../src/policy/compile.js'
import type { Strategy } from '../../src/policy/strategy.js'
import { keptLog } from './logs.js'
import { PLENTY, SCARCE, type Random } from './race-clients.js'

const LOOK_EVERY_MS = 5
const PATIENT_MS = 2000

/** Somebody who sees what the processes share, from outside them. */
export interface Watcher {
  /** How often it looked. */
  readonly looks: number
  /** Whether the quota is used up and nothing of it may come back. */
  readonly isUsedUp: () => boolean
  /** Impressions of the scarce offer in all histories. */
  countShown(): Promise<number>
  /** Counted and reserved of the quota. */
  taken(): Promise<number>
  close(): Promise<void>
}

export interface Limits {
  readonly rules: string
  readonly customers: number
  readonly quota: number
  readonly daily: number
  readonly random: Random
  readonly violations: string[]
}

/** Looks at the quota all the time, and at a customer each time, and notes every limit that it sees exceeded. */
export async function startWatcher(redisUrl: string, limits: Limits): Promise<Watcher> {
  const { strategy } = compileStrategy([{ path: 'strategy.yaml', text: limits.rules }])
  if (strategy === undefined) throw new Error('the rules of the race are refused')
  const { lexicon } = strategy
  const store = await openStore({ url: redisUrl, log: keptLog(), commandTimeoutMs: PATIENT_MS })
  let looks = 0
  let usedUp = false
  let isStopped = () => false
  const look = async () => {
    const customer = Math.floor(limits.random() * limits.customers)
    const state = await load(store, customer, lexicon)
    const taken = state.quotas.taken[0] ?? 0
    // A load does without a quota whose server does not answer; it then reads as Infinity.
    if (taken > limits.quota && taken !== Infinity)
      limits.violations.push(`${taken} taken of ${limits.quota}`)
    usedUp = taken >= limits.quota && state.quotas.mayFreeMs[0] === Infinity
    const contacts = contactsOf(state, strategy)
    if (contacts > limits.daily)
      limits.violations.push(`${contacts} contacts of c-${customer}, ${limits.daily} allowed`)
    looks++
  }
  const watching = (async () => {
    while (!isStopped()) {
      await look().catch(unlessAway)
      await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
    }
  })()
  return {
    get looks() {
      return looks
    },
    isUsedUp: () => usedUp,
    countShown: async () => {
      const impression = lexicon.types.indexOf('impression')
      const scarce = lexicon.offers.indexOf(SCARCE)
      const states = await Promise.all(
        Array.from({ length: limits.customers }, (_, i) => load(store, i, lexicon))
      )
      return states.reduce(
        (sum, { history }) => sum + history.count(impression, scarce, Infinity, Date.now()),
        0
      )
    },
    taken: async () => (await store.quotas.read(lexicon)).taken[0] ?? 0,
    async close() {
      isStopped = () => true
      await watching
      await store.close()
    }
  }
}

function load(store: Store, customer: number, lexicon: Lexicon): Promise<CustomerState> {
  return store.customers.load({ namespace: 'crm', id: `c-${customer}` }, lexicon)
}

/** Impressions of the day and promises of a customer; fallbacks, which are exempt from all policies, left out. */
function contactsOf(
  { history, reserved }: CustomerState,
  { lexicon, contactPolicies }: Strategy
): number {
  const impression = lexicon.types.indexOf('impression')
  const nowMs = Date.now()
  const dayMs = nowMs - contactPolicies[0]!.window.startMs(nowMs)
  const shown = [SCARCE, PLENTY].map(offer =>
    history.count(impression, lexicon.offers.indexOf(offer), dayMs, nowMs)
  )
  const open = reserved.filter(({ type, untilMs }) => type === impression && untilMs > nowMs)
  return shown.reduce((sum, count) => sum + count, open.length)
}

function unlessAway(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error
}
