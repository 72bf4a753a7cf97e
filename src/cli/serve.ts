import { createApp, type AppDeps } from '../app.js'
import { exposureProblem, readConfig, type Config } from '../config.js'
import { createLogNames } from '../decisioning/log-names.js'
import type { Listening } from '../decisioning/ports.js'
import { announce } from './announce.js'
import type { Command } from './command.js'
import { createReportJournal } from './journal-report.js'
import { letGo } from './let-go.js'
import { loadInBackground, logLoad, openSharedLoader } from './loads.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import type { Parts } from './parts.js'
import { openService, type Service } from './service.js'
import { tendLearning } from './tend-learning.js'
import { tendJournal } from './tend-journal.js'
import { tendModels } from './tend-models.js'
import { CommandRefused, type ExitCode, type Shell } from './shell.js'
import { GRACE_MS, stopSignal, type Stop } from './stop.js'
import { superviseWorkers } from './workers/supervise.js'

const HELP = `Usage: offerd serve [OPTIONS]

Serves decisions over HTTP until it is told to stop (SIGTERM or Ctrl+C). SIGHUP loads the strategy again.
With OFFERD_WORKERS=N (or auto) N processes share the port, and SIGHUP restarts them one after the other, without a failed request.
Prints one line of JSON with "msg":"listening" and "url" when it is ready.

${STRATEGY_HELP}

Exit code 0: stopped as told. 1: the strategy was refused, every problem printed. 2: a setting was not understood.
`

export const serveCommand: Command = {
  name: 'serve',
  summary: 'serve decisions over HTTP',
  help: HELP,

  async run(shell, words, parts) {
    const { values } = parseOptions(words, STRATEGY_OPTIONS)
    const { config, warnings } = readConfig(shell.env, values)
    const log = parts.createLog(config.logLevel ?? 'info', 'stdout')
    for (const warning of warnings) log.warn({}, warning)
    return serve({ shell, config, parts, log })
  }
}

/** What serving needs. */
export interface Serving {
  readonly shell: Shell
  readonly config: Config
  readonly parts: Parts
  readonly log: ReturnType<Parts['createLog']>
}

/** What a command does around serving. */
export interface Occasions {
  /** Before the first request can come. */
  readonly prepare?: (service: Service) => Promise<void>
  /** Requests can come; nobody was told yet. */
  readonly introduce?: (service: Service, url: string) => Promise<void>
}

/**
 * Serves until a signal tells it to stop, then finishes what is in flight; with several workers where the configuration says so.
 * Throws CommandRefused and StrategyRefused for what keeps the service from starting.
 */
export async function serve(serving: Serving, occasions: Occasions = {}): Promise<ExitCode> {
  const { config, parts } = serving
  const exposed = exposureProblem(config)
  if (exposed !== undefined) throw new CommandRefused(exposed)
  const workers = config.workers === 'auto' ? parts.processors : config.workers
  if (workers > 1 && parts.worker === undefined) return superviseWorkers(serving, workers)
  // What an occasion does is done once, not again by each worker.
  return serveHere(serving, parts.worker?.isFirst === false ? {} : occasions)
}

async function serveHere(serving: Serving, occasions: Occasions): Promise<ExitCode> {
  const { shell, config, parts, log } = serving
  const stop = stopSignal(shell, parts.worker)
  const keys = await parts.readKeys(config)
  const service = await openService(config, parts, log)
  logLoad(service.report, log)
  const tenders = tend(service, parts, log)
  try {
    refuseOwnMemory(service, parts)
    await occasions.prepare?.(service)
    const strategyLoader = openSharedLoader(service, parts, log)
    const app = createApp({
      ...appDeps(service, parts, stop),
      reportJournal: createReportJournal({ config, parts, log }),
      strategyLoader,
      mostConnections: config.connections,
      keys,
      log
    })
    const forgetReload = shell.onSignal('SIGHUP', () => loadInBackground(strategyLoader, log))
    try {
      const url = await app.listen({ host: config.host, port: config.port }).catch(refuseAddress)
      await occasions.introduce?.(service, url)
      introduceSettings(serving, service)
      tellListening(serving, listeningOf(service, url))
      const reason = await stop.told
      log.info({ graceMs: GRACE_MS }, 'stopping: requests in flight may finish')
      if (reason === 'retire') await letGo(app.server, parts)
    } finally {
      forgetReload()
      await closeWithin(app.close(), parts, log)
      await strategyLoader.close()
    }
  } finally {
    for (const tender of tenders) await tender.close()
    await service.close()
    await parts.worker?.farewell()
  }
  log.info({}, 'stopped')
  return 0
}

