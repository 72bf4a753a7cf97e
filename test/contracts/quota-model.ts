import { equal } from 'node:assert/strict'
import fc from 'fast-check'
import { createDecisionIds } from '../../src/domain/decision-id.js'
import { reservationId } from '../../src/domain/limits.js'
import type { ClaimOutcome, QuotaClaim, QuotaCount, QuotaFact } from '../../src/domain/limits.js'
import type { QuotaStore } from '../../src/decisioning/ports.js'
import { DAY, quota, rolling, TOTAL } from './limits-contract.js'
import { lexicon } from './store-contract.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const AGES = 3
const WINDOWS = [TOTAL, DAY, rolling(5 * HOUR_MS)]
/** Lifetimes that are over before anything else happens. */
const BRIEF_MS = 1

type Step =
  | { readonly kind: 'claim'; readonly claims: readonly ClaimStep[] }
  | { readonly kind: 'release'; readonly claims: readonly ClaimStep[] }
  | { readonly kind: 'count'; readonly facts: readonly FactStep[] }

interface ClaimStep {
  /** Also how much: a claim is released as it was made. */
  readonly id: number
  readonly age: number
  readonly kept: 'long' | 'briefly' | 'at once'
}

interface FactStep {
  readonly id: number
  readonly of: ClaimStep | undefined
  readonly amount: number
  readonly age: number
}

const age = fc.nat(AGES - 1)
const claimStep: fc.Arbitrary<ClaimStep> = fc.record({
  id: fc.nat(4),
  age,
  kept: fc.constantFrom('long', 'long', 'long', 'at once', 'briefly')
})
const factStep: fc.Arbitrary<FactStep> = fc.record({
  id: fc.nat(5),
  of: fc.option(claimStep, { nil: undefined }),
  amount: fc.nat(4),
  age
})
const someClaims = fc.array(claimStep, { minLength: 1, maxLength: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('claim'), claims: someClaims }) },
  fc.record({ kind: fc.constant('release'), claims: someClaims }),
  fc.record({
    kind: fc.constant('count'),
    facts: fc.array(factStep, { minLength: 1, maxLength: 3 })
  })
)

let cases = 0

/** What any store does with any sequence of claims, releases and facts is what a list of all that was taken says. */
export function quotasFollowTheModel(store: QuotaStore) {
  return fc.asyncProperty(
    fc.nat(WINDOWS.length - 1),
    fc.nat(8),
    fc.array(step, { minLength: 1, maxLength: 20 }),
    async (window, limit, steps) => {
      const counted = quota(`model/${cases++}`, limit, WINDOWS[window])
      const model = new QuotaModel(counted, Date.now())
      for (const step of steps) await take(step, model, store)
      // A reading may hold what has lapsed until the quota is touched.
      await store.release([model.claim({ id: 9, age: 0, kept: 'long' })])
      const { taken } = await store.read(lexicon({ quotas: [counted] }))
      equal(taken[0], model.taken(model.nowMs))
    }
  )
}

async function take(step: Step, model: QuotaModel, store: QuotaStore): Promise<void> {
  if (step.kind === 'count') {
    const facts = step.facts.map(fact => model.fact(fact))
    const expected = facts.map(fact => model.count(fact))
    equal((await store.count(facts)).join(), expected.join())
    return
  }
  const claims = step.claims.map(claim => model.claim(claim))
  if (step.kind === 'release') {
    for (const claim of claims) model.release(claim)
    await store.release(claims)
    return
  }
  const expected = claims.map(claim => model.take(claim))
  equal((await store.claim(claims)).join(), expected.join())
  model.forgetBrief()
  await new Promise(resolve => setTimeout(resolve, 3 * BRIEF_MS))
}

interface Taken {
  readonly kind: 'reserved' | 'at once' | 'fact'
  readonly id: string
  readonly amount: number
  /** What it counts as. */
  readonly atMs: number
  /** Whose period it counts in. */
  readonly periodMs: number
  readonly brief: boolean
}

/** A quota as a list of all that was taken of it. */
class QuotaModel {
  readonly nowMs: number
  readonly #quota: QuotaCount
  /** In every window; in the window, perhaps another day; out of the rolling window, at yesterday's noon, which stores still keep. */
  readonly #agesMs: readonly number[]
  readonly #ids = new Map<string, string>()
  readonly #events = new Set<string>()
  #list: Taken[] = []

  constructor(quota: QuotaCount, nowMs: number) {
    this.#quota = quota
    this.nowMs = nowMs
    this.#agesMs = [0, 2 * HOUR_MS, (nowMs % DAY_MS) + DAY_MS / 2]
  }

  claim({ id, age, kept }: ClaimStep): QuotaClaim {
    const atMs = this.nowMs - this.#agesMs[age]!
    const untilMs = { long: atMs + HOUR_MS, briefly: atMs + BRIEF_MS, 'at once': 0 }[kept]
    return { quota: this.#quota, id: this.#idOf(id, atMs), amount: id, atMs, untilMs }
  }

  fact({ id, of, amount, age }: FactStep): QuotaFact {
    return {
      quota: this.#quota,
      eventId: `event-${id}-${age}`,
      reservation: of === undefined ? undefined : this.claim(of).id,
      amount,
      atMs: this.nowMs - this.#agesMs[age]!
    }
  }

  /** In the period of an instant, and within the window. */
  taken(periodMs: number): number {
    const { window } = this.#quota
    return this.#list
      .filter(taken =>
        window.kind === 'calendar'
          ? window.startMs(taken.periodMs) === window.startMs(periodMs)
          : taken.kind === 'reserved' || taken.atMs > window.startMs(this.nowMs)
      )
      .reduce((sum, { amount }) => sum + amount, 0)
  }

  take({ id, amount, atMs, untilMs }: QuotaClaim): ClaimOutcome {
    if (this.#list.some(taken => taken.kind !== 'fact' && taken.id === id)) return 'held'
    if (this.taken(atMs) + amount > this.#quota.limit) return 'full'
    const kind = untilMs === 0 ? 'at once' : 'reserved'
    const brief = untilMs === atMs + BRIEF_MS
    this.#list.push({ kind, id, amount, atMs, periodMs: atMs, brief })
    return 'held'
  }

  release({ id, untilMs }: QuotaClaim): void {
    const kind = untilMs === 0 ? 'at once' : 'reserved'
    this.#list = this.#list.filter(taken => taken.kind !== kind || taken.id !== id)
  }

  count({ eventId, reservation, amount, atMs }: QuotaFact): number {
    if (this.#events.has(eventId)) return 0
    this.#events.add(eventId)
    const held = this.#list.find(({ kind, id }) => kind === 'reserved' && id === reservation)
    if (held !== undefined) {
      this.#list = this.#list.filter(taken => taken !== held)
      this.#list.push({ ...held, kind: 'fact', atMs })
      return 0
    }
    const before = this.taken(atMs)
    this.#list.push({ kind: 'fact', id: eventId, amount, atMs, periodMs: atMs, brief: false })
    const after = this.taken(atMs)
    return Math.min(after - before, Math.max(0, after - this.#quota.limit))
  }

  forgetBrief(): void {
    this.#list = this.#list.filter(({ brief, kind }) => !brief || kind !== 'reserved')
  }

  /** The reservation of a decision at that time. */
  #idOf(id: number, atMs: number): string {
    const name = `${id}/${atMs}`
    const known = this.#ids.get(name) ?? reservationId(createDecisionIds(id)(atMs), 'loan')
    this.#ids.set(name, known)
    return known
  }
}
