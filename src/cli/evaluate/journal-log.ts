import type { DecisionOutcomes, JournalPlacing, PlacingOutcome } from '../../domain/journal.js'
import { createLogSummer, type LoggedDecision, type LogSums } from '../../learning/off-policy.js'

/** How likely another policy would have answered a decision alike, by asked placement; undefined where that is not known. */
export type ChancesOf = (decision: DecisionOutcomes) => Promise<readonly number[] | undefined>

/** What is asked of the journal. */
export interface JournalQuestion {
  /** The other policy, or the one that decided. */
  readonly policy: 'logged' | ChancesOf
  /** Positives, or what they were worth. */
  readonly reward: 'positive' | 'value'
  /** The only placement whose rewards count; undefined: all. */
  readonly placement: string | undefined
}

/** What the journal was read as. */
export interface JournalLog {
  readonly sums: LogSums
  /** Decisions in which nothing competed for a placement that counts, such as those of the holdout. */
  readonly idle: number
  /** Decisions whose probabilities are not known: the record, or an offer that the strategy no longer has. */
  readonly unknown: number
}

/** Asked at the same time, so that decisions made again share the models' runs. */
const TOGETHER = 32

/**
 * Sums up the decisions of a journal: the reward of a decision is that of the offers it placed, its weight the product over the
 * slots up to the last one that counts, since who stands in a slot depends on those before.
 */
export async function readJournalLog(
  decisions: AsyncIterable<DecisionOutcomes>,
  question: JournalQuestion,
  progress: (decisions: number) => void
): Promise<JournalLog> {
  const summer = createLogSummer({ modelled: false })
  const counts = { idle: 0, unknown: 0 }
  let read = 0
  for await (const lot of inLots(decisions)) {
    for (const logged of await Promise.all(lot.map(decision => loggedOf(decision, question)))) {
      if (typeof logged === 'string') counts[logged]++
      else summer.add(logged)
    }
    progress((read += lot.length))
  }
  return { sums: summer.finish(), ...counts }
}

async function* inLots<T>(all: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let lot: T[] = []
  for await (const one of all) {
    lot.push(one)
    if (lot.length < TOGETHER) continue
    yield lot
    lot = []
  }
  yield lot
}

async function loggedOf(
  decision: DecisionOutcomes,
  { policy, reward, placement }: JournalQuestion
): Promise<LoggedDecision | 'idle' | 'unknown'> {
  const { filling, placed } = decision
  const slots = filling?.slots ?? []
  const last =
    placement === undefined
      ? slots.length - 1
      : slots.findIndex(slot => slot.placement === placement)
  const counts = placed.filter(one => !one.fallback && isWanted(one, placement))
  if (last < 0 || counts.length === 0) return 'idle'
  const before = new Set(slots.slice(0, last + 1).map(slot => slot.placement))
  const chosen = placed.filter(one => !one.fallback && before.has(one.placement))
  if (chosen.some(({ probability }) => probability === null)) return 'unknown'
  const loggedProbability = productOf(chosen.map(({ probability }) => probability!))
  const chances =
    policy === 'logged' ? [loggedProbability] : (await policy(decision))?.slice(0, last + 1)
  if (chances === undefined) return 'unknown'
  return {
    reward: counts.reduce((sum, one) => sum + rewardOf(one, reward), 0),
    loggedProbability,
    newProbability: productOf(chances)
  }
}

function isWanted({ placement }: JournalPlacing, wanted: string | undefined): boolean {
  return wanted === undefined || placement === wanted
}

function rewardOf({ positive, value }: PlacingOutcome, reward: JournalQuestion['reward']): number {
  return reward === 'value' ? (value ?? 0) : Number(positive)
}

function productOf(numbers: readonly number[]): number {
  return numbers.reduce((product, number) => product * number, 1)
}
