import type { Explain } from '../../domain/decision.js'
import type { HeldWeight } from '../arbitration/arbitrate.js'
import type { LearntAbout } from '../propensity/adapt.js'
import { packColumns, unpackColumns, type Column } from './column-codec.js'
import { packExploration, unpackExploration, type PackedExploration } from './exploration-trace.js'
import type { LeverMove } from '../arbitration/lever-moves.js'
import type { LimitNotes } from '../limits/limit-notes.js'
import type { ShadowScores } from '../propensity/shadows.js'
import type { AdaptedTrace, FillingTrace, Need, Trace } from './trace.js'

/** A trace as it is stored: plain data, its columns packed into bytes. */
export type PackedTrace = readonly [
  holdout: boolean,
  control: boolean,
  explain: Explain,
  placements: readonly string[],
  values: readonly unknown[],
  offerValues: Trace['offerValues'],
  weights: readonly HeldWeight[] | null,
  candidates: number,
  contestants: number,
  ranked: number,
  columns: Uint8Array,
  experiments?: Trace['experiments'],
  /** Its rooms are the last column. */
  filling?: PackedFilling | null,
  moves?: readonly LeverMove[],
  limits?: LimitNotes | null,
  exploration?: PackedExploration | null,
  shadows?: readonly PackedShadow[],
  adapted?: PackedAdapted | null,
  atMost?: number | null
]

type PackedShadow = readonly [model: string, count: number, columns: Uint8Array]

type PackedFilling = readonly [
  counts: readonly number[],
  multipliers: readonly number[],
  groupLimit: number,
  needs: readonly Need[] | null
]

/** Start propensities, evidence and what it is worth are its columns. */
type PackedAdapted = readonly [
  version: number,
  contestants: number,
  columns: Uint8Array,
  placed: readonly LearntAbout[]
]

export function packTrace(trace: Trace): PackedTrace {
  const { holdout, control, explain, placements, values, offerValues, contest, filling } = trace
  const columns = [trace.offers, trace.stages, trace.causes]
  if (contest !== null) {
    const { positions, p, c, v, l, priorities, models, order } = contest
    columns.push(positions, p, c, v, l, priorities, models, order)
  }
  if (filling !== undefined) columns.push(filling.rooms)
  return [
    holdout,
    control,
    explain,
    placements,
    values,
    offerValues,
    contest?.weights ?? null,
    trace.offers.length,
    contest?.positions.length ?? 0,
    contest?.order.length ?? 0,
    packColumns(columns),
    trace.experiments,
    filling === undefined ? null : packFilling(filling),
    contest?.moves ?? [],
    trace.limits() ?? null,
    trace.exploration === undefined ? null : packExploration(trace.exploration),
    trace.shadows.map(packShadow),
    trace.adapted === undefined ? null : packAdapted(trace.adapted),
    trace.atMost ?? null
  ]
}

export function unpackTrace(packed: PackedTrace): Trace {
  const [
    holdout,
    control,
    explain,
    placements,
    values,
    offerValues,
    weights,
    n,
    m,
    ranked,
    bytes,
    // Traces of the release before have none of these.
    experiments = [],
    filling = null,
    moves = [],
    limits = null,
    exploration = null,
    shadows = [],
    adapted = null,
    atMost = null
  ] = packed
  const lengths = weights === null ? [n, n, n] : [n, n, n, m, m, m, m, m, m, m, ranked]
  if (filling !== null) lengths.push(n)
  const [
    offers = [],
    stages = [],
    causes = [],
    positions = [],
    p = [],
    c = [],
    v = [],
    l = [],
    priorities = [],
    models = [],
    order = [],
    rooms = []
  ]: readonly Column[] = unpackColumns(bytes, lengths)
  const contest =
    weights === null ? null : { positions, order, p, c, v, l, priorities, models, weights, moves }
  return {
    holdout,
    control,
    explain,
    placements,
    offers,
    stages,
    causes,
    values,
    offerValues,
    contest,
    filling: filling === null ? undefined : unpackFilling(filling, rooms),
    limits: () => limits ?? undefined,
    experiments,
    exploration: exploration === null ? undefined : unpackExploration(exploration),
    shadows: shadows.map(unpackShadow),
    atMost: atMost ?? undefined,
    adapted: adapted === null ? undefined : unpackAdapted(adapted)
  }
}

function packShadow({ model, contestants, scores }: ShadowScores): PackedShadow {
  return [model, contestants.length, packColumns([contestants, scores])]
}

function unpackShadow([model, count, bytes]: PackedShadow): ShadowScores {
  const [contestants = [], scores = []]: readonly Column[] = unpackColumns(bytes, [count, count])
  return { model, contestants, scores }
}

function packFilling(filling: FillingTrace): PackedFilling {
  const { counts, multipliers, groupLimit, needs } = filling
  return [counts, multipliers, groupLimit, needs?.() ?? null]
}

function unpackFilling(
  [counts, multipliers, groupLimit, needs]: PackedFilling,
  rooms: Column
): FillingTrace {
  return { counts, multipliers, groupLimit, rooms, needs: needs === null ? undefined : () => needs }
}

function packAdapted({ version, starts, evidence, worth, placed }: AdaptedTrace): PackedAdapted {
  return [version, starts.length, packColumns([starts, evidence, worth]), placed]
}

function unpackAdapted([version, contestants, columns, placed]: PackedAdapted): AdaptedTrace {
  const lengths = [contestants, contestants, contestants]
  const [starts = [], evidence = [], worth = []]: readonly Column[] = unpackColumns(
    columns,
    lengths
  )
  return { version, starts, evidence, worth, placed }
}
