import { randomBytes } from 'node:crypto'
import type { Log, Store } from '../../decisioning/ports.js'
import { RedisAnnouncements } from './announcements.js'
import { createArchive } from './archive.js'
import { Connection } from './connection.js'
import { RedisCustomers } from './customers.js'
import { createDocuments } from './documents.js'
import { troubleOf } from './health.js'
import { RedisExposures } from './exposures.js'
import { RedisJournal } from './journal.js'
import { RedisJournalOutlet } from './journal-outlet.js'
import { RedisLearning } from './learning.js'
import { Names } from './names.js'
import { PresentPeriods } from './quota-readings.js'
import { RedisQuotas } from './quotas.js'
import { RedisRecords } from './records.js'
import type { Way } from './way.js'

export interface RedisStoreOptions {
  readonly way: Way
  readonly log: Log
  /** Most bytes of decision records. */
  readonly recordBytes: number
  /** Most bytes of the journal that wait for the disk. */
  readonly journalBytes: number
  /** Most lessons that wait for the learner. */
  readonly mostLessons: number
  /** How long a caller waits for one command. */
  readonly commandTimeoutMs: number
  /** ms since 1970, for what is read; writes go by Redis' clock. Default the system's. */
  readonly clock?: (() => number) | undefined
  /** Called with the open connection before it is closed. */
  readonly beforeClose?: (connection: Connection) => Promise<void>
}

/** The store in one Redis server or a cluster; usable at once, though every call rejects until the server answers. */
export function createRedisStore(options: RedisStoreOptions): {
  store: Store
  connection: Connection
} {
  const { way, log } = options
  const connection = new Connection({
    way,
    log,
    commandTimeoutMs: options.commandTimeoutMs,
    name: `offerd-${randomBytes(4).toString('hex')}`
  })
  const clock = options.clock ?? Date.now
  const periods = new PresentPeriods(clock)
  const quotas = new RedisQuotas(connection, periods)
  const names = new Names(connection, log)
  const customers = new RedisCustomers({ connection, names, periods, quotas, clock, log })
  const journal = new RedisJournal(connection, options.journalBytes)
  const records = new RedisRecords(connection, journal, log, options.recordBytes)
  const exposures = new RedisExposures(connection, log)
  const announcements = new RedisAnnouncements(connection, log, options.commandTimeoutMs)
  const store: Store = {
    kind: 'redis',
    description: `Redis at ${way.text}`,
    customers,
    quotas,
    records,
    journal,
    outlet: new RedisJournalOutlet(connection),
    exposures,
    learning: new RedisLearning(connection, options.mostLessons),
    documents: createDocuments(connection),
    archive: createArchive(connection),
    announcements,
    trouble: () => troubleOf(connection, log),
    async close() {
      await records.flush()
      await exposures.flush()
      await customers.settled()
      await options.beforeClose?.(connection)
      announcements.close()
      connection.close()
    }
  }
  return { store, connection }
}
