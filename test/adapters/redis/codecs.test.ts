import { deepStrictEqual, equal, match, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { test } from 'tap'
import { ALIAS_STATES, decodeAlias, encodeAlias } from '../../../src/adapters/redis/alias-codec.js'
import type { AliasState } from '../../../src/adapters/redis/alias-codec.js'
import {
  decodeHistory,
  decodeLog,
  encodeLog,
  encodeRecord,
  historyHeader
} from '../../../src/adapters/redis/history-codec.js'
import type { LogRecord } from '../../../src/adapters/redis/history-codec.js'
import { UnreadableRecord } from '../../../src/adapters/redis/errors.js'
import {
  DETAILS_HEADER,
  decodeDetails,
  encodeDetails,
  splitDetails
} from '../../../src/adapters/redis/detail-codec.js'
import { foldLog } from '../../../src/adapters/redis/folding.js'
import { customerStem } from '../../../src/adapters/redis/keys.js'
import { UnknownNumber } from '../../../src/adapters/redis/names.js'
import type { NameKind, Names } from '../../../src/adapters/redis/names.js'
import {
  decodeForDecision,
  decodeProfile,
  decodeWritten,
  encodeNewProfile,
  encodeProfile
} from '../../../src/adapters/redis/profile-codec.js'
import {
  decodeReservations,
  encodeReservations,
  RESERVATIONS_HEADER
} from '../../../src/adapters/redis/reservation-codec.js'
import { createStamps } from '../../../src/adapters/redis/stamps.js'
import type { WordTables } from '../../../src/adapters/redis/words.js'
import { hourStartMs, KEPT_EVENTS } from '../../../src/domain/history-bounds.js'
import type { Lexicon, Profile } from '../../../src/domain/customer.js'
import { rewrite } from '../../../src/domain/written-profile.js'
import type { Write, WrittenProfile } from '../../../src/domain/written-profile.js'
import type { Reservation } from '../../../src/domain/limits.js'
import { NO_INDEX } from '../../../src/domain/history.js'
import { holds } from '../../helpers/holds.js'

/** A registry that lives in the test: the two calls that codecs make of Names. */
function registry(): Names {
  const kinds = new Map<string, string[]>()
  const namesOf = (kind: NameKind) => kinds.get(kind) ?? kinds.set(kind, ['']).get(kind)!
  const number = (kind: NameKind, name: string) => {
    const names = namesOf(kind)
    return names.includes(name, 1) ? names.indexOf(name, 1) : names.push(name) - 1
  }
  const nameOf = (kind: NameKind, at: number) => {
    const name = namesOf(kind)[at]
    if (name === undefined) throw new UnknownNumber(kind, at)
    return name
  }
  return { number, numberOf: number, nameOf } as unknown as Names
}

/** Numbers as people write them. */
const decimal = fc
  .tuple(fc.integer({ min: -99_999_999, max: 99_999_999 }), fc.nat(12))
  .map(([digits, places]) => Number(`${digits}e-${places}`) || 0)
/** The doubles beside them: 0.30000000000000004. */
const neighbour = decimal.map(n => n * (1 + Number.EPSILON))
const value = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => (n === 0 ? 0 : n)),
  decimal,
  neighbour,
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.array(fc.string(), { maxLength: 4 }),
  fc.array(fc.maxSafeInteger(), { maxLength: 4 })
)
const name = fc.stringMatching(/^[a-z][a-z_0-9]{0,12}$/)
const profile: fc.Arbitrary<Profile> = fc.record(
  {
    attributes: fc.dictionary(name, value, { noNullPrototype: true }),
    tags: fc.uniqueArray(fc.string({ minLength: 1 })),
    consent: fc.dictionary(
      name,
      fc.record(
        {
          granted: fc.boolean(),
          timeMs: fc.nat(2 ** 31).map(n => n * 1000 + 1),
          source: fc.string()
        },
        { noNullPrototype: true }
      ),
      { noNullPrototype: true }
    )
  },
  { noNullPrototype: true }
)

const KEY = { namespace: 'crm', id: 'c-1' }
const write: fc.Arbitrary<Write> = fc.record(
  {
    timeMs: fc.nat(2 ** 31).map(n => n * 1000),
    key: fc.constantFrom(KEY, { namespace: 'crm', id: 'c-2' }, { namespace: 'cookie', id: 'c-1' })
  },
  { noNullPrototype: true }
)

/** A profile written at once. */
function written(stored: Profile, timeMs = 1): WrittenProfile {
  return rewrite(undefined, stored, { timeMs, key: KEY })
}

