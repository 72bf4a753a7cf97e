import { test } from 'tap'
import type { Test } from 'tap'
import { createDecisionIds } from '../../src/domain/decision-id.js'
import type { CustomerKey, Lexicon } from '../../src/domain/customer.js'
import { reservationId } from '../../src/domain/limits.js'
import type {
  QuotaClaim,
  QuotaCount,
  QuotaFact,
  QuotaReadings,
  Reservation,
  Window
} from '../../src/domain/limits.js'
import type { Hold, HoldOutcome, Store } from '../../src/decisioning/ports.js'
import { event, eventually, lexicon } from './store-contract.js'
import type { Stores } from './store-contract.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Long enough for slow machines to see what is reserved, short enough to wait for its end. */
const SHORT_MS = 60

export const TOTAL: Window = {
  text: 'total',
  kind: 'total',
  lengthMs: Number.POSITIVE_INFINITY,
  startMs: () => Number.NEGATIVE_INFINITY,
  endMs: () => Number.POSITIVE_INFINITY
}

/** Days of UTC. */
export const DAY: Window = {
  text: 'day',
  kind: 'calendar',
  lengthMs: DAY_MS,
  startMs: nowMs => Math.floor(nowMs / DAY_MS) * DAY_MS - 1,
  endMs: nowMs => (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS
}

export function rolling(lengthMs: number): Window {
  return {
    text: `${lengthMs}ms`,
    kind: 'rolling',
    lengthMs,
    startMs: nowMs => nowMs - lengthMs,
    endMs: () => Number.POSITIVE_INFINITY
  }
}

export function quota(id: string, limit: number, window: Window = TOTAL, index = 0): QuotaCount {
  return { index, id, limit, window }
}

let decisionsMade = 0
/** The id of a decision at any time: one generator's ids never go back. */
function decisionIdAt(atMs: number): string {
  return createDecisionIds(decisionsMade++)(atMs)
}

/** A claim by a decision of now, kept for an hour. */
export function claim(of: QuotaCount, changes: Partial<QuotaClaim> = {}): QuotaClaim {
  const atMs = changes.atMs ?? Date.now()
  return {
    quota: of,
    id: reservationId(decisionIdAt(atMs), 'loan'),
    amount: 1,
    atMs,
    untilMs: atMs + HOUR_MS,
    ...changes
  }
}

let factsMade = 0
export function fact(of: QuotaCount, changes: Partial<QuotaFact> = {}): QuotaFact {
  return {
    quota: of,
    eventId: `fact-${factsMade++}`,
    reservation: undefined,
    amount: 1,
    atMs: Date.now(),
    ...changes
  }
}

function words(...quotas: QuotaCount[]): Lexicon {
  return lexicon({ quotas, reserves: true })
}

/** What every store does for limits, whatever it is made of. */
export function limitsContract(
  name: string,
  skip: string | false,
  open: (t: Test) => Promise<Stores>
): void {
  void test(`${name} keeps limits`, { skip }, async t => {
    const stores = await open(t)
    for (const [told, check] of Object.entries({ ...QUOTA_FACTS, ...HOLD_FACTS }))
      await t.test(told, t => check(t, stores, told))
  })
}

type Check = (t: Test, stores: Stores, name: string) => Promise<void>

const QUOTA_FACTS: Readonly<Record<string, Check>> = {
  async 'an untouched quota has taken nothing and will free nothing'(t, { store }, name) {
    const readings = await store.quotas.read(words(quota(name, 5), quota(`${name} too`, 5)))
    t.strictSame([...readings.taken], [0, 0])
    t.strictSame([...readings.mayFreeMs], [Infinity, Infinity])
  },

  async 'claims hold up to the limit, in their order, through every process'(
    t,
    { store, other },
    name
  ) {
    const five = quota(name, 5)
    t.strictSame(
      await store.quotas.claim([
        claim(five, { amount: 3 }),
        claim(five, { amount: 3 }),
        claim(five, { amount: 2 })
      ]),
      ['held', 'full', 'held']
    )
    t.strictSame(await other.quotas.claim([claim(five)]), ['full'])
    t.equal(await taken(other, five), 5)
  },

  async 'claims on several quotas are each taken by their own'(t, { store }, name) {
    const [one, two] = [quota(name, 1), quota(`${name} too`, 2, TOTAL, 1)]
    t.strictSame(
      await store.quotas.claim([claim(one), claim(two), claim(one), claim(two), claim(two)]),
      ['held', 'held', 'full', 'held', 'full']
    )
    const readings = await store.quotas.read(words(one, two))
    t.strictSame([...readings.taken], [1, 2])
  },

  async 'a claim made twice is held once, reserved or counted at once'(t, { store, other }, name) {
    const two = quota(name, 2)
    for (const again of [claim(two), claim(two, { untilMs: 0 })]) {
      t.strictSame(await store.quotas.claim([again, again]), ['held', 'held'])
      t.strictSame(await other.quotas.claim([again]), ['held'])
    }
    t.equal(await taken(store, two), 2)
    t.strictSame(await store.quotas.claim([claim(two)]), ['full'])
  },

  async 'what is released can be claimed, and a release repeated'(t, { store, other }, name) {
    const one = quota(name, 1)
    for (const held of [claim(one), claim(one, { untilMs: 0 })]) {
      t.strictSame(await store.quotas.claim([held]), ['held'])
      await other.quotas.release([held])
      await other.quotas.release([held, claim(one)])
      t.equal(await taken(store, one), 0)
    }
    t.strictSame(await store.quotas.claim([claim(one)]), ['held'])
  },

  async 'the release of a reservation leaves what was counted at once'(t, { store }, name) {
    const one = quota(name, 1)
    const counted = claim(one, { untilMs: 0 })
    await store.quotas.claim([counted])
    await store.quotas.release([{ ...counted, untilMs: counted.atMs + HOUR_MS }])
    t.equal(await taken(store, one), 1)
  },

  async 'a reservation that lapses frees what it took, and the reading says when'(
    t,
    { store },
    name
  ) {
    const one = quota(name, 1)
    const brief = (atMs: number) => claim(one, { atMs, untilMs: atMs + SHORT_MS })
    const beforeMs = Date.now()
    t.strictSame(await store.quotas.claim([brief(beforeMs)]), ['held'])
    const { mayFreeMs } = await store.quotas.read(words(one))
    t.ok(mayFreeMs[0]! >= beforeMs + SHORT_MS && mayFreeMs[0]! <= Date.now() + SHORT_MS)
    const lasting = claim(one)
    await eventually(
      () => store.quotas.claim([lasting]),
      ([outcome]) => outcome === 'held'
    )
    t.ok(Date.now() >= beforeMs + SHORT_MS)
    t.equal(await taken(store, one), 1)
  },

  async 'a fact turns its reservation into a count that does not lapse'(t, { store, other }, name) {
    const three = quota(name, 3)
    const atMs = Date.now()
    const held = claim(three, { amount: 2, atMs, untilMs: atMs + HOUR_MS })
    await store.quotas.claim([held])
    const accepted = fact(three, { reservation: held.id, amount: 1 })
    t.strictSame(await other.quotas.count([accepted]), [0])
    const { taken: sum, mayFreeMs } = await store.quotas.read(words(three))
    t.strictSame([sum[0], mayFreeMs[0]], [2, Infinity], 'with the amount of the reservation')
    await store.quotas.release([held])
    t.equal(await taken(store, three), 2, 'a release does not undo a count')
    t.strictSame(await store.quotas.count([accepted]), [0])
    t.equal(await taken(store, three), 2, 'nor does a repeated fact count again')
  },

  async 'a fact without an open reservation counts, and tells how far it goes over'(
    t,
    { store },
    name
  ) {
    const three = quota(name, 3)
    t.strictSame(
      await store.quotas.count([
        fact(three, { amount: 2 }),
        fact(three, { amount: 2 }),
        fact(three, { amount: 5, reservation: claim(three).id }),
        fact(three, { amount: 0 })
      ]),
      [0, 1, 5, 0]
    )
    t.equal(await taken(store, three), 9)
    t.strictSame(await store.quotas.claim([claim(three)]), ['full'])
  },

  async 'a fact after its reservation lapsed goes over what others have taken'(t, { store }, name) {
    const one = quota(name, 1)
    const atMs = Date.now()
    const lapsing = claim(one, { atMs, untilMs: atMs + 1 })
    await store.quotas.claim([lapsing])
    const next = claim(one)
    await eventually(
      () => store.quotas.claim([next]),
      ([outcome]) => outcome === 'held'
    )
    t.strictSame(await store.quotas.count([fact(one, { reservation: lapsing.id })]), [1])
    t.equal(await taken(store, one), 2)
  },

  async 'a day counts for itself, and a reservation in the day of its decision'(
    t,
    { store },
    name
  ) {
    const daily = quota(name, 1, DAY)
    const nowMs = Date.now()
    const yesterdayMs = DAY.startMs(nowMs)
    const late = claim(daily, { atMs: yesterdayMs, untilMs: yesterdayMs + HOUR_MS })
    t.strictSame(await store.quotas.claim([late, claim(daily, { atMs: yesterdayMs })]), [
      'held',
      'full'
    ])
    t.equal(await taken(store, daily), 0)
    t.strictSame(
      await store.quotas.count([fact(daily, { reservation: late.id, atMs: nowMs })]),
      [0]
    )
    t.equal(await taken(store, daily), 0, 'counted yesterday')
    t.strictSame(await store.quotas.claim([claim(daily, { atMs: nowMs })]), ['held'])
    t.equal(await taken(store, daily), 1)
    t.strictSame(await store.quotas.count([fact(daily, { atMs: yesterdayMs })]), [1])
    t.equal(await taken(store, daily), 1)
  },

  async 'a rolling window counts at the time of the fact and lets go of what is out of it'(
    t,
    { store },
    name
  ) {
    const hourly = quota(name, 3, rolling(HOUR_MS))
    const nowMs = Date.now()
    await store.quotas.count([
      fact(hourly, { atMs: nowMs - 2 * HOUR_MS, amount: 7 }),
      fact(hourly, { atMs: nowMs - HOUR_MS / 2 }),
      fact(hourly, { atMs: nowMs - HOUR_MS / 2 })
    ])
    const { taken: sum, mayFreeMs } = await store.quotas.read(words(hourly))
    t.equal(sum[0], 2)
    const fromNowMs = mayFreeMs[0]! - nowMs
    t.ok(fromNowMs >= HOUR_MS / 2 && fromNowMs <= HOUR_MS / 2 + HOUR_MS / 256)
  },

  async 'a limit in a rolling window is never exceeded within one and frees after it'(
    t,
    { store },
    name
  ) {
    const lengthMs = 200
    const brief = quota(name, 3, rolling(lengthMs))
    // The store judges at the moment when it carries a claim out, which lies between these two.
    const held: Array<{ askedMs: number; answeredMs: number }> = []
    while (held.length < 10) {
      const askedMs = Date.now()
      const [outcome] = await store.quotas.claim([claim(brief, { atMs: askedMs, untilMs: 0 })])
      if (outcome === 'held') held.push({ askedMs, answeredMs: Date.now() })
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    for (let i = 3; i < held.length; i++)
      t.ok(held[i]!.answeredMs - held[i - 3]!.askedMs >= lengthMs)
  },

  async 'a release takes a count at once out of its rolling window'(t, { store }, name) {
    const hourly = quota(name, 2, rolling(HOUR_MS))
    const atMs = Date.now()
    const [one, two] = [
      claim(hourly, { atMs, untilMs: 0 }),
      claim(hourly, { atMs, untilMs: 0 })
    ] as const
    await store.quotas.claim([one, two])
    await store.quotas.release([one])
    t.equal(await taken(store, hourly), 1)
    await store.quotas.release([two, one])
    const { taken: sum, mayFreeMs } = await store.quotas.read(words(hourly))
    t.strictSame([sum[0], mayFreeMs[0]], [0, Infinity])
  },

  async 'facts count in their order, whatever day their reservations were made in'(
    t,
    { store },
    name
  ) {
    const daily = quota(name, 0, DAY)
    const atMs = Date.now()
    const { id: reservation } = claim(daily, { atMs: atMs - 26 * HOUR_MS })
    const told = fact(daily, { atMs, reservation, amount: 2 })
    const again = { ...told, reservation: undefined, amount: 5 }
    // What comes first shares its keys with what comes last, but not with what lies between.
    const facts = [fact(daily, { atMs, amount: 0 }), told, again]
    t.strictSame(await store.quotas.count(facts), [0, 2, 0])
  },

  async 'money is counted in whole minor units, beyond 32 bits'(t, { store }, name) {
    const money = quota(name, 5_000_000_000_00)
    t.strictSame(
      await store.quotas.claim([
        claim(money, { amount: 4_999_999_999_99 }),
        claim(money, { amount: 2 }),
        claim(money, { amount: 1 })
      ]),
      ['held', 'full', 'held']
    )
    t.equal(await taken(store, money), 5_000_000_000_00)
  },

  async 'quotas whose ids look alike are different ones'(t, { store }, name) {
    const ids = [name, `${name}}`, `{${name}`, `${name}:t`, `${name}:`, `${name}/客户`]
    for (const id of ids)
      t.strictSame(await store.quotas.claim([claim(quota(id, 1))]), ['held'], id)
  },

  async 'a load brings the readings of its lexicon'(t, { store, other }, name) {
    const [one, two] = [quota(name, 9), quota(`${name} too`, 9, DAY, 1)]
    await store.quotas.claim([claim(one, { amount: 4 }), claim(two, { amount: 2 })])
    const keys = ['a', 'b'].map(id => customer(`${name}/${id}`))
    const states = await Promise.all(keys.map(key => other.customers.load(key, words(two, one))))
    for (const { quotas } of states) t.strictSame([...quotas.taken], [2, 4])
    const told = event(keys[0]!)
    const { quotas } = await store.customers.appendAndLoad([told], keys[0]!, words(one))
    t.strictSame([...quotas.taken], [4])
    t.strictSame([...(await store.customers.load(keys[0]!, lexicon())).quotas.taken], [])
  }
}

const HOLD_FACTS: Readonly<Record<string, Check>> = {
  async 'what is held is in the next load, in the positions of its lexicon'(
    t,
    { store, other },
    name
  ) {
    const key = customer(name)
    const before = await store.customers.load(key, words())
    t.strictSame(before.reserved, [])
    const held = reservation({ offer: 1, type: 3, channel: 1 })
    t.strictSame(await store.customers.hold(before, promise(held), words()), { held: true })
    const otherWords = lexicon({ reserves: true, offers: ['loan'], channels: ['web'] })
    t.strictSame((await other.customers.load(key, words())).reserved, [held])
    t.strictSame((await other.customers.load(key, otherWords)).reserved, [
      { ...held, offer: 0, channel: -1 }
    ])
    t.strictSame((await other.customers.load(key, lexicon())).reserved, [])
  },

  async 'holds on one state succeed once, and the others see what has changed'(
    t,
    { store, other },
    name
  ) {
    const key = customer(name)
    const state = await store.customers.load(key, words())
    const stale = await other.customers.load(key, words())
    const [first, second] = [reservation(), reservation({ offer: 2 })]
    t.strictSame(await store.customers.hold(state, promise(first), words()), { held: true })
    for (const [from, old] of [
      [store, state],
      [other, stale]
    ] as const) {
      const { changed } = await notHeld(from.customers.hold(old, promise(second), words()))
      t.strictSame(changed.reserved, [first])
      t.strictSame(changed.key, key)
    }
    const { changed } = await notHeld(other.customers.hold(stale, promise(second), words()))
    t.strictSame(await other.customers.hold(changed, promise(second), words()), { held: true })
    t.strictSame((await store.customers.load(key, words())).reserved, [first, second])
  },

  async 'holds at once on one state: one is held'(t, { store, other }, name) {
    const key = customer(name)
    const states = await Promise.all(
      [store, other, store, other].map(({ customers }) => customers.load(key, words()))
    )
    const outcomes = await Promise.all(
      states.map((state, i) =>
        (i % 2 === 0 ? store : other).customers.hold(state, promise(reservation()), words())
      )
    )
    t.equal(outcomes.filter(({ held }) => held).length, 1)
    t.equal((await store.customers.load(key, words())).reserved.length, 1)
  },

  async 'an event after the load is a change, and the new state holds it'(
    t,
    { store, other },
    name
  ) {
    const key = customer(name)
    await store.customers.append([event(key)])
    const state = await store.customers.load(key, words())
    await other.customers.append([event(key, { type: 'impression', offerId: 'loan' })])
    const { changed } = await notHeld(store.customers.hold(state, promise(reservation()), words()))
    t.equal(changed.history.length, 2)
    t.strictSame(changed.reserved, [])
  },

  async 'events of a hold are recorded with it, or not at all'(t, { store, other }, name) {
    const key = customer(name)
    const state = await store.customers.load(key, words())
    const shown = { type: 'impression', offerId: 'loan', channel: 'web' }
    const withEvents = (): Hold => ({ reservations: [], events: [event(key, shown)] })
    t.strictSame(await store.customers.hold(state, withEvents(), words()), { held: true })
    const { history } = await other.customers.load(key, words())
    t.strictSame([...history.offers], [1])
    await notHeld(store.customers.hold(state, withEvents(), words()))
    t.equal((await other.customers.history(key, 9)).length, 1)
  },

  async 'an event ends the reservations of its type for its decision and offer'(
    t,
    { store, other },
    name
  ) {
    const key = customer(name)
    const decisionId = decisionIdAt(Date.now())
    const about = { decisionId, offerId: 'loan' }
    const id = reservationId(decisionId, 'loan')
    const [impression, accept, elsewhere] = [
      reservation({ id, type: 1 }),
      reservation({ id, type: 3 }),
      reservation({ type: 1 })
    ]
    const state = await store.customers.load(key, words())
    await store.customers.hold(state, promise(impression, accept, elsewhere), words())
    await other.customers.append([event(key, { ...about, type: 'click' })])
    t.equal((await store.customers.load(key, words())).reserved.length, 3)
    await other.customers.append([event(key, { ...about, type: 'impression' })])
    t.strictSame((await store.customers.load(key, words())).reserved, [accept, elsewhere])
    await other.customers.append([event(key, { ...about, type: 'reject' })])
    t.strictSame((await store.customers.load(key, words())).reserved, [elsewhere])
  },

  async 'a reservation is released by its id, and lapses by itself'(t, { store, other }, name) {
    const key = customer(name)
    const [kept, brief] = [reservation(), reservation({ untilMs: Date.now() + SHORT_MS })]
    await store.customers.hold(
      await store.customers.load(key, words()),
      promise(kept, brief),
      words()
    )
    const { reserved } = await eventually(
      () => other.customers.load(key, words()),
      state => state.reserved.length < 2
    )
    t.ok(Date.now() >= brief.untilMs)
    t.strictSame(reserved, [kept])
    await other.customers.release(key, ['no such', kept.id])
    await other.customers.release(key, [kept.id])
    t.strictSame((await store.customers.load(key, words())).reserved, [])
  },

  async 'an erased customer has no reservations and is promised nothing'(
    t,
    { store, other },
    name
  ) {
    const key = customer(name)
    const state = await store.customers.load(key, words())
    await store.customers.hold(state, promise(reservation()), words())
    const loaded = await store.customers.load(key, words())
    t.equal(await other.customers.erase(key), true)
    const { changed } = await notHeld(store.customers.hold(loaded, promise(reservation()), words()))
    t.strictSame(changed.reserved, [])
    const again = { reservations: [reservation()], events: [event(key)] }
    t.strictSame(await store.customers.hold(changed, again, words()), { held: true })
    const after = await other.customers.load(key, words())
    t.strictSame([after.reserved, after.history.length], [[], 0])
  }
}

async function taken(store: Store, of: QuotaCount): Promise<number> {
  const { taken }: QuotaReadings = await store.quotas.read(words({ ...of, index: 0 }))
  return taken[0]!
}

function customer(id: string): CustomerKey {
  return { namespace: 'crm', id: `limits/${id}` }
}

/** Of an impression of the first offer in web, for an hour. */
function reservation(changes: Partial<Reservation> = {}): Reservation {
  const atMs = Date.now()
  return {
    id: reservationId(decisionIdAt(atMs), 'loan'),
    offer: 0,
    type: 1,
    channel: 0,
    atMs,
    untilMs: atMs + HOUR_MS,
    ...changes
  }
}

function promise(...reservations: Reservation[]): Hold {
  return { reservations, events: [] }
}

async function notHeld(outcome: Promise<HoldOutcome>) {
  const settled = await outcome
  if (settled.held) throw new Error('held, though the customer had changed')
  return settled
}
