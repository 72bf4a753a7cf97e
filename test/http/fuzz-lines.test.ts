import fc from 'fast-check'
import { test } from 'tap'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import { createImportCustomers } from '../../src/decisioning/customers/import-customers.js'
import { LOCAL_CALLER } from '../../src/domain/caller.js'
import { strategy } from '../helpers/build.js'
import { bodyFrom } from './fuzz-bodies.js'

const RUNS = Number(process.env['OFFERD_FUZZ_RUNS'] ?? 1000)
/** Lines of one file. */
const TOGETHER = 50
const TIMEOUT_MS = 60_000 + RUNS * 10

const CUSTOMER = { id: 'c-1001', namespace: 'crm' }
const LINE = {
  ...CUSTOMER,
  attributes: { age: 41, products: ['a'] },
  tags: ['finance/credit'],
  consent: { marketing: { granted: true, time: '2026-01-01T00:00:00Z', source: 'branch' } }
}

function many(of: fc.Arbitrary<string | Buffer | undefined>): fc.Arbitrary<Buffer[]> {
  const bytes = of.map(one => Buffer.from(one ?? ''))
  return fc.array(bytes, { minLength: TOGETHER, maxLength: TOGETHER })
}

test(`an import of ${RUNS} lines takes each or says what is wrong with it`, {
  timeout: TIMEOUT_MS
}, async t => {
  const store = createMemoryStore()
  t.teardown(() => store.close())
  const current = strategy()
  const importCustomers = createImportCustomers({
    customers: store.customers,
    snapshots: { current: () => ({ strategy: current }) }
  })
  let imported = 0
  let failed = 0
  const takesEach = fc.asyncProperty(
    many(bodyFrom(LINE)),
    fc.integer({ min: 1, max: 4096 }),
    async (lines, pieceBytes) => {
      const file = Buffer.concat(lines.flatMap(line => [line, Buffer.from('\n')]))
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < file.length; at += pieceBytes)
          yield file.subarray(at, at + pieceBytes)
      }
      const receipt = await importCustomers(pieces(), { caller: LOCAL_CALLER, nowMs: Date.now() })
      imported += receipt.imported
      failed += receipt.failed
      return receipt.errors.every(({ detail }) => detail.length > 0 && detail.length < 2_000)
    }
  )
  await fc.assert(takesEach, { numRuns: Math.ceil(RUNS / TOGETHER), includeErrorInReport: true })
  t.comment(`${imported} lines are in, ${failed} were wrong`)
  t.ok(imported > 0 && failed > 0, 'right and wrong ones among them')
})
