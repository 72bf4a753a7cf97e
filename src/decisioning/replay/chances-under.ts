import type { JournalPlacing } from '../../domain/journal.js'
import { chancesOf } from '../arbitration/explore.js'
import { fillBest } from '../arbitration/fill.js'
import { stageNumber } from '../candidates.js'
import type { DecisionRecords } from '../ports.js'
import type { Snapshot } from '../snapshot.js'
import type { LegendOf } from '../trace/legends.js'
import { decideAgain, type DecideAgainDeps, type DecidedAgain } from './decide-again.js'
import { readRecorded } from './recorded-decision.js'

export interface ChancesUnderDeps extends DecideAgainDeps {
  readonly records: Pick<DecisionRecords, 'get'>
  readonly legendOf: LegendOf
}

/**
 * How likely another strategy would have answered a recorded decision with the same offers: by asked placement the product of its
 * slots' probabilities, each given the slots before. undefined where the decision is no longer recorded.
 * Throws a Refusal where the strategy does not understand the request. Rejects with StoreUnavailable.
 * @param placed what the decision was answered with
 */
export type ChancesUnder = (
  id: string,
  placed: readonly JournalPlacing[],
  snapshot: Snapshot
) => Promise<number[] | undefined>

/** @param deps the store that holds the records; nothing is written to it */
export function createChancesUnder(deps: ChancesUnderDeps): ChancesUnder {
  return async (id, placed, snapshot) => {
    const record = await deps.records.get(id)
    if (record?.replay === undefined) return undefined
    const recorded = readRecorded(record, await deps.legendOf(record.strategyHash))
    return chancesIn(await decideAgain(deps, snapshot, recorded), placed)
  }
}

/** A strategy whose draws nobody can count is not asked: see `isWeighable`. */
function chancesIn(
  { asked, snapshot, outcome }: DecidedAgain,
  placed: readonly JournalPlacing[]
): number[] {
  const stands = asked.placements.map(({ placement }) =>
    placed
      .filter(one => one.placement === placement.id && !one.fallback)
      .sort((a, b) => a.rank - b.rank)
      .map(({ offer }) => offer)
  )
  if (outcome === undefined) return stands.map(offers => (offers.length === 0 ? 1 : 0))
  const { strategy } = snapshot
  const { candidates, contest } = outcome
  const order = contest.order.filter(
    contestant => candidates.stages[contest.positions[contestant]!]! >= stageNumber.outranked
  )
  const offers = Array.from(
    contest.positions,
    position => strategy.offers[candidates.offers[position]!]!.id
  )
  const field = { strategy, asked, candidates, contest, order }
  const share = contest.exploring?.method === 'epsilon' ? contest.exploring.share : 0
  return chancesOf(
    field,
    fillBest(field, []),
    seats => fillBest(field, seats),
    share,
    stands.map(ids => ids.map(id => offers.indexOf(id)))
  )
}

/** Whether the probabilities of a strategy's answers can be told exactly: not where propensities are drawn. */
export function isWeighable({ strategy }: Snapshot): boolean {
  return (
    strategy.exploration.method !== 'thompson' &&
    strategy.experiments.every(({ arms }) =>
      arms.every(({ changes }) => changes.exploration?.method !== 'thompson')
    )
  )
}
