import type { Socket } from 'node:net'
import { fastify, type FastifyInstance } from 'fastify'
import type { Customers } from './decisioning/customers/customers.js'
import type { DecideOnce } from './decisioning/decide-once.js'
import type { ReportExperiments } from './decisioning/experiments/experiment-report.js'
import type { ImportCustomers } from './decisioning/customers/import-customers.js'
import type { ReportLearning } from './decisioning/lessons/learning-report.js'
import type { DecisionLookUp } from './decisioning/look-up.js'
import type { FindDecisions } from './decisioning/find-decisions.js'
import type { LogNameOf } from './decisioning/log-names.js'
import type { Log, SharedDocuments, Store } from './decisioning/ports.js'
import type { RecordEvents } from './decisioning/events/record-events.js'
import type { Replay } from './decisioning/replay/replay.js'
import type { SharedLoader } from './decisioning/strategy/shared-loader.js'
import type { ReportQuotas } from './decisioning/limits/quota-report.js'
import type { ReportSegments } from './decisioning/strategy/segment-report.js'
import type { Snapshots } from './decisioning/snapshot.js'
import type { Subscriptions } from './decisioning/subscriptions/subscriptions.js'
import type { TokenSecret } from './decisioning/tokens.js'
import type { WhatIf } from './decisioning/what-if/what-if.js'
import { admit } from './http/admission.js'
import { authenticate } from './http/auth.js'
import { readAsText } from './http/body.js'
import { clientRoutes } from './http/client.js'
import { boundConnections } from './http/connections.js'
import { consoleRoutes } from './http/console.js'
import { customerRoutes } from './http/customers.js'
import { decisionRoutes } from './http/decisions.js'
import { collectRoutes, docsRoutes } from './http/docs.js'
import { prepareEdge, type Metrics } from './http/edge.js'
import { eventRoutes } from './http/events.js'
import { experimentRoutes } from './http/experiments.js'
import { importRoute } from './http/import.js'
import type { KeyRing } from './http/keys.js'
import { noteLookUps } from './http/look-ups.js'
import { liveRoute } from './http/live.js'
import { learningRoutes, type LearningRouteNeeds } from './http/learning.js'
import { operationRoutes } from './http/operations.js'
import { createPasses } from './http/passes.js'
import {
  answerErrors,
  createClientErrorHandler,
  createReport,
  refuseUnroutable
} from './http/refuse.js'
import { sessionRoutes } from './http/session.js'
import { serverSettings } from './http/settings.js'
import { strategyRoutes } from './http/strategy.js'
import { streamRoute } from './http/stream.js'
import { whatIfRoutes } from './http/what-if.js'
import { wordsRoute } from './http/words.js'

/** Everything that the routes need. The composition root builds it; nothing here opens or closes a resource. */
export interface AppDeps {
  readonly decide: DecideOnce
  readonly subscriptions: Subscriptions
  readonly lookUp: DecisionLookUp
  readonly replay: Replay
  readonly recordEvents: RecordEvents
  readonly reportExperiments: ReportExperiments
  readonly reportQuotas: ReportQuotas
  readonly reportSegments: ReportSegments
  readonly findDecisions: FindDecisions
  readonly reportLearning: ReportLearning
  readonly reportJournal: LearningRouteNeeds['reportJournal']
  readonly whatIf: WhatIf
  readonly customers: Customers
  readonly importCustomers: ImportCustomers
  readonly strategyLoader: SharedLoader
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly store: Pick<Store, 'kind' | 'description' | 'trouble'>
  readonly metrics: Metrics
  /** How many connections are taken at once; half of them from one address, and half of them streams. */
  readonly mostConnections: number
  /** NO_KEYS where there is no key file: then only this machine is served. */
  readonly keys: KeyRing
  /** Those that sign tokens, sessions and tickets now, the newest first. */
  readonly secrets: () => readonly TokenSecret[]
  /** What the log calls customers. */
  readonly logNameOf: LogNameOf
  /** For what may be done once only, over all processes. */
  readonly claims: Pick<SharedDocuments, 'claim'>
  readonly log: Log
  readonly version: string
  /** A name for this service that no other has: of the process, or of the one that started the workers. */
  readonly process: string
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
  /** True from the moment in which the process was told to stop. */
  readonly isDraining: () => boolean
  /** Resolves at that moment. */
  readonly toldToStop: Promise<unknown>
}

/** The service over HTTP, with all its routes. Does no I/O and does not listen. */
export function createApp(deps: AppDeps): FastifyInstance {
  const report = createReport(deps.log)
  const patient = new WeakSet<Socket>()
  const passes = createPasses(deps.keys, deps.secrets)
  const app = fastify({
    ...serverSettings(),
    frameworkErrors: refuseUnroutable,
    clientErrorHandler: createClientErrorHandler(patient)
  })
  boundConnections(app.server, {
    most: deps.mostConnections,
    refused: deps.metrics.refusedConnection
  })
  prepareEdge(app, deps)
  const routes = collectRoutes(app)
  authenticate(app, { ...deps, passes })
  noteLookUps(app, deps)
  const admission = admit(app, deps.metrics)
  answerErrors(app, deps.metrics, report)
  app.removeAllContentTypeParsers()
  readAsText(app, ['application/json'])

  // Each in its own scope, because the content types that they read differ.
  app.register(async scope => decisionRoutes(scope, { ...deps, report }))
  app.register(async scope => eventRoutes(scope, deps.recordEvents, deps.nowMs))
  app.register(async scope => streamRoute(scope, { ...deps, admission, report, passes }))
  app.register(async scope => sessionRoutes(scope, { ...deps, passes }))
  app.register(async scope => customerRoutes(scope, deps.customers, deps.nowMs))
  app.register(async scope => importRoute(scope, deps.importCustomers, deps.nowMs, patient))
  app.register(async scope => strategyRoutes(scope, deps))
  app.register(async scope => wordsRoute(scope, deps.snapshots))
  app.register(async scope => experimentRoutes(scope, deps.reportExperiments))
  app.register(async scope => learningRoutes(scope, deps))
  app.register(async scope => whatIfRoutes(scope, deps.whatIf, deps.snapshots))
  app.register(async scope => operationRoutes(scope, deps))
  app.register(async scope => liveRoute(scope, deps))
  app.register(async scope => docsRoutes(scope, routes, deps.version))
  app.register(clientRoutes)
  app.register(consoleRoutes)
  return app
}