test('a profile is decoded as it was encoded, with the writes of its attributes', async t => {
  const names = registry()
  const nextStamp = createStamps()
  holds(
    t,
    fc.property(profile, fc.array(write, { minLength: 1, maxLength: 4 }), (stored, some) => {
      const attributes = Object.keys(stored.attributes)
      const writes = Object.fromEntries(attributes.map((name, i) => [name, some[i % some.length]!]))
      const bytes = encodeProfile({ profile: stored, writes }, KEY, names, nextStamp())
      deepStrictEqual(decodeProfile(bytes, names), stored)
      deepStrictEqual(decodeWritten(bytes, KEY, names), { profile: stored, writes })
    }),
    200
  )
})

test('numbers are read as they were given, however alike they are, and decimals are stored short', async t => {
  const names = registry()
  const encode = (attributes: Profile['attributes']) =>
    encodeNewProfile({ attributes, tags: [], consent: {} }, 1, names, createStamps()())
  holds(
    t,
    fc.property(fc.oneof(decimal, neighbour), fc.oneof(decimal, neighbour), (x, y) => {
      const attributes = { x, list: [y] }
      deepStrictEqual(decodeProfile(encode(attributes), names).attributes, attributes)
    }),
    5000
  )
  t.equal(encode({ x: 73.1234 }).length + 4, encode({ x: 1 / 3 }).length)
})

test('a profile is as long whatever the order of its attributes, and reads the same', async t => {
  const names = registry()
  const words = Array.from({ length: 60 }, (_, i) => `a${i}`)
  const numbers = new Map(words.map(word => [word, names.numberOf('attribute', word)]))
  holds(
    t,
    fc.property(fc.shuffledSubarray(words), order => {
      const attributes = Object.fromEntries(order.map(word => [word, numbers.get(word)!]))
      const write = { timeMs: 2, key: { namespace: 'crm', id: 'c-2' } }
      const writes = Object.fromEntries(
        order.map((word, i) => [word, { ...write, timeMs: i % 2 === 0 ? 2 : 3 }])
      )
      const stored = { profile: { attributes, tags: [], consent: {} }, writes }
      const bytes = encodeProfile(stored, KEY, names, createStamps()())
      deepStrictEqual(decodeWritten(bytes, KEY, names), stored)
      const sorted = Object.fromEntries(
        words.flatMap(w => (w in attributes ? [[w, attributes[w]]] : []))
      )
      const again = {
        profile: { ...stored.profile, attributes: sorted as Record<string, number> },
        writes
      }
      equal(encodeProfile(again, KEY, names, createStamps()()).length, bytes.length)
    }),
    300
  )
})

test('a profile of the format before is read, its attributes written at the beginning of time', async t => {
  const names = registry()
  const number = names.numberOf('attribute', 'age')
  const body = new Packr({ useRecords: false }).pack([[number], [41], [], []])
  const bytes = Buffer.concat([Buffer.from([1, 0x70]), Buffer.alloc(8), body])
  t.strictSame(
    decodeWritten(bytes, KEY, names),
    written({ attributes: { age: 41 }, tags: [], consent: {} }, 0)
  )
})

test('the time of one write costs a profile ten bytes', async t => {
  const names = registry()
  const attributes = { age: 41, tier: 'gold', balance: 1.5 }
  const size = (writes: Record<string, Write>) =>
    encodeProfile(
      { profile: { attributes, tags: [], consent: {} }, writes },
      KEY,
      names,
      Buffer.alloc(8)
    ).length
  const at = (timeMs: number): Write => ({ timeMs, key: KEY })
  const nowMs = 1_750_000_000_000
  const once = size({ age: at(nowMs), tier: at(nowMs), balance: at(nowMs) })
  t.equal(once - size({ age: at(0), tier: at(0), balance: at(0) }), 8)
  t.ok(size({ age: at(nowMs), tier: at(nowMs + 1), balance: at(nowMs) }) - once <= 20)
})

test('the keys of a merged customer are decoded as they were encoded', async t => {
  const part = fc.string({ minLength: 1, unit: 'binary' })
  const key = fc.record({ namespace: part, id: part }, { noNullPrototype: true })
  holds(
    t,
    fc.property(
      fc.constantFrom<AliasState>('whole', 'open', 'member'),
      fc.array(key, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(4)),
      (state, members, held) => {
        const bytes = encodeAlias({ state, members, held })
        deepStrictEqual(decodeAlias(bytes), { state, members, held })
        equal(bytes[2], ALIAS_STATES[state])
      }
    ),
    200
  )
})

