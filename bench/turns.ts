import type { LoadOrder, LoadResult } from './load.js'
import type { startLoad, Server } from './processes.js'
import { median, pairedRatio, type PairedRatio } from './ratio.js'

/** One server under one load, measured once in every round. */
export interface Lot {
  readonly label: string
  readonly server: Server
  readonly order: LoadOrder
}

/** What one lot came to in one round. */
export interface Figures extends LoadResult {
  readonly cpuMicrosPerRequest: number
}

/**
 * Measures every lot once a round, neighbours in time, so that a slow minute of the machine meets all of them; which goes first changes.
 * Throws when a request fails.
 * @returns figures by lot and round
 */
export async function inTurns(
  load: ReturnType<typeof startLoad>,
  lots: readonly Lot[],
  rounds: number
): Promise<Figures[][]> {
  const figures: Figures[][] = lots.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < lots.length; turn++) {
      const i = (turn + round) % lots.length
      const { label, server, order } = lots[i]!
      const before = await server.usage()
      const result = await load.run(order)
      const after = await server.usage()
      if (result.failed > 0)
        throw new Error(`${result.failed} requests to ${label} failed (${result.failures})`)
      const cpuMicrosPerRequest = (after.cpuMicros - before.cpuMicros) / result.requests
      figures[i]!.push({ ...result, cpuMicrosPerRequest })
    }
  }
  return figures
}

/** The median over rounds of one figure. */
export function medianOf(
  rounds: readonly Figures[],
  figure: keyof Omit<Figures, 'failures'>
): number {
  return median(rounds.map(round => round[figure]))
}

/** One lot's figure against another's, round by round. */
export function ratioOf(
  one: readonly Figures[],
  other: readonly Figures[],
  figure: keyof Omit<Figures, 'failures'>
): PairedRatio {
  return pairedRatio(one.map((round, i) => [round[figure], other[i]![figure]]))
}
