import { test } from 'tap'
import type { Test } from 'tap'
import { INTERACTION_TYPES } from '../../src/domain/interaction.js'
import type { CustomerEvent } from '../../src/domain/interaction.js'
import { EMPTY_PROFILE } from '../../src/domain/customer.js'
import type { CustomerKey, Lexicon, Profile } from '../../src/domain/customer.js'
import { createDecisionIds } from '../../src/domain/decision-id.js'
import { NO_INDEX } from '../../src/domain/history.js'
import type { DecisionRecord, FreshRecord, Store } from '../../src/decisioning/ports.js'

const NOW_MS = Date.UTC(2025, 5, 15, 12)
const DAY_MS = 86_400_000

/** The words of the tests; a fresh object a call, as a reloaded strategy brings. */
export function lexicon(changes: Partial<Lexicon> = {}): Lexicon {
  return {
    attributes: ['age', 'tier', 'newsletter', 'interests', 'scores', 'since'],
    purposes: ['marketing', 'profiling'],
    types: [...INTERACTION_TYPES, 'page_view', 'cart_add'],
    offers: ['gold-card', 'loan', 'savings'],
    channels: ['web', 'email'],
    quotas: [],
    reserves: false,
    namespaces: ['crm', 'cookie'],
    retentionMs: {},
    ...changes
  }
}

let eventsMade = 0
export function event(customer: CustomerKey, changes: Partial<CustomerEvent> = {}): CustomerEvent {
  return {
    customer,
    id: `e-${eventsMade++}`,
    source: 'client',
    type: 'page_view',
    timeMs: NOW_MS,
    ...changes
  }
}

const GOLD: Profile = {
  attributes: {
    age: 41,
    tier: 'gold',
    newsletter: true,
    interests: ['cards', 'travel'],
    scores: [0.25, -3],
    since: 1_577_836_800_000
  },
  tags: ['finance/credit', 'travel'],
  consent: {
    marketing: { granted: true, timeMs: NOW_MS, source: 'branch' },
    profiling: { granted: false, timeMs: NOW_MS, source: 'web' }
  }
}

/** Two processes' views of one store; for memory both are the same. */
export interface Stores {
  readonly store: Store
  readonly other: Store
}

/** What every store does, whatever it is made of. */
export function storeContract(
  name: string,
  skip: string | false,
  open: (t: Test) => Promise<Stores>
): void {
  void test(`${name} keeps the contract of a store`, { skip }, async t => {
    const stores = await open(t)
    for (const [fact, check] of Object.entries(FACTS))
      await t.test(fact, t => check(t, stores, { namespace: 'crm', id: fact }))
  })
}

const FACTS: Readonly<
  Record<string, (t: Test, stores: Stores, key: CustomerKey) => Promise<void>>