test('a profile is decoded into the positions of a lexicon', async t => {
  const names = registry()
  const stored: Profile = {
    attributes: { b: 'x', unheard: 1, a: [1] },
    tags: ['t'],
    consent: { p: { granted: true, timeMs: 1, source: '' } }
  }
  const bytes = encodeProfile(written(stored), KEY, names, createStamps()())
  const words = {
    lexicon: {
      attributes: ['a', 'b', 'c'],
      purposes: ['q', 'p'],
      types: [],
      offers: [],
      channels: [],
      retentionMs: {}
    },
    attributes: Int32Array.of(-1, 1, -1, 0),
    purposes: Int32Array.of(-1, 1)
  } as unknown as WordTables
  const state = decodeForDecision(bytes, names, words)
  t.strictSame(state.attributes, [[1], 'x', undefined])
  t.strictSame([...state.granted], [0, 1])
  t.strictSame(state.tags, ['t'])
})

const record: fc.Arbitrary<LogRecord> = fc.record(
  {
    timeMs: fc.oneof(
      fc.nat(2 ** 31 - 1),
      fc.maxSafeInteger().filter(n => n >= 0 && n < 2 ** 48)
    ),
    type: fc.nat(4095),
    offer: fc.nat(2 ** 24 - 1),
    channel: fc.nat(4095),
    untilMs: fc.nat(2 ** 31).map(n => n * 1000)
  },
  { noNullPrototype: true }
)
const IDENTITY = {
  types: numbered(5000),
  offers: numbered(50),
  channels: numbered(5000)
} as unknown as WordTables

/** Logs with untils and logs without any, which are stored otherwise. */
const records = fc.oneof(
  fc.array(record, { maxLength: 40 }),
  fc.array(
    record.map(each => ({ ...each, untilMs: 0 })),
    { maxLength: 40 }
  )
)

function numbered(length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => i)
}

test('a log is decoded as it was encoded', async t => {
  const hour = fc.record(
    {
      startMs: fc.nat(400_000).map(n => n * 3_600_000),
      type: fc.nat(4095),
      offer: fc.nat(2 ** 24 - 1),
      count: fc.nat()
    },
    { noNullPrototype: true }
  )
  holds(
    t,
    fc.property(records, fc.array(hour), fc.nat(), (records, hours, stamp) => {
      const log = decodeLog(encodeLog(stamp, records, hours))
      deepStrictEqual(log.records, records)
      deepStrictEqual(log.hours, hours)
      const wide = records.some(({ untilMs }) => untilMs > 0)
      equal(log.wide, wide)
      deepStrictEqual(log.header, historyHeader(stamp, hours.length, wide))
    }),
    100
  )
})

test('decisions see the log newest first, whatever the order of arrival', async t => {
  holds(
    t,
    fc.property(records, records => {
      const history = decodeHistory(encodeLog(1, records, []), IDENTITY)
      const naive = records
        .map((entry, i) => ({ entry, i }))
        .sort((a, b) => b.entry.timeMs - a.entry.timeMs || b.i - a.i)
        .map(({ entry }) => entry)
      deepStrictEqual(
        [...history.timesMs],
        naive.map(({ timeMs }) => timeMs)
      )
      deepStrictEqual(
        [...history.types],
        naive.map(({ type }) => type)
      )
      deepStrictEqual(
        [...history.offers],
        naive.map(({ offer }) => (offer < 50 ? offer : NO_INDEX))
      )
      deepStrictEqual(
        [...history.channels],
        naive.map(({ channel }) => channel)
      )
      deepStrictEqual(
        [...history.untilsMs],
        naive.map(({ untilMs }) => untilMs)
      )
    }),
    200
  )
})

test('folding again and again, with backdated events in between, counts what a plain list counts', async t => {
  const event = fc.record<LogRecord>({
    timeMs: fc.nat(300).map(n => n * 600_000),
    type: fc.nat(2),
    offer: fc.nat(3),
    channel: fc.constant(0),
    untilMs: fc.constant(0)
  })
  const names = registry()
  holds(
    t,
    fc.property(
      fc.array(fc.array(event, { maxLength: 150 }), { minLength: 1, maxLength: 6 }),
      rounds => {
        const plain: LogRecord[] = []
        let history = historyHeader(1)
        let details: Buffer = DETAILS_HEADER
        for (const [round, events] of rounds.entries()) {
          plain.push(...events)
          history = Buffer.concat([history, ...events.map(event => encodeRecord(event))])
          details = Buffer.concat([
            details,
            ...events.map((_, i) => encodeDetails({ id: `${round}/${i}`, source: 's' }, names))
          ])
          const folded = foldLog(history, details, round + 2)
          ;({ history, details } = folded)
        }
        const decoded = decodeHistory(history, IDENTITY)
        equal(decoded.length, Math.min(KEPT_EVENTS, plain.length))
        equal(splitDetails(details).length, decoded.length)
        const endMs = 300 * 600_000
        for (const type of [0, 1, 2])
          equal(
            decoded.count(type, NO_INDEX, endMs + 1, endMs),
            plain.filter(entry => entry.type === type).length
          )
        for (const hour of decoded.older) equal(hour.startMs, hourStartMs(hour.startMs))
      }
    ),
    30
  )
})

