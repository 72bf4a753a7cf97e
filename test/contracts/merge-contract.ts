import { test } from 'tap'
import type { Test } from 'tap'
import type { CustomerKey, Profile } from '../../src/domain/customer.js'
import { EMPTY_PROFILE } from '../../src/domain/customer.js'
import { MOST_MEMBERS } from '../../src/domain/identity.js'
import { NO_INDEX } from '../../src/domain/history.js'
import type { Store } from '../../src/decisioning/ports.js'
import { event, eventually, lexicon } from './store-contract.js'
import type { Stores } from './store-contract.js'

const NOW_MS = Date.UTC(2025, 5, 15, 12)
const DAY_MS = 86_400_000
const WORDS = lexicon()
const CLICK = WORDS.types.indexOf('click')

/** A known customer and two visits that turn out to be hers. */
interface Parties {
  readonly crm: CustomerKey
  readonly cookie: CustomerKey
  readonly device: CustomerKey
}

/** What every store makes of several keys of one customer. */
export function mergeContract(
  name: string,
  skip: string | false,
  open: (t: Test) => Promise<Stores>
): void {
  void test(`${name} merges customers`, { skip }, async t => {
    const stores = await open(t)
    for (const [fact, check] of Object.entries(FACTS)) {
      const parties = {
        crm: { namespace: 'crm', id: fact },
        cookie: { namespace: 'cookie', id: `b ${fact}` },
        device: { namespace: 'cookie', id: `c ${fact}` }
      }
      await t.test(fact, t => check(t, stores, parties))
    }
  })
}

/** All that can be seen of a customer under a key. */
export async function seen(
  { customers }: Pick<Store, 'customers'>,
  key: CustomerKey,
  words = WORDS
) {
  const { version: _, quotas: __, ...state } = await customers.load(key, words)
  return {
    identity: await customers.identityOf(key),
    state,
    profile: await customers.read(key),
    history: await customers.history(key, 200)
  }
}

function profile(attributes: Profile['attributes'], changes: Partial<Profile> = {}): Profile {
  return { ...EMPTY_PROFILE, attributes, ...changes }
}

function said(granted: boolean, timeMs: number, source = 'web') {
  return { granted, timeMs, source }
}

const FACTS: Readonly<
  Record<string, (t: Test, stores: Stores, parties: Parties) => Promise<void>>