/** What goes on beside the requests. Of several workers one alone starts the process that writes the journal. */
function tend(
  service: Service,
  parts: Parts,
  log: Serving['log']
): ReadonlyArray<{ close(): Promise<void> }> {
  const startsExporter = parts.worker === undefined || parts.worker.number === 1
  return [
    tendModels({ ...service, parts, log }),
    tendLearning({ ...service, parts, log }),
    tendJournal({ ...service, parts, log, startsExporter })
  ]
}

/** Throws CommandRefused where each worker would remember customers of its own. */
function refuseOwnMemory({ store }: Service, { worker }: Parts): void {
  if (worker === undefined || store.kind !== 'memory') return
  throw new CommandRefused(
    'several workers need a store that they share, and there is no Redis: install redis-server, set OFFERD_REDIS_URL, or set OFFERD_WORKERS to 1'
  )
}

/** A worker tells the process that started it, which prints the line when all can be asked. */
function tellListening({ shell, parts }: Serving, listening: Listening): void {
  if (parts.worker === undefined) announce(shell.stdout, parts.clock, listening)
  else parts.worker.tellListening(listening)
}

/** What a service's use cases are to its routes. */
export function appDeps(
  service: Service,
  parts: Parts,
  stop: Stop
): Omit<AppDeps, 'reportJournal' | 'strategyLoader' | 'mostConnections' | 'keys' | 'log'> {
  return {
    decide: service.decideOnce,
    subscriptions: service.subscriptions,
    lookUp: service.lookUp,
    replay: service.replay,
    recordEvents: service.recordEvents,
    reportExperiments: service.reportExperiments,
    reportQuotas: service.reportQuotas,
    reportSegments: service.reportSegments,
    findDecisions: service.findDecisions,
    reportLearning: service.reportLearning,
    whatIf: service.whatIf,
    customers: service.customers,
    secrets: service.secrets,
    claims: service.store.documents,
    logNameOf: createLogNames(service.store.documents),
    importCustomers: service.importCustomers,
    snapshots: service.snapshots,
    store: service.store,
    metrics: service.meters,
    version: parts.version,
    process: parts.worker?.service ?? parts.processName,
    nowMs: parts.clock.wallMs,
    isDraining: stop.isTold,
    toldToStop: stop.told
  }
}

function listeningOf(service: Service, url: string): Listening {
  const { version, hash, strategy } = service.snapshots.current()
  return { url, strategy: strategy.name, version, hash }
}

/** Tells people what they must know of how this service is set up. */
function introduceSettings({ config, parts, log }: Serving, service: Service): void {
  log.info({ store: service.store.description }, 'store opened')
  if (config.keysFile !== undefined || parts.worker?.isFirst === false) return
  log.warn(
    { host: config.host },
    'OFFERD_KEYS is not set: everybody on this machine may do everything, and nobody else is served'
  )
}

function refuseAddress(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    throw new CommandRefused(
      'the port is taken by another process: set OFFERD_PORT to another one, or to 0 for any free one'
    )
  if (code === 'EACCES')
    throw new CommandRefused(
      'the port needs more rights than this process has: set OFFERD_PORT to 1024 or above'
    )
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    throw new CommandRefused('OFFERD_HOST is no address of this machine')
  throw error
}

async function closeWithin(
  closing: Promise<unknown>,
  parts: Parts,
  log: Serving['log']
): Promise<void> {
  const late = new Promise<'late'>(resolve => parts.schedule(() => resolve('late'), GRACE_MS))
  if ((await Promise.race([closing, late])) === 'late')
    log.warn({ graceMs: GRACE_MS }, 'some requests did not finish in time')
}
