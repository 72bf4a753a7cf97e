import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import { createMeters } from '../../src/adapters/metrics/meters.js'
import { createApp, type AppDeps } from '../../src/app.js'
import { createChanges } from '../../src/decisioning/subscriptions/changes.js'
import { createCustomers } from '../../src/decisioning/customers/customers.js'
import { createReportExperiments } from '../../src/decisioning/experiments/experiment-report.js'
import { createDecideOnce } from '../../src/decisioning/decide-once.js'
import { createDecide } from '../../src/decisioning/decide.js'
import { createImportCustomers } from '../../src/decisioning/customers/import-customers.js'
import { writeLegend } from '../../src/decisioning/trace/legend.js'
import { createLogNames } from '../../src/decisioning/log-names.js'
import { createLegends } from '../../src/decisioning/trace/legends.js'
import { createDecisionLookUp } from '../../src/decisioning/look-up.js'
import { NOTHING_LEARNT } from '../../src/decisioning/propensity/learnt.js'
import { createRecordEvents } from '../../src/decisioning/events/record-events.js'
import { createReplay, createReplayRecord } from '../../src/decisioning/replay/replay.js'
import { createFindDecisions } from '../../src/decisioning/find-decisions.js'
import { createReportQuotas } from '../../src/decisioning/limits/quota-report.js'
import { createReportSegments } from '../../src/decisioning/strategy/segment-report.js'
import { createSnapshots } from '../../src/decisioning/snapshot.js'
import { createSubscriptions } from '../../src/decisioning/subscriptions/subscriptions.js'
import { createReportLearning } from '../../src/decisioning/lessons/learning-report.js'
import { EXAMPLES } from '../../src/http/examples.js'
import { createWhatIf } from '../../src/decisioning/what-if/what-if.js'
import { createTokens } from '../../src/decisioning/tokens.js'
import { NO_KEYS } from '../../src/http/keys.js'
import { strategy } from '../helpers/build.js'
import type { Ending } from './stand-ins.js'

/** The app over the real use cases, a store in memory and a strategy made by hand; only loading strategies stands still. */
export function serveForReal(
  t: Ending,
  changes: Partial<AppDeps> = {},
  current = strategy()
): ReturnType<typeof createApp> {
  const snapshots = createSnapshots({
    version: 1,
    hash: 'abc',
    strategy: current,
    models: new Map(),
    fusions: [],
    shadows: new Map(),
    modelOf: [],
    told: new Map(),
    shortlist: undefined,
    legend: writeLegend(current),
    limits: undefined,
    loadedAtMs: Date.now()
  })
  const store = createMemoryStore()
  const { customers, quotas, records, journal, exposures, learning, documents } = store
  const meters = createMeters({ lexicon: () => current.lexicon })
  const log = pino({ level: 'silent' })
  const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
  const tokens = createTokens(['a secret for tests'])
  const needs = {
    snapshots,
    customers,
    quotas,
    journal,
    learning,
    learnt: NOTHING_LEARNT,
    tokens,
    meters,
    log,
    clock,
    eventId: randomUUID,
    freshId: randomUUID
  }
  const legendOf = createLegends(documents, snapshots.current)
  const archived = { open: async () => snapshots.current() }
  const report = { outcome: 'unchanged', version: 1, hash: 'abc', problems: [] } as const
  const deciding = { ...needs, records, exposures, decisionId: () => randomUUID() }
  const decide = createDecide(deciding)
  const subscriptions = createSubscriptions({
    ...deciding,
    decide,
    changes: createChanges(store.announcements, log),
    schedule: (work, delayMs) => setTimeout(work, delayMs).unref()
  })
  const app = createApp({
    decide: createDecideOnce({ decide, documents, clock }),
    subscriptions,
    lookUp: createDecisionLookUp({ records, legendOf, snapshots }),
    replay: createReplay({
      records,
      snapshots,
      replayRecord: createReplayRecord({ ...needs, archived, legendOf })
    }),
    recordEvents: createRecordEvents(needs),
    reportExperiments: createReportExperiments(snapshots, exposures),
    reportQuotas: createReportQuotas(snapshots, quotas, clock.wallMs),
    reportSegments: createReportSegments({ snapshots, records, customers }),
    findDecisions: createFindDecisions({ snapshots, records, customers }),
    reportLearning: createReportLearning(needs),
    reportJournal: async () => JSON.stringify(EXAMPLES.JournalReport),
    whatIf: createWhatIf(deciding),
    customers: createCustomers(needs),
    importCustomers: createImportCustomers(needs),
    strategyLoader: {
      load: async () => ({ ...report, processes: [] }),
      validate: async () => report,
      lastLoad: () => report,
      processes: () => [],
      close: async () => undefined
    },
    snapshots,
    store,
    metrics: meters,
    mostConnections: 1000,
    keys: NO_KEYS,
    secrets: () => [{ secret: 'a secret for tests', signsFromMs: 0, opensUntilMs: Infinity }],
    claims: store.documents,
    logNameOf: createLogNames(documents),
    log,
    version: '0.0.0-test',
    process: 'host:4711:k2',
    nowMs: clock.wallMs,
    isDraining: () => false,
    toldToStop: new Promise(() => undefined),
    ...changes
  })
  t.after(async () => {
    await app.close()
    subscriptions.close()
    await store.close()
  })
  return app
}