> = {
  async 'the key of the earliest namespace is canonical, then the smaller id, in any order'(
    t,
    { store, other },
    { crm, cookie, device }
  ) {
    const members = [crm, cookie, device]
    t.strictSame(await store.customers.merge(device, cookie, WORDS), {
      canonical: cookie,
      members: [cookie, device]
    })
    t.strictSame(await store.customers.merge(device, crm, WORDS), { canonical: crm, members })
    t.strictSame(await other.customers.merge(crm, device, WORDS), { canonical: crm, members })
    for (const key of members) {
      t.strictSame(await other.customers.identityOf(key), { canonical: crm, members })
      const state = await other.customers.load(key, WORDS)
      t.strictSame([state.key, state.members], [crm, members])
    }
    const alone = { namespace: 'crm', id: `${crm.id}, alone` }
    t.strictSame(await store.customers.identityOf(alone), { canonical: alone, members: [alone] })
  },

  async 'histories are united, never added, by each key and through every process'(
    t,
    { store, other },
    { crm, cookie }
  ) {
    const both = event(crm, { type: 'click', offerId: 'loan', timeMs: NOW_MS - 5 })
    await store.customers.append([
      event(crm, { type: 'click', offerId: 'loan', timeMs: NOW_MS - 10 }),
      both,
      { ...both, customer: cookie, timeMs: NOW_MS - 2 },
      event(cookie, { type: 'click', offerId: 'loan', timeMs: NOW_MS - 10 }),
      event(cookie, { timeMs: NOW_MS })
    ])
    for (let times = 0; times < 3; times++) await store.customers.merge(crm, cookie, WORDS)
    for (const { customers } of [store, other]) {
      for (const key of [crm, cookie]) {
        const { history, known } = await customers.load(key, WORDS)
        t.equal(known, false)
        t.strictSame([...history.timesMs], [NOW_MS, NOW_MS - 5, NOW_MS - 10, NOW_MS - 10])
        t.equal(history.count(CLICK, 1, DAY_MS, NOW_MS), 3)
        const told = await customers.history(key, 200)
        t.strictSame(
          told.map(({ timeMs, customer }) => [timeMs, customer]),
          [...history.timesMs].map(timeMs => [timeMs, crm])
        )
      }
    }
  },

  async 'an event is told once, whichever key it comes with before or after the merge'(
    t,
    { store, other },
    { crm, cookie }
  ) {
    const [before, after] = [event(cookie), event(cookie)]
    await store.customers.append([before])
    await store.customers.merge(cookie, crm, WORDS)
    t.strictSame(
      await other.customers.append([{ ...before, customer: crm }, before, after, event(crm)]),
      ['repeated', 'repeated', 'stored', 'stored']
    )
    t.strictSame(await store.customers.append([{ ...after, customer: crm }]), ['repeated'])
    t.equal((await store.customers.load(cookie, WORDS)).history.length, 3)
    const own = event(cookie)
    const { history, key } = await store.customers.appendAndLoad([own], cookie, WORDS)
    t.strictSame([history.length, key], [4, crm])
  },

  async 'the newest write of an attribute wins, tags are united, the strictest consent holds'(
    t,
    { store, other },
    { crm, cookie }
  ) {
    const written = async (key: CustomerKey, stored: Profile) => {
      await store.customers.change(key, () => stored, WORDS)
      await laterThan(Date.now())
    }
    const first = profile(
      { age: 40, tier: 'silver', interests: ['cards'] },
      {
        tags: ['travel', 'finance/credit'],
        consent: { marketing: said(true, 10), profiling: said(false, 5) }
      }
    )
    await written(crm, first)
    await written(
      cookie,
      profile(
        { tier: 'gold', newsletter: true },
        {
          tags: ['travel', 'sport'],
          consent: { marketing: said(false, 3), profiling: said(false, 8, 'app') }
        }
      )
    )
    // Age is new, the rest keeps the time of its first write.
    await written(crm, { ...first, attributes: { ...first.attributes, age: 41 } })
    await store.customers.merge(cookie, crm, WORDS)
    const united = profile(
      { age: 41, tier: 'gold', interests: ['cards'], newsletter: true },
      {
        tags: ['finance/credit', 'sport', 'travel'],
        consent: { marketing: said(false, 3), profiling: said(false, 8, 'app') }
      }
    )
    for (const key of [crm, cookie]) {
      t.strictSame(await other.customers.read(key), united)
      const { known, attributes, granted, tags } = await other.customers.load(key, WORDS)
      t.strictSame([known, attributes[1], [...granted], tags], [true, 'gold', [0, 0], united.tags])
    }
  },

  async 'what is written by any key replaces what is united, and nothing comes back'(
    t,
    { store, other },
    { crm, cookie, device }
  ) {
    await store.customers.change(crm, () => profile({ age: 40 }), WORDS)
    await store.customers.change(cookie, () => profile({ tier: 'gold' }), WORDS)
    await store.customers.merge(cookie, crm, WORDS)
    await other.customers.change(cookie, () => profile({ newsletter: true }), WORDS)
    t.strictSame(await store.customers.read(crm), profile({ newsletter: true }))
    await store.customers.merge(crm, cookie, WORDS)
    await store.customers.merge(cookie, device, WORDS)
    for (const key of [crm, cookie, device])
      t.strictSame(await other.customers.read(key), profile({ newsletter: true }))
  },

  async 'an import lands on the one customer, of several lines for it the last'(
    t,
    { store, other },
    { crm, cookie, device }
  ) {
    const stranger = { namespace: 'cookie', id: `${device.id}, unmerged` }
    await store.customers.change(cookie, () => profile({ tier: 'gold' }), WORDS)
    await store.customers.merge(cookie, crm, WORDS)
    await other.customers.importMany(
      [
        [cookie, profile({ age: 1 })],
        [stranger, profile({ age: 2 })],
        [crm, profile({ age: 3 })]
      ],
      WORDS
    )
    t.strictSame(await store.customers.read(cookie), profile({ age: 3 }))
    t.strictSame(await store.customers.read(stranger), profile({ age: 2 }))
    await other.customers.importMany([[cookie, profile({ age: 4 })]], WORDS)
    t.strictSame(await store.customers.read(crm), profile({ age: 4 }))
  },

  async 'erasing by one key erases all, and merging brings the erased back as empty'(
    t,
    { store, other },
    { crm, cookie, device }
  ) {
    for (const key of [crm, cookie, device]) {
      await store.customers.change(key, () => profile({ age: 40 }), WORDS)
      await store.customers.append([event(key)])
    }
    await store.customers.merge(cookie, crm, WORDS)
    await store.customers.merge(cookie, device, WORDS)
    t.equal(await other.customers.erase(device), true)
    t.equal(await store.customers.erase(crm), false)
    for (const key of [crm, cookie, device]) {
      t.strictSame(await store.customers.identityOf(key), { canonical: key, members: [key] })
      t.equal(await store.customers.read(key), undefined)
      t.strictSame(await store.customers.history(key, 200), [])
      t.strictSame(await other.customers.append([event(key)]), ['erased'])
    }
    await store.customers.change(device, () => profile({ tier: 'gold' }), WORDS)
    await store.customers.merge(device, crm, WORDS)
    t.strictSame(await other.customers.read(crm), profile({ tier: 'gold' }))
    t.strictSame(await other.customers.append([event(crm)]), ['stored'])
  },

  async 'merging knows nobody by it'(t, { store }, { crm, cookie }) {
    await store.customers.merge(crm, cookie, WORDS)
    const { known, history } = await store.customers.load(cookie, WORDS)
    t.strictSame([known, history.length], [false, 0])
    t.equal(await store.customers.read(crm), undefined)
    t.strictSame(await store.customers.append([event(cookie)]), ['stored'])
    t.equal((await store.customers.load(crm, WORDS)).history.length, 1)
  },

  async 'long histories are folded together, and every event still counts once'(
    t,
    { store },
    { crm, cookie, device }
  ) {
    for (const [n, key] of [crm, cookie, device].entries()) {
      for (let start = 0; start < 300; start += 100) {
        const some = Array.from({ length: 100 }, (_, i) =>
          event(key, {
            type: 'click',
            offerId: 'loan',
            timeMs: NOW_MS - ((start + i) * 3 + n) * 60_000
          })
        )
        await store.customers.append(some)
      }
    }
    await store.customers.merge(device, cookie, WORDS)
    await store.customers.merge(device, crm, WORDS)
    const { history } = await eventually(
      () => store.customers.load(cookie, WORDS),
      state => state.history.length <= 256
    )
    t.equal(history.timesMs[0], NOW_MS)
    for (const offer of [1, NO_INDEX])
      t.equal(history.count(CLICK, offer, 30 * DAY_MS, NOW_MS), 900)
  },

  async 'merges of overlapping keys at once come to one customer'(
    t,
    { store, other },
    { crm, cookie }
  ) {
    const keys = [
      crm,
      ...Array.from({ length: 7 }, (_, i) => ({ ...cookie, id: `${cookie.id} ${i}` }))
    ]
    await store.customers.append(keys.map(key => event(key, { type: 'click', offerId: 'loan' })))
    await Promise.all([
      ...keys
        .slice(1)
        .map((key, i) => (i % 2 === 0 ? store : other).customers.merge(key, keys[i]!, WORDS)),
      ...keys.map((key, i) =>
        (i % 2 === 0 ? other : store).customers.append([
          event(key, { type: 'click', offerId: 'loan' })
        ])
      ),
      ...keys.map(key => other.customers.load(key, WORDS))
    ])
    for (const key of keys) {
      const state = await store.customers.load(key, WORDS)
      t.strictSame(state.key, crm)
      t.strictSame(state.members, keys)
      t.equal(state.history.count(CLICK, 1, DAY_MS, NOW_MS), 2 * keys.length)
    }
  },

  async 'a customer has a bounded number of keys'(t, { store }, { crm, cookie }) {
    const others = Array.from({ length: MOST_MEMBERS - 1 }, (_, i) => ({
      ...cookie,
      id: `${cookie.id} ${i}`
    }))
    // By halves: few of the merges are large.
    const keys = [crm, ...others]
    for (let step = 1; step < keys.length; step *= 2) {
      for (let i = 0; i + step < keys.length; i += 2 * step)
        await store.customers.merge(keys[i + step]!, keys[i]!, WORDS)
    }
    t.equal((await store.customers.identityOf(cookie)).members.length, 1)
    await t.rejects(store.customers.merge(cookie, others[5]!, WORDS), { code: 'not_allowed' })
    t.equal((await store.customers.identityOf(crm)).members.length, MOST_MEMBERS)
  }
}

/** Waits until the clock has moved on, so that the next write is a newer one. */
async function laterThan(timeMs: number): Promise<void> {
  while (Date.now() <= timeMs) await new Promise(resolve => setImmediate(resolve))
}