> = {
  async 'an unknown customer is an empty state'(t, { store }, key) {
    const state = await store.customers.load(key, lexicon())
    t.strictSame(state.key, key)
    t.equal(state.known, false)
    t.strictSame(state.attributes, new Array(6).fill(undefined))
    t.strictSame(state.tags, [])
    t.strictSame([...state.granted], [0, 0])
    t.equal(state.history.length, 0)
    t.equal(await store.customers.read(key), undefined)
    t.strictSame(await store.customers.history(key, 200), [])
  },

  async 'a profile is read as it was put, through every process'(t, { store, other }, key) {
    t.strictSame(await store.customers.change(key, () => GOLD, lexicon()), GOLD)
    t.strictSame(await store.customers.read(key), GOLD)
    t.strictSame(await other.customers.read(key), GOLD)
  },

  async 'a load answers in the positions of its lexicon'(t, { store, other }, key) {
    await store.customers.change(key, () => GOLD, lexicon())
    const words = lexicon({
      attributes: ['tier', 'unheard-of', 'age'],
      purposes: ['new', 'profiling', 'marketing']
    })
    for (const { customers } of [store, other]) {
      const state = await customers.load(key, words)
      t.equal(state.known, true)
      t.strictSame(state.attributes, ['gold', undefined, 41])
      t.strictSame([...state.granted], [0, 0, 1])
      t.strictSame(state.tags, GOLD.tags)
    }
  },

  async 'loads of one turn are each answered with their own customer'(t, { store }, key) {
    const words = lexicon()
    const keys = Array.from({ length: 300 }, (_, i) => ({ ...key, id: `${key.id}/${i}` }))
    await store.customers.importMany(
      keys.map((customer, i) => [customer, { ...EMPTY_PROFILE, attributes: { age: i } }]),
      words
    )
    const states = await Promise.all(
      [...keys, ...keys].map(customer => store.customers.load(customer, words))
    )
    t.strictSame(
      states.map(state => state.attributes[0]),
      [...keys.keys(), ...keys.keys()]
    )
  },

  async 'changes of one customer at once are all made'(t, { store, other }, key) {
    const words = lexicon()
    const older = (stored: Profile = EMPTY_PROFILE): Profile => ({
      ...stored,
      attributes: { ...stored.attributes, age: Number(stored.attributes['age'] ?? 0) + 1 }
    })
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? store : other).customers.change(key, older, words)
      )
    )
    t.equal((await store.customers.read(key))?.attributes['age'], 20)
  },

  async 'a change that throws changes nothing'(t, { store }, key) {
    await store.customers.change(key, () => GOLD, lexicon())
    await t.rejects(
      store.customers.change(
        key,
        () => {
          throw new Error('not so')
        },
        lexicon()
      ),
      { message: 'not so' }
    )
    t.strictSame(await store.customers.read(key), GOLD)
  },

  async 'an appended event is in the next load of every process, newest first'(
    t,
    { store, other },
    key
  ) {
    const outcomes = await store.customers.append([
      event(key, { type: 'impression', offerId: 'loan', channel: 'email', timeMs: NOW_MS - 2000 }),
      event(key, {
        type: 'later',
        offerId: 'gold-card',
        channel: 'web',
        timeMs: NOW_MS,
        untilMs: NOW_MS + DAY_MS
      }),
      event(key, { timeMs: NOW_MS - 1000 })
    ])
    t.strictSame(outcomes, ['stored', 'stored', 'stored'])
    const words = lexicon()
    for (const { customers } of [store, other]) {
      const { known, history } = await customers.load(key, words)
      t.equal(known, false)
      t.strictSame([...history.timesMs], [NOW_MS, NOW_MS - 1000, NOW_MS - 2000])
      t.strictSame(
        [...history.types].map(type => words.types[type]),
        ['later', 'page_view', 'impression']
      )
      t.strictSame([...history.offers], [0, NO_INDEX, 1])
      t.strictSame([...history.channels], [0, NO_INDEX, 1])
      t.strictSame([...history.untilsMs], [NOW_MS + DAY_MS, 0, 0])
    }
  },

  async 'a name that the lexicon does not have is no index'(t, { store }, key) {
    await store.customers.append([
      event(key, { type: 'retired_type', offerId: 'retired-offer', channel: 'fax' })
    ])
    const { history } = await store.customers.load(key, lexicon())
    t.strictSame(
      [history.types[0], history.offers[0], history.channels[0]],
      [NO_INDEX, NO_INDEX, NO_INDEX]
    )
  },

  async 'an event told twice counts once, whoever hears it'(t, { store, other }, key) {
    const told = event(key)
    t.strictSame(await store.customers.append([told, told]), ['stored', 'repeated'])
    t.strictSame(
      await other.customers.append([
        { ...told, timeMs: NOW_MS - 5 },
        { ...told, source: 'elsewhere' }
      ]),
      ['repeated', 'stored']
    )
    t.equal((await store.customers.load(key, lexicon())).history.length, 2)
  },

  async 'outcomes stand in the order of the events, of many customers'(t, { store }, key) {
    const others = ['a', 'b'].map(id => ({ ...key, id: `${key.id}/${id}` }))
    const [a, b] = [event(others[0]!), event(others[1]!)]
    t.strictSame(await store.customers.append([a, b, b, a, event(others[0]!)]), [
      'stored',
      'stored',
      'repeated',
      'repeated',
      'stored'
    ])
  },

  async 'appending and loading sees its own events, told before or not'(t, { store }, key) {
    const words = lexicon()
    const told = event(key, { type: 'cart_add' })
    t.equal(
      (await store.customers.appendAndLoad([told], key, words)).history.count(
        9,
        NO_INDEX,
        DAY_MS,
        NOW_MS
      ),
      1
    )
    t.equal(
      (await store.customers.appendAndLoad([told], key, words)).history.count(
        9,
        NO_INDEX,
        DAY_MS,
        NOW_MS
      ),
      1
    )
  },

  async 'the history for people holds what was told, newest first'(t, { store, other }, key) {
    const told = [
      event(key, {
        id: '0190a1b2-0000-7000-8000-0123456789ab',
        type: 'accept',
        timeMs: NOW_MS - 10,
        offerId: 'loan',
        channel: 'web',
        treatmentId: 'loan.web.hero',
        placement: 'home_hero',
        decisionId: '0190a1b2-c3d4-7abc-8def-0123456789ab',
        value: 12.5,
        reason: 'cheap',
        data: { page: '/loan', n: [1, 'x'] }
      }),
      event(key, { timeMs: NOW_MS, source: 'https://example.org/shop' }),
      event(key, {
        timeMs: NOW_MS - 20,
        type: 'later',
        offerId: 'savings',
        untilMs: NOW_MS + 60_000
      })
    ]
    await store.customers.append(told)
    for (const { customers } of [store, other]) {
      t.strictSame(await customers.history(key, 200), [told[1], told[0], told[2]])
      t.strictSame(await customers.history(key, 1), [told[1]])
    }
  },

  async 'a long history keeps the newest 200 and counts the rest by the hour'(t, { store }, key) {
    const words = lexicon()
    const times = Array.from({ length: 700 }, (_, i) => NOW_MS - ((i * 37) % 700) * 60_000)
    for (let start = 0; start < 700; start += 100) {
      await store.customers.append(
        times
          .slice(start, start + 100)
          .map(timeMs => event(key, { type: 'click', offerId: 'loan', timeMs }))
      )
    }
    const { history } = await eventually(
      () => store.customers.load(key, words),
      state => state.history.length <= 256
    )
    t.ok(history.length >= 200)
    t.equal(history.timesMs[0], NOW_MS)
    t.equal(history.count(words.types.indexOf('click'), 1, 30 * DAY_MS, NOW_MS), 700)
    t.equal(history.count(words.types.indexOf('click'), NO_INDEX, 30 * DAY_MS, NOW_MS), 700)
    t.equal(history.count(words.types.indexOf('click'), 0, 30 * DAY_MS, NOW_MS), 0)
    const people = await store.customers.history(key, 200)
    t.strictSame(
      people.map(({ timeMs }) => timeMs),
      [...history.timesMs.subarray(0, 200)]
    )
  },

  async 'an event that holds until a time keeps it, whatever came before and comes after'(
    t,
    { store, other },
    key
  ) {
    const words = lexicon()
    const untilMs = NOW_MS + DAY_MS
    const later = event(key, { type: 'later', offerId: 'loan', timeMs: NOW_MS, untilMs })
    const clicks = (count: number, ageMs: number) =>
      Array.from({ length: count }, (_, i) =>
        event(key, { type: 'click', offerId: 'loan', timeMs: NOW_MS - ageMs - i })
      )
    await store.customers.append([...clicks(40, 5000), ...clicks(1, 4000)])
    await store.customers.append([...clicks(1, 3000), later])
    await other.customers.append(clicks(1, 2000))
    const { history } = await store.customers.load(key, words)
    t.equal(history.length, 44)
    t.strictSame([...history.untilsMs], [untilMs, ...new Array<number>(43).fill(0)])
    t.strictSame((await store.customers.history(key, 1))[0], later)

    await store.customers.append(clicks(100, 6000))
    await store.customers.append(clicks(150, 1000))
    const folded = await eventually(
      () => other.customers.load(key, words),
      state => state.history.length <= 256
    )
    t.equal(folded.history.untilsMs[0], untilMs)
    t.equal(folded.history.count(words.types.indexOf('click'), 1, 30 * DAY_MS, NOW_MS), 293)
    await store.customers.append(clicks(1, 900))
    const after = await store.customers.load(key, words)
    t.strictSame([...after.history.untilsMs.subarray(0, 2)], [untilMs, 0])
    t.equal(after.history.count(words.types.indexOf('click'), 1, 30 * DAY_MS, NOW_MS), 294)
  },

  async 'an erased customer is gone, and its late events are dropped until a profile is put again'(
    t,
    { store, other },
    key
  ) {
    const words = lexicon()
    t.equal(await store.customers.erase(key), false)
    await store.customers.change(key, () => GOLD, words)
    const told = event(key)
    await store.customers.append([told])
    t.equal(await other.customers.erase(key), true)
    t.equal(await store.customers.erase(key), false)
    t.equal((await store.customers.load(key, words)).known, false)
    t.strictSame(await store.customers.append([event(key), told]), ['erased', 'erased'])
    t.equal((await store.customers.appendAndLoad([event(key)], key, words)).history.length, 0)
    await store.customers.importMany([[key, GOLD]], words)
    t.strictSame(await other.customers.append([event(key)]), ['stored'])
  },

  async 'an import replaces what is stored and keeps the history'(t, { store, other }, key) {
    await store.customers.change(key, () => GOLD, lexicon())
    await store.customers.append([event(key)])
    const imported: Profile = { attributes: { tier: 'silver' }, tags: [], consent: {} }
    await store.customers.importMany([[key, imported]], lexicon())
    t.strictSame(await other.customers.read(key), imported)
    t.equal((await store.customers.load(key, lexicon())).history.length, 1)
  },

  async 'ids that look alike are different customers'(t, { store }) {
    const keys = [
      { namespace: 'a', id: 'b:c' },
      { namespace: 'a:b', id: 'c' },
      { namespace: 'a', id: 'b}:c' },
      { namespace: 'a', id: '{b:c' },
      { namespace: 'a', id: 'b%003ac' },
      { namespace: 'a/b', id: 'c' },
      { namespace: 'a', id: 'b/c' },
      { namespace: 'a', id: '客户' }
    ]
    await store.customers.importMany(
      keys.map((key, i) => [key, { ...EMPTY_PROFILE, attributes: { age: i } }]),
      lexicon()
    )
    for (const [i, key] of keys.entries())
      t.equal((await store.customers.read(key))?.attributes['age'], i)
  },

  async 'a decision record is read as it was appended, soon by every process'(t, { store, other }) {
    const nextId = createDecisionIds(0xabcdef01)
    const records = Array.from(
      { length: 40 },
      (_, i): DecisionRecord => ({
        id: nextId(Date.now()),
        decidedAtMs: Date.now(),
        strategyHash: '9f3c',
        answer: `{"n":${i}}`,
        request: '{"ü":1}',
        trace: [true, ['a', 0.1, null], Buffer.from([1, 2, i])]
      })
    )
    for (const record of records) store.records.append(fresh(record))
    t.strictSame(await store.records.get(records[7]!.id), records[7])
    const seen = await eventually(
      () => other.records.get(records[39]!.id),
      found => found !== undefined
    )
    t.strictSame(seen, records[39])
    await store.records.flush()
    for (const record of records) t.strictSame(await store.records.get(record.id), record)
    t.equal(await store.records.get(nextId(Date.now())), undefined)
    t.equal(await store.records.get('no id of ours'), undefined)
  },

  async 'what a state was made of opens as that state by any process and in any words, whatever happened since'(
    t,
    { store, other },
    key
  ) {
    const words = lexicon({ reserves: true })
    await store.customers.change(key, () => GOLD, words)
    await store.customers.append([event(key, { type: 'click', offerId: 'loan' }), event(key)])
    const before = await store.customers.load(key, words)
    const [reservation] = [{ id: 'd:loan', offer: 1, type: 0, channel: 0, atMs: NOW_MS }]
    const untilMs = Date.now() + 60_000
    await store.customers.hold(
      before,
      { reservations: [{ ...reservation, untilMs }], events: [] },
      words
    )
    const state = await store.customers.load(key, words)
    const packed = store.customers.packState(state)
    await store.customers.append([event(key)])
    await store.customers.erase(key)

    const { version: _, ...opened } = await other.customers.openState(packed, words)
    const { version: _version, ...loaded } = state
    t.strictSame(opened, loaded)
    t.equal(opened.reserved.length, 1)
    const fewer = lexicon({ attributes: ['tier', 'age'], offers: ['savings', 'loan'] })
    const { attributes, history } = await other.customers.openState(packed, fewer)
    t.strictSame(attributes, ['gold', 41])
    t.strictSame([...history.offers].toSorted(), [NO_INDEX, 1])
    t.equal(store.customers.packState({ ...state, version: 'of another store' }), undefined)
  },

  async 'records are walked in a period, each with what a replay needs'(t, { store }) {
    const nextId = createDecisionIds(0x5ca1ab1e)
    const startMs = Date.now() + 3_600_000
    const records = Array.from(
      { length: 300 },
      (_, i): DecisionRecord => ({
        id: nextId(startMs + 10 * i),
        decidedAtMs: startMs + 10 * i,
        strategyHash: '9f3c',
        answer: '{}',
        request: '{}',
        trace: null,
        ...(i % 2 === 0 ? {} : { replay: { publishable: false, customer: Buffer.from([i % 256]) } })
      })
    )
    for (const record of records) store.records.append(fresh(record))
    await store.records.flush()
    const walked: DecisionRecord[] = []
    const period = { fromMs: startMs + 1000, toMs: startMs + 2500 }
    for await (const some of store.records.walk(period)) walked.push(...some)
    t.strictSame(
      walked.toSorted((one, two) => one.decidedAtMs - two.decidedAtMs),
      records.slice(100, 250)
    )
  },

  async 'the latest records are met first, each once, until nobody wants more'(t, { store }) {
    const nextId = createDecisionIds(0x1a7e57)
    const startMs = Date.now() + 7_200_000
    const record = (i: number): DecisionRecord => ({
      id: nextId(startMs + 10 * i),
      decidedAtMs: startMs + 10 * i,
      strategyHash: '9f3c',
      answer: '{}',
      request: '{}',
      trace: null
    })
    const records = Array.from({ length: 300 }, (_, i) => record(i))
    for (const each of records) store.records.append(fresh(each))
    await store.records.flush()
    const met: DecisionRecord[] = []
    for await (const some of store.records.latest()) {
      met.push(...some)
      if (met.length >= 200) break
    }
    const ids = met.map(({ id }) => id)
    t.equal(new Set(ids).size, ids.length)
    const newest = records.toReversed().slice(0, 150)
    t.ok(newest.every(({ id }) => ids.includes(id)))
    t.ok(met[0]!.decidedAtMs > met[150]!.decidedAtMs)
  },

  async 'parts of a strategy are kept until they lapse, and renewed where they are there'(
    t,
    { store, other }
  ) {
    await store.archive.put('part-1', Buffer.from([1, 0, 255]), 60_000)
    await store.archive.put('part-2', Buffer.from('short'), 1)
    await eventually(
      () => other.archive.get('part-2'),
      part => part === undefined
    )
    t.strictSame(Buffer.from((await other.archive.get('part-1'))!), Buffer.from([1, 0, 255]))
    t.strictSame(await other.archive.renew(['part-2', 'part-1', 'part-3'], 60_000), [
      'part-2',
      'part-3'
    ])
  },

  async 'documents are put once, series count from one, claims have one holder'(
    t,
    { store, other }
  ) {
    t.equal(await store.documents.get('secret'), undefined)
    t.equal(await store.documents.putOnce('secret', 'first'), 'first')
    t.equal(await other.documents.putOnce('secret', 'second'), 'first')
    t.equal(await other.documents.get('secret'), 'first')

    t.strictSame(
      [
        await store.documents.numberOf('strategies', 'x'),
        await other.documents.numberOf('strategies', 'y'),
        await other.documents.numberOf('strategies', 'x')
      ],
      [1, 2, 1]
    )
    t.equal(await store.documents.numberOf('models', 'y'), 1)

    t.strictSame(await store.documents.claim('key-1', 60_000), { mine: true })
    t.strictSame(await other.documents.claim('key-1', 60_000), { mine: false, text: '' })
    await store.documents.settle('key-1', 'the answer', 60_000)
    t.strictSame(await other.documents.claim('key-1', 60_000), { mine: false, text: 'the answer' })
    await store.documents.release('key-1')
    t.strictSame(await other.documents.claim('key-1', 60_000), { mine: true })
  },

  async 'an announcement reaches the listeners of its topic, the own ones too'(
    t,
    { store, other }
  ) {
    const heard: string[] = []
    const stop = store.announcements.listen('reload', text => heard.push(`own ${text}`))
    other.announcements.listen('reload', text => heard.push(`other ${text}`))
    store.announcements.listen('elsewhere', text => heard.push(`wrong ${text}`))
    // A process hears itself from the start, and others once it listens.
    await other.announcements.announce('reload', 'ready?')
    await store.announcements.announce('elsewhere', 'x')
    await eventually(
      async () => heard,
      () => heard.includes('other ready?') && heard.includes('wrong x')
    )
    heard.length = 0
    await store.announcements.announce('reload', '1')
    await eventually(
      async () => heard.length,
      count => count >= 2
    )
    t.strictSame(heard.toSorted(), ['other 1', 'own 1'])
    stop()
    await store.announcements.announce('reload', '2')
    await eventually(
      async () => heard.length,
      count => count >= 3
    )
    t.strictSame(heard.slice(2), ['other 2'])
  },

  async 'a healthy store has no trouble'(t, { store, other }) {
    t.equal(await store.trouble(), undefined)
    t.equal(await other.trouble(), undefined)
  }
}

/** Asks again until the answer is good; the test's own time limit ends it. */
export async function eventually<T>(
  ask: () => Promise<T>,
  good: (answer: T) => boolean
): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (good(answer)) return answer
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** A record as a decision hands it over. */
export function fresh(record: DecisionRecord): FreshRecord {
  const { answer, trace, journal: _, replay, ...rest } = record
  const packs = { packAnswer: () => answer, packTrace: () => trace }
  return { ...rest, ...packs, ...(replay === undefined ? {} : { packReplay: () => replay }) }
}
