import type { Config } from '../config.js'
import type { JournalOutlet, Log, Store } from '../decisioning/ports.js'
import { StoreUnavailable } from '../domain/refusal.js'
import type { Parts } from './parts.js'
import { CommandRefused, type Shell } from './shell.js'

/** What a command works with. */
export interface Surroundings {
  readonly shell: Shell
  readonly config: Config
  readonly parts: Parts
}

/** Runs work with an open store whose journal outlives the process. Throws CommandRefused where there is none. */
export async function withOutlet<T>(
  { config, parts }: Surroundings,
  log: Log,
  work: (store: Store, outlet: JournalOutlet) => Promise<T>
): Promise<T> {
  const store = await parts.openStore(config, log)
  try {
    if (store.outlet === undefined)
      throw new CommandRefused(
        'the journal needs Redis: set OFFERD_REDIS_URL, or install redis-server'
      )
    return await work(store, store.outlet)
  } catch (error) {
    if (error instanceof StoreUnavailable) throw new CommandRefused(`the store: ${error.message}`)
    throw error
  } finally {
    await store.close()
  }
}
