import { isDeepStrictEqual } from 'node:util'
import { STAGES } from '../../domain/decision.js'
import { stageNumber } from '../candidates.js'
import type { Legend } from '../trace/legend.js'
import type { AnswerBody, MadeDecision } from './recorded-decision.js'
import { knownPropensities } from './recorded-scores.js'
import type { ContestTrace, Trace } from '../trace/trace.js'

/** Where a decision, made again, first came out otherwise. Plain data for people. */
export interface Difference {
  /** A stage of candidates (STAGES), or another step of a decision, such as lever or filling. */
  readonly stage: string
  readonly offer?: string
  readonly placement?: string
  readonly recorded: unknown
  readonly now: unknown
}

/** What became of a candidate. */
interface CandidateView {
  /** Number of the stage. */
  readonly stage: number
  readonly cause: number
  /** -1 where it was ended before it was scored. */
  readonly contestant: number
  /** For people. */
  readonly end: { readonly stage: string; readonly rule?: string }
}

/** A decision in the words of its strategy, so that it can be compared with one of another strategy. */
export interface DecisionView {
  readonly answer: AnswerBody
  readonly trace: Trace
  readonly customer: AnswerBody['customer']
  readonly profile: { readonly read: boolean; readonly known: boolean }
  /** By offer id. */
  readonly candidates: ReadonlyMap<string, CandidateView>
  /** A figure of a contestant; `model` is its name, null for the prior. */
  figure(name: Figure, contestant: number): number | string | null
  /** What placements were filled by; null where nothing competed. */
  readonly fillingBy: unknown
  /** How much was left to chance. */
  readonly exploringBy: unknown
  /** What chance came to, slot by slot. */
  readonly explored: unknown
}

type Figure = 'p' | 'c' | 'v' | 'l' | 'priority' | 'propensity' | 'model'

export function viewOf({ answer, trace, legend }: MadeDecision): DecisionView {
  const { degraded, customer } = answer
  return {
    answer,
    trace,
    customer,
    profile: {
      read: !degraded.includes('profile') && !degraded.includes('journal'),
      known: customer.known
    },
    candidates: candidatesOf(trace, legend),
    figure: figuresOf(trace, legend),
    fillingBy: fillingOf(trace, legend),
    exploringBy: exploringOf(trace, legend),
    explored: exploredOf(trace, legend)
  }
}

/** A difference where two values are not alike. */
export function differing(
  stage: string,
  recorded: unknown,
  now: unknown,
  place: Pick<Difference, 'offer' | 'placement'> = {}
): Difference | undefined {
  return isDeepStrictEqual(recorded, now) ? undefined : { stage, ...place, recorded, now }
}

function candidatesOf(trace: Trace, legend: Legend): Map<string, CandidateView> {
  const { offers, stages, causes, contest } = trace
  const contestants = new Map(
    contest === null ? [] : Array.from(contest.positions, (position, i) => [position, i])
  )
  return new Map(
    Array.from(offers, (offer, position) => {
      const [stage, cause] = [stages[position]!, causes[position]!]
      const rule = ruleText(legend, offer, stage, cause)
      const end = { stage: STAGES[stage]!, ...(rule === undefined ? {} : { rule }) }
      const contestant = contestants.get(position) ?? -1
      return [legend.offers[offer]!.id, { stage, cause, contestant, end }]
    })
  )
}

function ruleText(legend: Legend, offer: number, stage: number, cause: number): string | undefined {
  if (stage >= stageNumber.eligibility && stage <= stageNumber.suitability)
    return legend.offers[offer]!.rules[cause]?.text
  switch (stage) {
    case stageNumber.contact:
      return legend.contactPolicies[cause]?.text ?? 'later'
    case stageNumber.exclusion:
      return legend.exclusions[cause]?.text
    case stageNumber.quota:
      return legend.quotas[cause]?.text
    default:
      return undefined
  }
}

function figuresOf(trace: Trace, legend: Legend): DecisionView['figure'] {
  const { contest } = trace
  const known = knownPropensities({ trace })
  return (name, contestant) => {
    if (contest === null || known === undefined) return null
    if (name === 'propensity') return known[contestant] ?? null
    if (name === 'model') return legend.models[contest.models[contestant]! - 1] ?? null
    const column = name === 'priority' ? contest.priorities : contest[name]
    return column[contestant] ?? null
  }
}

function fillingOf({ filling, placements }: Trace, legend: Legend): unknown {
  if (filling === undefined) return null
  const { counts, multipliers, groupLimit } = filling
  return { placements, counts, multipliers, groupLimit, never: legend.hasNever ?? false }
}

function exploringOf(trace: Trace, legend: Legend): unknown {
  const { exploration } = trace
  if (exploration === undefined) return null
  if (exploration.method === 'epsilon') return { method: 'epsilon', share: exploration.share }
  const { method, seed, draws, evidence } = exploration
  const byOffer = Object.fromEntries(
    Array.from(evidence, (worth, i) => [offerOf(trace, legend, i), worth])
  )
  return { method, seed, draws, evidence: byOffer }
}

function exploredOf(trace: Trace, legend: Legend): unknown {
  return trace.exploration?.slots?.map(({ contestant, ...slot }) => ({
    ...slot,
    ...('greedy' in slot ? { greedy: offerOf(trace, legend, slot.greedy) } : {}),
    offer: offerOf(trace, legend, contestant)
  }))
}

function offerOf({ offers, contest }: Trace, legend: Legend, contestant: number): string {
  const { positions } = contest as ContestTrace
  return legend.offers[offers[positions[contestant]!]!]!.id
}
