import { createApp, type AppDeps } from '../app.js'
import { exposureProblem, readConfig, type Config } from '../config.js'
import type { Command } from './command.js'
import { createReportJournal } from './journal-report.js'
import { loadInBackground, logLoad, openSharedLoader } from './loads.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import type { Parts } from './parts.js'
import { openService, type Service } from './service.js'
import { tendLearning } from './tend-learning.js'
import { tendJournal } from './tend-journal.js'
import { tendModels } from './tend-models.js'
import { CommandRefused, type ExitCode, type Shell } from './shell.js'

/** How long requests in flight may take to finish once the service was told to stop. */
const GRACE_MS = 10_000

const HELP = `Usage: offerd serve [OPTIONS]

Serves decisions over HTTP until it is told to stop (SIGTERM or Ctrl+C). SIGHUP loads the strategy again.
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
 * Serves until a signal tells it to stop, then finishes what is in flight.
 * Throws CommandRefused and StrategyRefused for what keeps the service from starting.
 */
export async function serve(
  { shell, config, parts, log }: Serving,
  { prepare, introduce }: Occasions = {}
): Promise<ExitCode> {
  const exposed = exposureProblem(config)
  if (exposed !== undefined) throw new CommandRefused(exposed)
  const stop = stopSignal(shell)
  const keys = await parts.readKeys(config)
  const service = await openService(config, parts, log)
  logLoad(service.report, log)
  const tender = tendJournal({ ...service, parts, log })
  const learner = tendLearning({ ...service, parts, log })
  const watcher = tendModels({ ...service, parts, log })
  try {
    await prepare?.(service)
    const strategyLoader = openSharedLoader(service, parts, log)
    const app = createApp({
      ...appDeps(service, parts, stop),
      reportJournal: createReportJournal({ config, parts, log }),
      strategyLoader,
      keys,
      log
    })
    const forgetReload = shell.onSignal('SIGHUP', () => loadInBackground(strategyLoader, log))
    try {
      const url = await app.listen({ host: config.host, port: config.port }).catch(refuseAddress)
      await introduce?.(service, url)
      announce({ shell, config, parts, log }, service, url)
      await stop.told
      log.info({ graceMs: GRACE_MS }, 'stopping: requests in flight may finish')
    } finally {
      forgetReload()
      await closeWithin(app.close(), parts, log)
      await strategyLoader.close()
    }
  } finally {
    await watcher.close()
    await learner.close()
    await tender.close()
    await service.close()
  }
  log.info({}, 'stopped')
  return 0
}

interface Stop {
  /** Resolves with the first signal to stop. */
  readonly told: Promise<void>
  isTold(): boolean
}

/** Listens from the start, so that a signal while the strategy loads is not lost. */
function stopSignal(shell: Shell): Stop {
  let isTold = false
  const told = new Promise<void>(resolve => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      shell.onSignal(name, () => {
        isTold = true
        resolve()
      })
    }
  })
  return { told, isTold: () => isTold }
}

/** What a service's use cases are to its routes. */
export function appDeps(
  service: Service,
  parts: Parts,
  stop: Pick<Stop, 'isTold'>
): Omit<AppDeps, 'reportJournal' | 'strategyLoader' | 'keys' | 'log'> {
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
    importCustomers: service.importCustomers,
    snapshots: service.snapshots,
    store: service.store,
    metrics: service.meters,
    version: parts.version,
    process: parts.processName,
    nowMs: parts.clock.wallMs,
    isDraining: stop.isTold
  }
}

/** The one line that programs wait for; it is written whatever the log level. */
function announce({ shell, config, parts, log }: Serving, service: Service, url: string): void {
  const { version, hash, strategy } = service.snapshots.current()
  log.info({ store: service.store.description }, 'store opened')
  if (config.keysFile === undefined) {
    log.warn(
      { host: config.host },
      'OFFERD_KEYS is not set: everybody on this machine may do everything, and nobody else is served'
    )
  }
  const line = {
    level: 30,
    time: parts.clock.wallMs(),
    msg: 'listening',
    url,
    strategy: strategy.name,
    version,
    hash
  }
  shell.stdout.write(`${JSON.stringify(line)}\n`)
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
