import type { DecisionOutcomes } from '../../domain/journal.js'
import { createLogSummer, type LogSummer } from '../../learning/off-policy.js'
import { rankedBy, type RankingRules } from '../../learning/rank-by-model.js'
import type { Roster } from './roster.js'

/** What the journal says of the models of one name. */
export interface ReadScores {
  /** By label. */
  readonly models: ReadonlyMap<string, ModelRows>
  /** Of the challengers, by label: the champion and the challenger on the decisions that both can be judged by. */
  readonly pairs: ReadonlyMap<string, PairRows>
}

/** One model's part of it. */
export interface ModelRows {
  /** Decisions with scores of the model, and the first of them that it decided, in ms since 1970. */
  decisions: number
  firstDecidedMs: number | undefined
  /** Impressions of offers with a score: numbers of their customers, whether they were a success, the scores. */
  readonly customers: number[]
  readonly labels: number[]
  readonly scores: number[]
  /** Impressions that may still become a success. */
  waiting: number
  readonly log: LogSummer
}

/** Impressions that both models of a pair scored. */
interface PairRows {
  readonly customers: number[]
  readonly labels: number[]
  readonly scores: number[]
  readonly others: number[]
  readonly log: LogSummer
  readonly otherLog: LogSummer
}

export interface ReadOptions extends RankingRules {
  /** An impression that was shown later than this still waits. */
  readonly waitingSinceMs: number
}

/** Collects what journalled decisions say of the models. */
export async function readScores(
  decisions: AsyncIterable<DecisionOutcomes>,
  rosters: readonly Roster[],
  options: ReadOptions,
  progress: (decisions: number) => void
): Promise<Map<string, ReadScores>> {
  const readers = rosters.map(roster => new Reader(roster, options))
  const people = new Map<string, number>()
  let count = 0
  for await (const decision of decisions) {
    progress(++count)
    if (decision.scores.length === 0) continue
    const person = people.get(decision.customer) ?? people.size
    people.set(decision.customer, person)
    for (const reader of readers) reader.add(decision, person)
  }
  return new Map(readers.map(({ name, models, pairs }) => [name, { models, pairs }]))
}

/** Offer → score. */
type Scores = ReadonlyMap<string, number>

class Reader implements ReadScores {
  readonly name: string
  readonly models: ReadonlyMap<string, ModelRows>
  readonly pairs: ReadonlyMap<string, PairRows>
  readonly #champion: string
  readonly #options: ReadOptions

  constructor({ name, champion, challengers }: Roster, options: ReadOptions) {
    this.name = name
    this.#champion = champion.label
    this.#options = options
    this.models = new Map([champion, ...challengers].map(({ label }) => [label, emptyRows()]))
    this.pairs = new Map(challengers.map(({ label }) => [label, emptyPair()]))
  }

  add(decision: DecisionOutcomes, person: number): void {
    for (const [label, rows] of this.models) {
      const scores = scoresOf(decision, label)
      if (scores === undefined) continue
      this.#addModel(rows, decision, { label, scores, person })
      const pair = this.pairs.get(label)
      const own = scoresOf(decision, this.#champion)
      if (pair !== undefined && own !== undefined)
        this.#addPair(pair, decision, { own, other: scores, person })
    }
  }

  #addModel(
    rows: ModelRows,
    decision: DecisionOutcomes,
    { label, scores, person }: { label: string; scores: Scores; person: number }
  ): void {
    rows.decisions++
    const decided = decision.scores.some(({ model, shadow }) => model === label && !shadow)
    if (decided) rows.firstDecidedMs = Math.min(rows.firstDecidedMs ?? Infinity, decision.timeMs)
    for (const { offer, shownMs, positive } of decision.placed) {
      const score = scores.get(offer)
      if (score === undefined || shownMs === null) continue
      rows.customers.push(person)
      rows.labels.push(positive ? 1 : 0)
      rows.scores.push(score)
      if (!positive && shownMs > this.#options.waitingSinceMs) rows.waiting++
    }
    const logged = rankedBy(scores, decision, this.#options)
    if (logged !== undefined) rows.log.add(logged)
  }

  #addPair(
    pair: PairRows,
    decision: DecisionOutcomes,
    { own, other, person }: { own: Scores; other: Scores; person: number }
  ): void {
    for (const { offer, shownMs, positive } of decision.placed) {
      const score = own.get(offer)
      const others = other.get(offer)
      if (score === undefined || others === undefined || shownMs === null) continue
      pair.customers.push(person)
      pair.labels.push(positive ? 1 : 0)
      pair.scores.push(score)
      pair.others.push(others)
    }
    const logged = rankedBy(own, decision, this.#options)
    const otherwise = rankedBy(other, decision, this.#options)
    if (logged === undefined || otherwise === undefined) return
    pair.log.add(logged)
    pair.otherLog.add(otherwise)
  }
}

function scoresOf({ scores }: DecisionOutcomes, label: string): Scores | undefined {
  const own = scores.filter(({ model }) => model === label)
  return own.length === 0 ? undefined : new Map(own.map(({ offer, score }) => [offer, score]))
}

function emptyRows(): ModelRows {
  return {
    decisions: 0,
    firstDecidedMs: undefined,
    customers: [],
    labels: [],
    scores: [],
    waiting: 0,
    log: createLogSummer({ modelled: false })
  }
}

function emptyPair(): PairRows {
  return {
    customers: [],
    labels: [],
    scores: [],
    others: [],
    log: createLogSummer({ modelled: false }),
    otherLog: createLogSummer({ modelled: false })
  }
}
