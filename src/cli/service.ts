import { randomUUID } from 'node:crypto'
import type { AppDeps } from '../app.js'
import type { Config } from '../config.js'
import { createArchivedStrategies } from '../decisioning/replay/archived-strategies.js'
import { createChanges, tellingOf } from '../decisioning/subscriptions/changes.js'
import { createDecide, type Decide } from '../decisioning/decide.js'
import { createCustomers, type Customers } from '../decisioning/customers/customers.js'
import {
  createReportExperiments,
  type ReportExperiments
} from '../decisioning/experiments/experiment-report.js'
import { createDecideOnce, type DecideOnce } from '../decisioning/decide-once.js'
import {
  createImportCustomers,
  type ImportCustomers
} from '../decisioning/customers/import-customers.js'
import {
  startStrategy,
  type LoadReport,
  type StrategyLoader
} from '../decisioning/strategy/load-strategy.js'
import { createLegends } from '../decisioning/trace/legends.js'
import { createFindDecisions, type FindDecisions } from '../decisioning/find-decisions.js'
import { createAbandon, type Abandon } from '../decisioning/limits/abandon.js'
import { createReportQuotas, type ReportQuotas } from '../decisioning/limits/quota-report.js'
import {
  createReportSegments,
  type ReportSegments
} from '../decisioning/strategy/segment-report.js'
import { createDecisionLookUp, type DecisionLookUp } from '../decisioning/look-up.js'
import { createFollower, followOnce, type Follower } from '../decisioning/propensity/learnt.js'
import type { Log, Meters, Store } from '../decisioning/ports.js'
import { createRecordEvents, type RecordEvents } from '../decisioning/events/record-events.js'
import {
  createReplay,
  createReplayRecord,
  type Replay,
  type ReplayRecord
} from '../decisioning/replay/replay.js'
import { createShadows } from '../decisioning/propensity/shadows.js'
import type { Snapshot, Snapshots } from '../decisioning/snapshot.js'
import {
  createSubscriptions,
  type Subscriptions
} from '../decisioning/subscriptions/subscriptions.js'
import {
  createReportLearning,
  type ReportLearning
} from '../decisioning/lessons/learning-report.js'
import { createWhatIf, type WhatIf } from '../decisioning/what-if/what-if.js'
import type { Lexicon } from '../domain/customer.js'
import { decisionIdAt } from './ids.js'
import type { Parts } from './parts.js'
import { patient } from './patient.js'
import { openTokens, type OpenedTokens } from './tokens.js'

/** Everything between the store and the wire, wired once. */
export interface Service {
  readonly store: Store
  readonly snapshots: Snapshots
  readonly loader: StrategyLoader
  readonly report: LoadReport
  readonly decide: Decide
  readonly decideOnce: DecideOnce
  readonly abandon: Abandon
  readonly subscriptions: Subscriptions
  readonly lookUp: DecisionLookUp
  readonly replay: Replay
  readonly recordEvents: RecordEvents
  readonly reportExperiments: ReportExperiments
  readonly reportQuotas: ReportQuotas
  readonly reportSegments: ReportSegments
  readonly findDecisions: FindDecisions
  readonly reportLearning: ReportLearning
  readonly whatIf: WhatIf
  readonly learnt: Follower
  readonly secrets: OpenedTokens['secrets']
  readonly customers: Customers
  readonly importCustomers: ImportCustomers
  readonly meters: Meters & AppDeps['metrics']
  /** Writes what is waiting and lets the store go. */
  close(): Promise<void>
}

/** What is known before a strategy is loaded. */
const NO_WORDS: Lexicon = {
  attributes: [],
  purposes: [],
  types: [],
  offers: [],
  channels: [],
  quotas: [],
  reserves: false,
  namespaces: [],
  retentionMs: {}
}

/** The strategy was refused: the report says everything that is wrong with it. */
export class StrategyRefused extends Error {
  override readonly name = 'StrategyRefused'
  readonly report: LoadReport

  constructor(report: LoadReport) {
    super('The strategy is refused.')
    this.report = report
  }
}

