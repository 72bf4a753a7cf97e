import type { Answer } from '../api/client.js'

type Decision = Answer<'Decision'>

export const FACTORS = ['p', 'c', 'v', 'l', 'priority'] as const
export type Factor = (typeof FACTORS)[number]

/** What became of an offer in one of the two answers. */
export interface Standing {
  /** The stage at which it ended: selected, outranked or the one that removed it. */
  readonly stage: string
  /** Among those that were scored, the greatest priority first; undefined where it was removed. */
  readonly rank: number | undefined
  /** Where it is shown. */
  readonly placement: string | undefined
  /** The rule that removed it. */
  readonly rule: string | undefined
  readonly factors: Readonly<Record<Factor, number>> | undefined
}

/** An offer in both answers; undefined where it was no candidate. */
export interface Compared {
  readonly offerId: string
  readonly before: Standing | undefined
  readonly after: Standing | undefined
  /** The factors that differ. */
  readonly factors: readonly Factor[]
  readonly isChanged: boolean
  readonly movement: 'in' | 'out' | 'up' | 'down' | undefined
}

interface Outcome {
  readonly offerId: string
  readonly stage: string
  readonly placement?: string
  readonly priority?: number
  readonly factors?: Readonly<Record<'p' | 'c' | 'v' | 'l', number>>
  readonly rule?: { readonly text: string }
}

interface Explanation {
  readonly outcomes: readonly Outcome[]
  readonly outranked?: {
    readonly columns: readonly string[]
    readonly rows: ReadonlyArray<readonly unknown[]>
  }
}

/** Every offer that was a candidate in either answer: those with a rank afterwards first, then those that had one before. */
export function compare(before: Decision, after: Decision): Compared[] {
  const [old, now] = [standingsOf(before), standingsOf(after)]
  const place = ({ before: was, after: is }: Compared): number =>
    is?.rank ?? 10_000 + (was?.rank ?? 10_000)
  return [...new Set([...now.keys(), ...old.keys()])]
    .map(offerId => compareOne(offerId, old.get(offerId), now.get(offerId)))
    .sort((one, other) => place(one) - place(other) || (one.offerId < other.offerId ? -1 : 1))
}

function compareOne(
  offerId: string,
  before: Standing | undefined,
  after: Standing | undefined
): Compared {
  const [was, is] = [before?.factors, after?.factors]
  const factors =
    was === undefined || is === undefined
      ? []
      : FACTORS.filter(factor => was[factor] !== is[factor])
  const isChanged =
    factors.length > 0 ||
    before?.stage !== after?.stage ||
    before?.rank !== after?.rank ||
    before?.placement !== after?.placement
  return { offerId, before, after, factors, isChanged, movement: movementOf(before, after) }
}

function movementOf(
  before: Standing | undefined,
  after: Standing | undefined
): Compared['movement'] {
  const [wasShown, isShown] = [before?.stage === 'selected', after?.stage === 'selected']
  if (wasShown !== isShown) return isShown ? 'in' : 'out'
  if (before?.rank === after?.rank) return undefined
  return (after?.rank ?? Infinity) < (before?.rank ?? Infinity) ? 'up' : 'down'
}

/** By offer id. */
function standingsOf({ explanation }: Decision): Map<string, Standing> {
  const { outcomes, outranked } = (explanation ?? { outcomes: [] }) as unknown as Explanation
  const scored = [
    ...outcomes.filter(({ stage }) => stage === 'selected'),
    ...(outranked?.rows ?? []).map(row => outcomeOf(outranked!.columns, row))
  ].sort((one, other) => (other.priority ?? 0) - (one.priority ?? 0))
  const ranks = new Map(scored.map(({ offerId }, i) => [offerId, i + 1]))
  const removed = outcomes.filter(({ stage }) => stage !== 'selected')
  return new Map(
    [...scored, ...removed].map(outcome => [
      outcome.offerId,
      standingOf(outcome, ranks.get(outcome.offerId))
    ])
  )
}

function standingOf(
  { stage, placement, priority, factors, rule }: Outcome,
  rank: number | undefined
): Standing {
  return {
    stage,
    rank,
    placement,
    rule: rule?.text,
    factors: factors === undefined ? undefined : { ...factors, priority: priority ?? 0 }
  }
}

/** A row of the outranked as the object that the selected are. */
function outcomeOf(columns: readonly string[], row: readonly unknown[]): Outcome {
  const cell = (name: string): number => Number(row[columns.indexOf(name)])
  return {
    offerId: String(row[columns.indexOf('offerId')]),
    stage: 'outranked',
    priority: cell('priority'),
    factors: { p: cell('p'), c: cell('c'), v: cell('v'), l: cell('l') }
  }
}