test('details are decoded as they were encoded', async t => {
  const names = registry()
  const told = {
    id: '0190A1B2-C3D4-7abc-8def-0123456789ab',
    source: 'client',
    treatmentId: 'a.b.c',
    placement: 'p',
    decisionId: '0190a1b2-c3d4-7abc-8def-0123456789ab',
    value: 0,
    reason: '',
    data: { a: [1, { b: null }], ü: 'x' }
  }
  const few = { id: '1', source: 'shop' }
  const parts = splitDetails(
    Buffer.concat([DETAILS_HEADER, encodeDetails(told, names), encodeDetails(few, names)])
  )
  t.strictSame(
    parts.map(part => decodeDetails(part, names)),
    [told, few]
  )
})

test('reservations are decoded as they were encoded, as far as they are open', async t => {
  const names = registry()
  const lexicon = {
    offers: ['a', 'b'],
    types: ['x', 'y', 'z'],
    channels: ['c']
  } as unknown as Lexicon
  const positions = (kind: NameKind, words: readonly string[]) => {
    const table = numbered(words.length + 1).fill(NO_INDEX)
    words.forEach((word, position) => {
      table[names.numberOf(kind, word)] = position
    })
    return table
  }
  const words = {
    offers: positions('offer', lexicon.offers),
    types: positions('type', lexicon.types),
    channels: positions('channel', lexicon.channels)
  } as unknown as WordTables
  const reservation: fc.Arbitrary<Reservation> = fc.record(
    {
      id: fc.string({ maxLength: 300, unit: 'binary' }),
      offer: fc.integer({ min: NO_INDEX, max: 1 }),
      type: fc.integer({ min: NO_INDEX, max: 2 }),
      channel: fc.integer({ min: NO_INDEX, max: 0 }),
      atMs: fc.nat(2 ** 31 - 1),
      untilMs: fc.integer({ min: 1, max: 2 ** 48 - 1 })
    },
    { noNullPrototype: true }
  )
  holds(
    t,
    fc.property(fc.array(reservation), fc.nat(2 ** 31 - 1), (reservations, nowMs) => {
      const entries = encodeReservations(reservations, lexicon, names)
      const bytes = Buffer.concat([RESERVATIONS_HEADER, entries])
      deepStrictEqual(
        decodeReservations(bytes, words, nowMs),
        reservations.filter(({ untilMs }) => untilMs > nowMs)
      )
    }),
    300
  )
})

test('random bytes are unreadable and never anything else', async t => {
  const names = registry()
  const words = {
    ...IDENTITY,
    lexicon: { attributes: [], purposes: [] },
    attributes: numbered(1),
    purposes: numbered(1)
  } as unknown as WordTables
  const readers: Array<(bytes: Buffer) => unknown> = [
    bytes => decodeProfile(bytes, names),
    bytes => decodeAlias(bytes),
    bytes => decodeReservations(bytes, words, 0),
    bytes => decodeReservations(Buffer.concat([RESERVATIONS_HEADER, bytes]), words, 0),
    bytes => decodeAlias(Buffer.concat([Buffer.from([1, 0x61, 0]), bytes])),
    bytes =>
      decodeForDecision(
        Buffer.concat([Buffer.from([2, 0x70, 0, 0, 0, 0, 0, 0, 0, 0]), bytes]),
        names,
        words
      ),
    bytes => decodeHistory(bytes, words),
    bytes =>
      splitDetails(Buffer.concat([DETAILS_HEADER, bytes])).map(part => decodeDetails(part, names))
  ]
  holds(
    t,
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(readers.length - 1), (bytes, reader) => {
      try {
        readers[reader]!(Buffer.from(bytes))
      } catch (error) {
        ok(error instanceof UnreadableRecord, String(error))
      }
    }),
    3000
  )
})

test('different customers have different keys, and their ids stay inside the hash tag', async t => {
  const id = fc.oneof(
    fc.string({ unit: fc.constantFrom('{', '}', ':', '%', 'a', '0', '3', '\ud800', 'ü') }),
    fc.string({ unit: 'binary' })
  )
  holds(
    t,
    fc.property(id, id, id, id, (a, b, c, d) => {
      const same = a === c && b === d
      const [first, second] = [
        customerStem({ namespace: a, id: b }),
        customerStem({ namespace: c, id: d })
      ]
      equal(Buffer.from(first).equals(Buffer.from(second)), same)
      match(first, /^offerd:\{[^{}]+\}:$/s)
    }),
    3000
  )
})
