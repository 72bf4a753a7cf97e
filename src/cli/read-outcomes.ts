import type { Config } from '../config.js'
import type {
  DecisionOutcomes,
  GroupResponses,
  JournalPeriod,
  OutcomesWanted
} from '../domain/journal.js'
import type { Strategy } from '../policy/strategy.js'
import type { Parts } from './parts.js'

/** What of a strategy says what success is. */
type Successes = Pick<Strategy, 'offers' | 'positiveWindowMs'>

/** The decisions of the journal with what came of them; what success is, and how long it may take, the strategy says. */
export function readOutcomes(
  config: Config,
  parts: Parts,
  strategy: Successes,
  scope: Pick<OutcomesWanted, 'period' | 'parts'>
): AsyncIterable<DecisionOutcomes> {
  return parts.createJournalSegments(config).outcomes({ ...scope, ...wantedOf(strategy) })
}

/** What groups of customers answered, by the same measure. */
export function readResponses(
  config: Config,
  parts: Parts,
  strategy: Successes,
  period: JournalPeriod
): Promise<GroupResponses[]> {
  return parts.createJournalSegments(config).responses({ period, ...wantedOf(strategy) })
}

function wantedOf({
  offers,
  positiveWindowMs
}: Successes): Pick<OutcomesWanted, 'positives' | 'windowMs'> {
  const positives = Object.fromEntries(offers.map(({ id, positive }) => [id, positive]))
  return { positives, windowMs: positiveWindowMs }
}
