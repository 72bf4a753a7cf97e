import type { LoadReport, StrategyLoader } from './load-strategy.js'
import type { Announcements, Log } from '../ports.js'

/** What one of the processes that share a store came to when it last loaded its strategy. */
export interface ProcessReport {
  readonly process: string
  readonly outcome: LoadReport['outcome']
  readonly version: number
  readonly hash: string
  /** Errors among the problems; the process's own log has their texts. */
  readonly errors: number
}

/** A loader whose load is a load on every process that shares the store. */
export interface SharedLoader extends StrategyLoader {
  /** `processes` holds this process and those that reported within two seconds. */
  load(): Promise<LoadReport & { readonly processes: readonly ProcessReport[] }>
  /** The processes heard of so far, this one first. */
  processes(): readonly ProcessReport[]
  /** Tells the others that this process goes. */
  close(): Promise<void>
}

export interface SharedLoaderDeps {
  readonly loader: StrategyLoader
  readonly announcements: Announcements
  /** A name for this process that no other has. */
  readonly process: string
  readonly log: Log
  readonly schedule: (work: () => void, delayMs: number) => void
}

const TOPIC = 'strategy'
/** A process that has not reported by then is taken for gone. */
const WAIT_MS = 2000

type News =
  | { readonly kind: 'reload' | 'hello' | 'bye'; readonly process: string }
  | { readonly kind: 'report'; readonly report: ProcessReport }

/** Keeps the processes that share a store on the same strategy files: a reload at one is a reload at all. */
export function createSharedLoader({
  loader,
  announcements,
  process,
  log,
  schedule
}: SharedLoaderDeps): SharedLoader {
  const others = new Map<string, ProcessReport>()
  const waiters = new Set<{ readonly missing: Set<string>; done(): void }>()

  function own(): ProcessReport {
    const { outcome, version, hash, problems } = loader.lastLoad() ?? {
      outcome: 'refused',
      version: 0,
      hash: '',
      problems: []
    }
    return {
      process,
      outcome,
      version,
      hash,
      errors: problems.filter(({ severity }) => severity === 'error').length
    }
  }

  function tell(news: News): Promise<void> {
    return announcements.announce(TOPIC, JSON.stringify(news)).catch((error: unknown) => {
      log.warn({ err: error }, 'the other processes could not be told of the strategy')
    })
  }

  function report(): Promise<void> {
    return tell({ kind: 'report', report: own() })
  }

  function hear(text: string): void {
    const news = JSON.parse(text) as News
    if (news.kind === 'report') {
      if (news.report.process === process) return
      others.set(news.report.process, news.report)
      settle(news.report.process)
    } else if (news.process === process) {
      return
    } else if (news.kind === 'bye') {
      others.delete(news.process)
      settle(news.process)
    } else if (news.kind === 'hello') {
      void report()
    } else {
      void loader.load().then(report)
    }
  }

  function settle(reporter: string): void {
    for (const waiter of waiters) {
      waiter.missing.delete(reporter)
      if (waiter.missing.size === 0) waiter.done()
    }
  }

  function othersReport(): Promise<void> {
    const missing = new Set(others.keys())
    if (missing.size === 0) return Promise.resolve()
    return new Promise(resolve => {
      const waiter = {
        missing,
        done() {
          waiters.delete(waiter)
          resolve()
        }
      }
      waiters.add(waiter)
      schedule(() => {
        for (const silent of missing) others.delete(silent)
        waiter.done()
      }, WAIT_MS)
    })
  }

  const stopListening = announcements.listen(TOPIC, hear)
  void tell({ kind: 'hello', process }).then(report)

  return {
    validate: () => loader.validate(),
    lastLoad: () => loader.lastLoad(),
    async load() {
      const reported = othersReport()
      await tell({ kind: 'reload', process })
      const ownReport = await loader.load()
      await reported
      return { ...ownReport, processes: [own(), ...others.values()] }
    },
    processes: () => [own(), ...others.values()],
    async close() {
      stopListening()
      await tell({ kind: 'bye', process })
    }
  }
}
