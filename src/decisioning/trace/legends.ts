import { Refusal } from '../../domain/refusal.js'
import { readLegend, type Legend } from './legend.js'
import { legendName } from '../strategy/load-strategy.js'
import type { SharedDocuments } from '../ports.js'
import type { Snapshot } from '../snapshot.js'

/** The legends of all strategies that have decided, by hash. Throws a Refusal where one is no longer known. */
export type LegendOf = (hash: string) => Promise<Legend>

/** A few strategies a day at the most are asked for. */
const MOST_LEGENDS = 16

/** @param current the strategy in force, whose legend need not be read; undefined where none is */
export function createLegends(
  documents: Pick<SharedDocuments, 'get'>,
  current: () => Snapshot | undefined
): LegendOf {
  const legends = new Map<string, Legend>()

  async function storedLegend(hash: string): Promise<Legend | undefined> {
    const text = await documents.get(legendName(hash))
    return text === undefined ? undefined : readLegend(text)
  }

  return async function legendOf(hash) {
    const inForce = current()
    if (inForce?.hash === hash) return inForce.legend
    const known = legends.get(hash) ?? (await storedLegend(hash))
    if (known === undefined)
      throw new Refusal(
        'not_found',
        'The strategy that made this decision is no longer known, so it cannot be explained.'
      )
    // The oldest makes room.
    if (!legends.has(hash) && legends.size >= MOST_LEGENDS)
      legends.delete(legends.keys().next().value ?? '')
    legends.set(hash, known)
    return known
  }
}
