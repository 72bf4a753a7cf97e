import { test, type Test } from 'tap'
import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import {
  createImportCustomers,
  type ImportNeeds,
  type ImportReceipt
} from '../../../src/decisioning/customers/import-customers.js'
import type { CustomerStore } from '../../../src/decisioning/ports.js'
import { StoreUnavailable } from '../../../src/domain/refusal.js'
import { caller, snapshotsOf, strategy } from '../../helpers/build.js'

const NOW_MS = Date.UTC(2026, 0, 15, 12)
const PLAIN = strategy()

type Pieces = AsyncIterable<Uint8Array | string>

async function* piecesOf(...pieces: Array<Uint8Array | string>): Pieces {
  for (const piece of pieces) yield await Promise.resolve(piece)
}

function setUp(t: Test) {
  const store = createMemoryStore({ clock: () => NOW_MS })
  t.after(() => store.close())
  const importFrom = (pieces: Pieces, who = caller({ id: 'loader' })): Promise<ImportReceipt> =>
    createImportCustomers({ customers: store.customers, snapshots: snapshotsOf(PLAIN) })(pieces, {
      caller: who,
      nowMs: NOW_MS
    })
  return {
    importFrom,
    read: (id: string, namespace = 'crm') => store.customers.read({ namespace, id }),
    customers: store.customers
  }
}

/** The store with its importMany going through a gate that may refuse. */
function gated(customers: CustomerStore, gate: () => void): ImportNeeds['customers'] {
  return {
    identityOf: key => customers.identityOf(key),
    async importMany(profiles, lexicon) {
      gate()
      await customers.importMany(profiles, lexicon)
    }
  }
}

test('every line is a customer', async t => {
  const { importFrom, read } = setUp(t)
  const receipt = await importFrom(
    piecesOf(
      '\ufeff{"id":"a","attributes":{"age":41,"since":"2020-01-01T00:00:00Z"},"tags":["finance"]}\r\n\n',
      '{"namespace":"cookie","id":"b","consent":{"marketing":{"granted":true}}}\n  \n{"id":"c"}'
    )
  )
  t.same(receipt, { imported: 3, failed: 0, errors: [] })
  t.same(await read('a'), {
    attributes: { age: 41, since: Date.UTC(2020, 0, 1) },
    tags: ['finance'],
    consent: {}
  })
  t.same(await read('b', 'cookie'), {
    attributes: {},
    tags: [],
    consent: { marketing: { granted: true, timeMs: NOW_MS, source: 'loader' } }
  })
  t.same(await read('c'), { attributes: {}, tags: [], consent: {} })
})

