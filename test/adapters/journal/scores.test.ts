import { mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { test } from 'tap'
import { createJournalSegments } from '../../../src/adapters/journal/segments.js'
import type { JournalDecision } from '../../../src/domain/journal.js'

const NOON_MS = Date.UTC(2026, 2, 1, 12)
const SCORES = [
  { model: 'cards@3', shadow: false, offer: 'gold-card', score: 0.1 },
  { model: 'cards@4', shadow: true, offer: 'gold-card', score: 0.2 }
]
const DECISION: JournalDecision = {
  id: 'd-1',
  timeMs: NOON_MS,
  customer: { namespace: 'crm', id: 'c-1' },
  channel: 'web',
  strategy: 'small',
  strategyHash: 'abc',
  holdout: false,
  control: false,
  experiments: {},
  degraded: [],
  candidates: [],
  filling: null,
  placed: [],
  scores: SCORES,
  features: [],
  facts: {},
  historyLength: 0,
  historyHash: '',
  limits: null,
  personal: { facts: {}, request: '{}' }
}

test('scores come back with outcomes, and from files of the release before there are none', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-scores-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const segments = createJournalSegments(folder)
  await segments.write({
    name: `0-${NOON_MS}-0-${NOON_MS}-1`,
    parts: [{ recordedMs: NOON_MS + 1, decisions: [DECISION], events: [] }],
    keys: new Map([['crm/c-1', randomBytes(32)]])
  })
  const scores = async () => {
    const period = { fromMs: 0, toMs: NOON_MS + 1000 }
    const read = segments.outcomes({
      period,
      positives: { 'gold-card': 'accept' },
      windowMs: 1000,
      parts: ['scores', 'candidates']
    })
    const found = []
    for await (const decision of read) {
      found.push(decision.scores)
      t.equal(decision.filling, null)
    }
    return found
  }
  t.same(await scores(), [SCORES])

  const path = join(folder, '2026-03-01', `decisions-0-${NOON_MS}-0-${NOON_MS}-1.parquet`)
  const connection = await (await DuckDBInstance.create()).connect()
  await connection.run(`CREATE TABLE old AS SELECT * EXCLUDE (scores, filling) FROM '${path}'`)
  await connection.run(`COPY old TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  t.same(await scores(), [[]])
})
