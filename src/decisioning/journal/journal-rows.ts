import type {
  JournalCandidate,
  JournalDecision,
  JournalFeatures,
  JournalFilling,
  JournalScore
} from '../../domain/journal.js'
import { STAGES } from '../../domain/decision.js'
import { unpackColumns } from '../trace/column-codec.js'
import type { JournalNote, NotedColumn, NotedFeatures } from './journal-note.js'
import type { JournalWords } from './journal-words.js'
import type { Legend } from '../trace/legend.js'
import { unpackTrace, type PackedTrace } from '../trace/packed-trace.js'
import type { DecisionRecord } from '../ports.js'
import type { Trace } from '../trace/trace.js'

/**
 * A recorded decision in the words of its strategy's legend, as the journal keeps it.
 * @param record one that was journalled
 */
export function journalDecision(record: DecisionRecord, legend: Legend): JournalDecision {
  const { facts, personalFacts, features, ...note } = record.journal as JournalNote
  const words = legend.journal
  if (words === undefined)
    throw new Error(
      `the words of the strategy ${record.strategyHash} in the store are those of one without a journal; restore the store`
    )
  const trace = unpackTrace(record.trace as PackedTrace)
  const answers = features.map(noted => asked(noted, trace, legend, words))
  return {
    ...note,
    id: record.id,
    timeMs: record.decidedAtMs,
    strategy: legend.strategy,
    strategyHash: record.strategyHash,
    holdout: trace.holdout,
    control: trace.control,
    candidates: candidatesOf(trace, legend),
    filling: fillingOf(trace),
    scores: [...answers.flatMap(({ scores }) => scores), ...shadowScores(trace, legend)],
    features: answers.map(answer => answer.features),
    facts: named(words.facts, facts),
    limits: trace.limits() ?? null,
    personal: { facts: named(words.personalFacts, personalFacts), request: record.request }
  }
}

function fillingOf({ placements, filling }: Trace): JournalFilling | null {
  if (filling === undefined) return null
  const { counts, rooms, groupLimit } = filling
  return {
    slots: counts.map((count, i) => ({ placement: placements[i]!, count })),
    rooms: Array.from(rooms),
    groupLimit: Number.isFinite(groupLimit) ? groupLimit : null
  }
}

function candidatesOf(trace: Trace, legend: Legend): JournalCandidate[] {
  const contestants = new Map<number, number>()
  const ranks = new Map<number, number>()
  const { contest } = trace
  if (contest !== null) {
    for (let i = 0; i < contest.positions.length; i++) contestants.set(contest.positions[i]!, i)
    for (let i = 0; i < contest.order.length; i++) ranks.set(contest.order[i]!, i + 1)
  }
  return Array.from({ length: trace.offers.length }, (_, position) => {
    const i = contestants.get(position) ?? -1
    const at = (column: ArrayLike<number> | undefined) => numberAt(column, i)
    return {
      offer: legend.offers[trace.offers[position]!]!.id,
      outcome: STAGES[trace.stages[position]!]!,
      rank: ranks.get(i) ?? null,
      p: at(contest?.p),
      c: at(contest?.c),
      v: at(contest?.v),
      l: at(contest?.l),
      priority: at(contest?.priorities),
      model: legend.models[(at(contest?.models) ?? 0) - 1] ?? null
    }
  })
}

function shadowScores({ shadows, offers, contest }: Trace, legend: Legend): JournalScore[] {
  return shadows.flatMap(({ model, contestants, scores }) =>
    Array.from(contestants, (contestant, i) => {
      const offer = legend.offers[offers[contest!.positions[contestant]!]!]!.id
      return { model, shadow: true, offer, score: scores[i]! }
    })
  )
}

function numberAt(column: ArrayLike<number> | undefined, i: number): number | null {
  const value = column?.[i]
  return value === undefined || Number.isNaN(value) ? null : value
}

/** What was there, by name. */
function named(names: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const pairs = values.map((value, i) => [names[i]!, value] as const)
  return Object.fromEntries(pairs.filter(([, value]) => value !== null))
}

/** What a model was asked and what it answered. */
function asked(
  { model, name, shared: sharedValues, byOffer: columns, scores }: NotedFeatures,
  { contest, adapted, offers }: Trace,
  legend: Legend,
  words: JournalWords
): { readonly features: JournalFeatures; readonly scores: readonly JournalScore[] } {
  const number = legend.models.indexOf(name) + 1
  const contestants = Array.from(contest!.positions, (_, i) => i).filter(
    i => contest!.models[i] === number
  )
  const ids = contestants.map(i => legend.offers[offers[contest!.positions[i]!]!]!.id)
  const starts = adapted?.starts ?? contest!.p
  const own = scores === null ? undefined : unpackColumns(scores, [ids.length])[0]
  const values = columns.map(column => valuesOf(column, ids.length))
  const [shared, byOffer] = words.columns[model] ?? [[], []]
  return {
    features: {
      model,
      shared,
      sharedValues,
      byOffer,
      offers: Object.fromEntries(ids.map((id, i) => [id, values.map(column => column[i])]))
    },
    scores: ids.map((offer, i) => {
      const score = own === undefined ? starts[contestants[i]!]! : own[i]!
      return { model, shadow: false, offer, score }
    })
  }
}

function valuesOf(column: NotedColumn, count: number): ArrayLike<unknown> {
  if (column === null) return new Array<null>(count).fill(null)
  return column instanceof Uint8Array ? unpackColumns(column, [count])[0]! : column
}