/** Opens the store, loads the strategy and wires the use cases. Throws StrategyRefused; the store is closed again then. */
export async function openService(config: Config, parts: Parts, log: Log): Promise<Service> {
  const store = await parts.openStore(config, log)
  try {
    return await wire(config, parts, log, store)
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Runs work with a service that is there for this one command, its log on stderr. Throws StrategyRefused. */
export async function withService<T>(
  config: Config,
  parts: Parts,
  work: (service: Service) => Promise<T>
): Promise<T> {
  const log = parts.createLog(config.logLevel ?? 'warn', 'stderr')
  const service = await openService(patient(config), parts, log)
  try {
    return await work(service)
  } finally {
    await service.close()
  }
}

async function wire(config: Config, parts: Parts, log: Log, store: Store): Promise<Service> {
  const inForce: { snapshots?: Snapshots } = {}
  const meters = parts.createMeters(() => inForce.snapshots?.current().strategy.lexicon ?? NO_WORDS)
  const loading = loaderDeps(config, parts, { store, meters, log })
  const { report, started } = await startStrategy(loading)
  if (started === undefined) throw new StrategyRefused(report)
  const { snapshots, loader } = started
  inForce.snapshots = snapshots
  const { quotas, records, journal, exposures, learning, documents } = store
  const changes = createChanges(store.announcements, log)
  const customers = tellingOf(store.customers, changes)
  const tokens = await openTokens(config.tokenSecrets, { documents, log, ...parts })
  const learnt = createFollower(learning)
  await followOnce({ learnt, snapshots, log })
  const needs = {
    snapshots,
    customers,
    quotas,
    journal,
    learning,
    learnt,
    tokens,
    meters,
    log,
    clock: parts.clock,
    eventId: randomUUID,
    freshId: randomUUID
  }
  const legendOf = createLegends(documents, snapshots.current)
  const archived = createArchivedStrategies({ ...loading, current: snapshots.current })
  const deciding = { ...needs, records, exposures, decisionId: decisionIdAt }
  const noteShadows = createShadows(deciding)
  const decide = createDecide(deciding, noteShadows)
  const subscriptions = createSubscriptions({
    ...deciding,
    decide: createDecide({ ...deciding, customers: store.customers }, noteShadows),
    changes,
    schedule: parts.schedule
  })
  return {
    store,
    snapshots,
    loader,
    report,
    meters,
    learnt,
    decide,
    decideOnce: createDecideOnce({ decide, documents, clock: parts.clock }),
    abandon: createAbandon(needs),
    subscriptions,
    lookUp: createDecisionLookUp({ records, legendOf, snapshots }),
    replay: createReplay({
      records,
      snapshots,
      replayRecord: createReplayRecord({ ...needs, archived, legendOf })
    }),
    recordEvents: createRecordEvents(needs),
    reportExperiments: createReportExperiments(snapshots, exposures),
    reportQuotas: createReportQuotas(snapshots, quotas, parts.clock.wallMs),
    reportSegments: createReportSegments({ snapshots, records, customers }),
    findDecisions: createFindDecisions({ snapshots, records, customers }),
    reportLearning: createReportLearning(needs),
    whatIf: createWhatIf(deciding),
    secrets: tokens.secrets,
    customers: createCustomers(needs),
    importCustomers: createImportCustomers(needs),
    async close() {
      subscriptions.close()
      await tokens.close()
      await records.flush()
      await exposures.flush()
      await store.close()
    }
  }
}

/** Loads the strategy once without serving it, on a store that forgets. */
export async function tryStrategy(config: Config, parts: Parts, log: Log): Promise<LoadReport> {
  return (await loadAlone(config, parts, log)).report
}

/** The same, for what is made with the strategy: it is not registered anywhere. Throws StrategyRefused. */
export async function snapshotAlone(config: Config, parts: Parts, log: Log): Promise<Snapshot> {
  const { report, snapshot } = await loadAlone(config, parts, log)
  if (snapshot === undefined) throw new StrategyRefused(report)
  return snapshot
}

async function loadAlone(
  config: Config,
  parts: Parts,
  log: Log
): Promise<{ report: LoadReport; snapshot: Snapshot | undefined }> {
  const store = parts.createMemoryStore()
  try {
    const { report, started } = await startStrategy(
      loaderDeps(config, parts, { store, meters: parts.createMeters(() => NO_WORDS), log })
    )
    return { report, snapshot: started?.snapshots.current() }
  } finally {
    await store.close()
  }
}

/** What replays records of a store that serves nobody here. */
export function openReplay(config: Config, parts: Parts, log: Log, store: Store): ReplayRecord {
  const meters = parts.createMeters(() => NO_WORDS)
  const current = (): undefined => undefined
  return createReplayRecord({
    customers: store.customers,
    clock: parts.clock,
    archived: createArchivedStrategies({
      ...loaderDeps(config, parts, { store, meters, log }),
      current
    }),
    legendOf: createLegends(store.documents, current)
  })
}

function loaderDeps(
  config: Config,
  parts: Parts,
  { store, meters, log }: { store: Store; meters: Meters; log: Log }
) {
  const { documents, archive, announcements } = store
  const { clock, schedule } = parts
  return {
    files: parts.createFiles(config),
    runtime: parts.createRuntime(),
    documents,
    archive,
    announcements,
    meters,
    log,
    clock,
    schedule
  }
}
