import type { Log, Store } from '../../decisioning/ports.js'
import { createMemoryStore } from '../memory/memory-store.js'
import { socketAddress } from './address.js'
import { findServerProgram, joinOrStart } from './own-server.js'
import { createRedisStore } from './redis-store.js'
import { namedIn, openSecurity } from './security.js'
import type { TlsFiles } from './security.js'
import { readWay, wayTo } from './way.js'
import type { Way } from './way.js'

export interface StoreOptions {
  /** See readWay; undefined: a server of our own in dataDir, else memory. */
  readonly url?: string | undefined
  /** For URLs of rediss:. */
  readonly tls?: TlsFiles | undefined
  /** Default `.offerd`. */
  readonly dataDir?: string | undefined
  readonly log: Log
  /** Most bytes of decision records; default 1 GiB. */
  readonly recordBytes?: number | undefined
  /** Most bytes of the journal that wait for the disk; default 256 MiB. */
  readonly journalBytes?: number | undefined
  /** Most lessons that wait for the learner; default 200,000, some 40 MB. */
  readonly mostLessons?: number | undefined
  /** How long a caller waits for one command; default 100. */
  readonly commandTimeoutMs?: number | undefined
  /** ms since 1970, for the store in memory; Redis goes by its own clock. */
  readonly clock?: (() => number) | undefined
}

const RECORD_BYTES = 2 ** 30
const JOURNAL_BYTES = 2 ** 28
const MOST_LESSONS = 200_000
const COMMAND_TIMEOUT_MS = 100
/** How long the start waits for a server; then it goes on, and the store recovers by itself. */
const FIRST_ANSWER_MS = 1000
const OWN_FIRST_ANSWER_MS = 10_000

/**
 * Opens the store: the Redis of the URL; else a redis-server or valkey-server found on PATH, started in the data folder;
 * else the memory of this process, with a warning. Rejects for a URL that is none, for TLS files that are of no use and for a server that does not start.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  refuseIdleFiles(options)
  if (options.url !== undefined) return await openByUrl(options, options.url)
  const program = await findServerProgram(options.log)
  if (program !== undefined) return await openOwn(options, program)
  options.log.warn(
    {},
    'neither a Redis URL nor a redis-server or valkey-server on PATH: everything is kept in memory and lost when the service ends; install redis-server or set OFFERD_REDIS_URL'
  )
  return createMemoryStore({
    recordBytes: options.recordBytes ?? RECORD_BYTES,
    mostLessons: options.mostLessons ?? MOST_LESSONS,
    clock: options.clock ?? Date.now
  })
}

async function openByUrl(options: StoreOptions, url: string): Promise<Store> {
  const { store, connection } = createRedisStore({
    ...limitsOf(options),
    way: wayOf(options, url),
    log: options.log
  })
  if (!(await connection.settled(FIRST_ANSWER_MS))) {
    options.log.error(
      { store: store.description },
      `${store.description} does not answer; the service starts degraded and recovers when it does`
    )
  }
  return store
}

async function openOwn(options: StoreOptions, program: string): Promise<Store> {
  const server = await joinOrStart(program, options.dataDir ?? '.offerd', options.log)
  const { store, connection } = createRedisStore({
    ...limitsOf(options),
    way: wayTo(socketAddress(server.socketPath)),
    log: options.log,
    beforeClose: open => server.leave(open)
  })
  await connection.settled(OWN_FIRST_ANSWER_MS)
  server.supervise(connection)
  return store
}

function wayOf({ tls = {}, log }: StoreOptions, url: string): Way {
  return namedIn(tls).length === 0 ? readWay(url) : readWay(url, openSecurity(tls, log))
}

/** Who names the files believes that what is said to Redis is secret. */
function refuseIdleFiles({ url = '', tls = {} }: StoreOptions): void {
  const named = namedIn(tls)
  if (named.length > 0 && !url.startsWith('rediss'))
    throw new Error(
      `${named.join(', ')}: set, but the connection to Redis is not encrypted: write rediss:// in OFFERD_REDIS_URL, or leave ${named.length > 1 ? 'them' : 'it'} out`
    )
}

function limitsOf(options: StoreOptions) {
  return {
    recordBytes: options.recordBytes ?? RECORD_BYTES,
    journalBytes: options.journalBytes ?? JOURNAL_BYTES,
    mostLessons: options.mostLessons ?? MOST_LESSONS,
    commandTimeoutMs: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    clock: options.clock
  }
}
