import type { LoadReport, StrategyLoader } from '../decisioning/strategy/load-strategy.js'
import type { Log } from '../decisioning/ports.js'
import { createSharedLoader, type SharedLoader } from '../decisioning/strategy/shared-loader.js'
import type { Parts } from './parts.js'
import type { Service } from './service.js'

/** The loader of a service, shared with the other processes on its store; every load is logged, whoever asked for it. */
export function openSharedLoader({ loader, store }: Service, parts: Parts, log: Log): SharedLoader {
  return createSharedLoader({
    loader: logged(loader, log),
    announcements: store.announcements,
    process: parts.processName,
    log,
    schedule: parts.schedule
  })
}

function logged(loader: StrategyLoader, log: Log): StrategyLoader {
  return {
    ...loader,
    async load() {
      const report = await loader.load()
      logLoad(report, log)
      return report
    }
  }
}

/** Says what a load came to: every problem, then the outcome. */
export function logLoad({ outcome, version, hash, problems }: LoadReport, log: Log): void {
  for (const { severity, message, hint, ...place } of problems) {
    if (severity === 'error') log.error({ ...place, hint }, message)
    else log.warn({ ...place, hint }, message)
  }
  if (outcome === 'refused') {
    log.error({ version, hash }, 'the strategy on disk is refused; the one in force stays')
  } else {
    log.info({ outcome, version, hash }, 'strategy loaded')
  }
}

/** Loads without anybody waiting for the outcome. */
export function loadInBackground(loader: StrategyLoader, log: Log): void {
  loader.load().catch((error: unknown) => {
    log.error({ err: error }, 'the strategy could not be loaded again; the one in force stays')
  })
}