test('wrong lines are named by number and reason and the others go in', async t => {
  const { importFrom, read } = setUp(t)
  const lines = [
    '{"id":"a"}',
    '{"id":"b"',
    '[1]',
    '{"attributes":{}}',
    '{"id":"c","attributes":{"aeg":1,"age":"x"}}',
    '{"id":"d","namespace":"cmr"}',
    '{"id":"","namespace":7}',
    '{"id":""}',
    '{"id":"e","attributes":{"__proto__":{"age":1}}}',
    `{"id":"f","tags":["${'x'.repeat(64 * 1024)}"]}`,
    `{"id":"g","attributes":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    '{"id":"z"}'
  ].map(line => Buffer.from(`${line}\n`))
  lines.splice(1, 0, Buffer.from('{"id":"\xff"}\n', 'latin1'))
  const receipt = await importFrom(piecesOf(...lines))
  t.same(receipt, {
    imported: 2,
    failed: 11,
    errors: [
      { line: 2, detail: 'is not UTF-8' },
      { line: 3, detail: 'must be a JSON object, not broken JSON' },
      { line: 4, detail: 'must be a JSON object, not a list' },
      { line: 5, detail: '/id must be a string, not nothing' },
      {
        line: 6,
        detail:
          '/attributes/aeg there is no attribute "aeg"; did you mean "age"?; /attributes/age must be a whole number, not a string'
      },
      { line: 7, detail: '/namespace there is no namespace "cmr"; did you mean "crm"?' },
      { line: 8, detail: '/namespace must be a string, not a number' },
      { line: 9, detail: '/id must not be empty' },
      { line: 10, detail: '/attributes has a member "__proto__", which no request may carry' },
      { line: 11, detail: 'is longer than 65536 bytes' },
      { line: 12, detail: `/attributes${'/0'.repeat(31)} is nested deeper than 32 levels` }
    ]
  })
  t.ok(await read('z'))
})

test('the first thousand faults are told and all are counted', async t => {
  const { importFrom } = setUp(t)
  const { failed, errors } = await importFrom(piecesOf('x\n'.repeat(1500)))
  t.equal(failed, 1500)
  t.equal(errors.length, 1000)
  t.equal(errors.at(-1)?.line, 1000)
})

test('a key reaches only its namespaces', async t => {
  const { importFrom, read } = setUp(t)
  const lines = '{"id":"a"}\n{"id":"b","namespace":"cookie"}\n'
  const receipt = await importFrom(piecesOf(lines), caller({ namespaces: new Set(['cookie']) }))
  t.same(receipt, {
    imported: 1,
    failed: 1,
    errors: [{ line: 1, detail: 'This key may not use namespace "crm".' }]
  })
  t.equal(await read('a'), undefined)
})

test('of a customer given twice the last line holds, within a write and across writes', async t => {
  const { importFrom, read } = setUp(t)
  const lines = Array.from(
    { length: 3000 },
    (_, i) => `{"id":"c-${i % 7}","attributes":{"age":${i}}}\n`
  )
  t.match(await importFrom(piecesOf(...lines)), { imported: 3000, failed: 0 })
  for (let i = 0; i < 7; i++) {
    const last = 2999 - ((2999 - i) % 7)
    t.equal((await read(`c-${i}`))?.attributes['age'], last)
  }
})

test('a hundred thousand lines come in without being held', async t => {
  const { customers, read } = setUp(t)
  const total = 100_000
  let given = 0
  let written = 0
  let mostAhead = 0
  async function* lines(): Pieces {
    while (given < total) {
      const piece = Array.from(
        { length: 1000 },
        () => `{"id":"c-${given++}","attributes":{"age":41,"balance":1.5}}\n`
      )
      yield await Promise.resolve(piece.join(''))
    }
  }
  const counting: ImportNeeds['customers'] = {
    identityOf: key => customers.identityOf(key),
    async importMany(profiles, lexicon) {
      mostAhead = Math.max(mostAhead, given - written)
      await customers.importMany(profiles, lexicon)
      await new Promise(setImmediate)
      written += profiles.length
    }
  }
  const run = createImportCustomers({ customers: counting, snapshots: snapshotsOf(PLAIN) })
  const seen: number[] = []
  const receipt = await run(lines(), {
    caller: caller(),
    nowMs: NOW_MS,
    progress: imported => void seen.push(imported)
  })
  t.same(receipt, { imported: total, failed: 0, errors: [] })
  t.ok(mostAhead <= 5000, `${mostAhead} lines were read ahead of the store`)
  t.equal(seen.at(-1), total)
  t.equal(seen.length, 200)
  t.ok(await read('c-99999'))
})

test('a store that comes back within ten seconds gets every line', async t => {
  const { customers, read } = setUp(t)
  const pauses: number[] = []
  let away = 5
  const run = createImportCustomers({
    customers: gated(customers, () => {
      if (away-- > 0) throw new StoreUnavailable('away')
    }),
    snapshots: snapshotsOf(PLAIN),
    pause: async ms => pauses.push(ms)
  })
  t.same(await run(piecesOf('{"id":"a"}\n'), { caller: caller(), nowMs: NOW_MS }), {
    imported: 1,
    failed: 0,
    errors: []
  })
  t.same(pauses, [100, 200, 400, 800, 1500])
  t.ok(await read('a'))
})

test('a store that stays away ends the import and says how far it came', async t => {
  const { customers } = setUp(t)
  let writes = 0
  let waitedMs = 0
  const run = createImportCustomers({
    customers: gated(customers, () => {
      if (++writes > 2) throw new StoreUnavailable('away')
    }),
    snapshots: snapshotsOf(PLAIN),
    pause: async ms => (waitedMs += ms)
  })
  const lines = Array.from({ length: 1200 }, (_, i) => `{"id":"c-${i}"}\n`)
  const asked = run(piecesOf(lines.join('')), { caller: caller(), nowMs: NOW_MS })
  await t.rejects(asked, {
    name: 'StoreUnavailable',
    message: /1000 of 1200 good lines read so far are in/
  })
  t.equal(waitedMs, 10_000)
})

test('a caller who goes away ends the import with the fault of the stream', async t => {
  const { importFrom, read } = setUp(t)
  async function* broken(): Pieces {
    yield await Promise.resolve('{"id":"a"}\n'.repeat(600))
    throw new Error('aborted')
  }
  await t.rejects(importFrom(broken()), { message: 'aborted' })
  t.ok(await read('a'), 'what had been sent is in')
})

test('a key that does not reach all of a merged customer imports none of it', async t => {
  const { importFrom, read, customers } = setUp(t)
  const visit = { namespace: 'cookie', id: 'v' }
  await customers.merge(visit, { namespace: 'crm', id: 'c' }, PLAIN.lexicon)
  const line = '{"namespace":"cookie","id":"v","attributes":{"age":41}}\n'
  const web = caller({ namespaces: new Set(['cookie']) })
  t.same(await importFrom(piecesOf(line), web), {
    imported: 0,
    failed: 1,
    errors: [
      {
        line: 1,
        detail: 'This customer is merged with one in a namespace that this key may not use.'
      }
    ]
  })
  t.equal((await importFrom(piecesOf(line))).imported, 1)
  t.same((await read('c'))?.attributes, { age: 41 })
})

test('a line that is nested too deeply, too long or too large for a double is one fault', async t => {
  const { importFrom } = setUp(t)
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
  const many = JSON.stringify(Array.from({ length: 1_001 }, (_, i) => `p${i}`))
  const wide = JSON.stringify(
    Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`n${i}`, 1]))
  )
  const { imported, failed, errors } = await importFrom(
    piecesOf(
      [
        `{"id":"a","attributes":{"products":${deep}}}`,
        deep,
        `{"id":"a","attributes":{"products":${many}}}`,
        `{"id":"a","attributes":${wide}}`,
        '{"id":"a","attributes":{"age":1e999}}',
        '{"id":"a","attributes":{"__proto__":{"age":1}}}',
        '{"id":"good"}'
      ].join('\n')
    )
  )
  t.equal(imported, 1)
  t.equal(failed, 6)
  const faults = [
    /^\/attributes\/products\S* is nested deeper than 32 levels$/,
    /is nested deeper than 32 levels$/,
    /^\/attributes\/products has more than 1000 items$/,
    /^\/attributes has more than 1000 members$/,
    /^\/attributes\/age is a number beyond the range of doubles$/,
    /^\/attributes has a member "__proto__", which no request may carry$/
  ]
  for (const [i, fault] of faults.entries()) t.match(errors[i]?.detail, fault)
})

test('bad lines, however many, let others go in between', async t => {
  const { importFrom } = setUp(t)
  let turns = 0
  const counting = setInterval(() => turns++, 0)
  t.teardown(() => clearInterval(counting))
  const { failed } = await importFrom(piecesOf('{"id":7}\n'.repeat(5_000)))
  t.equal(failed, 5_000)
  t.ok(turns > 10, `${turns} turns of the event loop`)
})
