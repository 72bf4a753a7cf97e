import { createApp } from '../../app.js'
import type { Config } from '../../config.js'
import type { DecideOnce } from '../../decisioning/decide-once.js'
import { decisionIdAt } from '../ids.js'
import { createReportJournal } from '../journal-report.js'
import { openSharedLoader } from '../loads.js'
import type { Parts } from '../parts.js'
import { appDeps } from '../serve.js'
import { withService, type Service } from '../service.js'
import { CommandRefused, UsageRefused } from '../shell.js'
import type { Stop } from '../stop.js'
import type { ListService } from './ask-service.js'

/** Requests here end with the run that makes them, which hears the signals itself. */
const NEVER_STOPPED: Stop = { told: new Promise(() => undefined), isTold: () => false }

/**
 * Runs work with the service that decides: the one at the address, or one inside this process, which is asked in the same words. Throws
 * what opening it throws.
 */
export async function withListService<T>(
  url: string | undefined,
  config: Config,
  parts: Parts,
  work: (service: ListService) => Promise<T>
): Promise<T> {
  if (url === undefined)
    return await withService(config, parts, service => within(service, config, parts, work))
  if (!URL.canParse(url))
    throw new UsageRefused(`--url takes an address such as http://127.0.0.1:8484, not "${url}"`)
  return await work(serviceAt(url, config))
}

/** A service over HTTP, with the key of the configuration where there is one. */
function serviceAt(url: string, { key }: Config): ListService {
  const authorization: Record<string, string> =
    key === undefined ? {} : { authorization: `Bearer ${key}` }
  return {
    async exchange(method, path, body, headers) {
      const type: Record<string, string> =
        body === undefined ? {} : { 'content-type': 'application/json' }
      const init = { method, headers: { ...type, ...authorization, ...headers } }
      try {
        const response = await fetch(
          new URL(path, url),
          body === undefined ? init : { ...init, body }
        )
        return { status: response.status, text: await response.text() }
      } catch (error) {
        const cause =
          error instanceof Error && error.cause instanceof Error
            ? error.cause.message
            : String(error)
        return { status: 0, text: `${url} does not answer (${cause}): is the service running?` }
      }
    },
    nameDecisions: () => [],
    abandon: async () => undefined
  }
}

/** A service of this process: its routes, without a port. */
async function within<T>(
  service: Service,
  config: Config,
  parts: Parts,
  work: (list: ListService) => Promise<T>
): Promise<T> {
  const log = parts.createLog(config.logLevel ?? 'warn', 'stderr')
  const names = new DecisionNames(parts.clock)
  const strategyLoader = openSharedLoader(service, parts, log)
  const app = createApp({
    ...appDeps(service, parts, NEVER_STOPPED),
    decide: decideByName(service, names),
    reportJournal: createReportJournal({ config, parts, log }),
    strategyLoader,
    mostConnections: config.connections,
    // Who runs this command may do everything; no other can come.
    keys: await parts.readKeys({ ...config, keysFile: undefined }),
    log
  })
  try {
    return await work({
      async exchange(method, path, payload, headers) {
        const type: Record<string, string> =
          payload === undefined ? {} : { 'content-type': 'application/json' }
        const answer = await app.inject({
          method,
          url: path,
          headers: { ...type, ...headers },
          ...(payload === undefined ? {} : { payload })
        })
        return { status: answer.statusCode, text: answer.body }
      },
      nameDecisions: (key, count) => names.give(key, count),
      abandon: service.abandon
    })
  } finally {
    await app.close()
    await strategyLoader.close()
  }
}

/**
 * Here nobody but the run itself can ask again, and its notes say what was answered; so the key of a request is what its decision's
 * id is found by, and nothing is kept of it in the store.
 */
function decideByName({ decide }: Service, names: DecisionNames): DecideOnce {
  return (request, caller, receivedAtMs, { idempotencyKey, requestText }) =>
    decide(request, caller, receivedAtMs, {
      requestText,
      decisionId: idempotencyKey === undefined ? undefined : names.of(idempotencyKey)
    })
}

/** The ids of the decisions of the batch that is asked for now. */
class DecisionNames {
  readonly #clock: Parts['clock']
  #key = ''
  #ids: readonly string[] = []

  constructor(clock: Parts['clock']) {
    this.#clock = clock
  }

  give(key: string, count: number): readonly string[] {
    this.#key = key
    this.#ids = Array.from({ length: count }, () => decisionIdAt(this.#clock.wallMs()))
    return this.#ids
  }

  /** By the key that the batch's route gives its items: that of the batch, `#` and their number. */
  of(itemKey: string): string {
    const [, key, number] = /^(.*)#(\d+)$/.exec(itemKey) ?? []
    const id = key === this.#key ? this.#ids[Number(number)] : undefined
    if (id === undefined) throw new CommandRefused(`no decision was named for ${itemKey}`)
    return id
  }
}
