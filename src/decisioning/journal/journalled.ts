import type { CustomerEvent } from '../../domain/interaction.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import type { Strategy } from '../../policy/strategy.js'
import { both } from '../both.js'
import type { Journal } from '../ports.js'

/**
 * Stores events and appends them to the journal at the same time, where the strategy keeps one; both are there when it resolves.
 * An event may so stand in the journal twice, or without having been acknowledged: readers know it by its source and id.
 * Rejects with StoreUnavailable, before anything is stored, while the journal is full and the strategy says to wait.
 */
export async function journalled<T>(
  journal: Journal,
  { journal: settings }: Strategy,
  events: readonly CustomerEvent[],
  store: () => Promise<T>
): Promise<T> {
  if (settings === undefined) return await store()
  if (mustWait(journal, settings.whenFull))
    throw new StoreUnavailable(
      'the journal is full: what waits for its disk has reached OFFERD_JOURNAL_BYTES; try again later'
    )
  const [stored] = await both(store(), journal.append(events, settings.whenFull))
  return stored
}

/** Whether nothing may be decided and told that the journal cannot take. */
export function mustWait(journal: Journal, whenFull: 'wait' | 'drop' | undefined): boolean {
  return whenFull === 'wait' && journal.isFull
}
