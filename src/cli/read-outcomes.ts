import type { Config } from '../config.js'
import type { DecisionOutcomes, OutcomesWanted } from '../domain/journal.js'
import type { Strategy } from '../policy/strategy.js'
import type { Parts } from './parts.js'

/** What of the journal a command looks at. */
export type OutcomesScope = Pick<OutcomesWanted, 'period' | 'parts'>

/** The decisions of the journal with what came of them; what success is, and how long it may take, the strategy says. */
export function readOutcomes(
  config: Config,
  parts: Parts,
  { offers, positiveWindowMs }: Pick<Strategy, 'offers' | 'positiveWindowMs'>,
  scope: OutcomesScope
): AsyncIterable<DecisionOutcomes> {
  const positives = Object.fromEntries(offers.map(({ id, positive }) => [id, positive]))
  return parts
    .createJournalSegments(config)
    .outcomes({ ...scope, positives, windowMs: positiveWindowMs })
}
