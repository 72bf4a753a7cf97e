import type { Slot } from '../../domain/learning.js'
import { partsOf } from '../../domain/decision-id.js'
import type { Observation } from '../../learning/adaptive-logistic.js'
import type { LearntAbout } from '../propensity/adapt.js'
import { unpackTrace, type PackedTrace } from '../trace/packed-trace.js'
import type { DecisionRecords, LessonOutcome } from '../ports.js'

/** How long a record may be on its way. */
const RECORD_PATIENCE_MS = 2000

/** `not_yet`: the record of so young a decision may still come. */
type Found = Observation | 'not_yet' | Extract<LessonOutcome, 'no_record' | 'unused'>

/** Finds what decisions knew of the offers that they placed, each decision's record once. */
export class Observations {
  readonly #records: Pick<DecisionRecords, 'get'>
  readonly #nowMs: number
  readonly #known = new Map<string, Promise<readonly LearntAbout[] | undefined>>()

  constructor(records: Pick<DecisionRecords, 'get'>, nowMs: number) {
    this.#records = records
    this.#nowMs = nowMs
  }

  /** @param features the way of learning that the values must be for */
  async of({ decisionId }: Slot, offerId: string, way: string): Promise<Found> {
    const reading = this.#known.get(decisionId) ?? this.#read(decisionId)
    this.#known.set(decisionId, reading)
    const placed = await reading
    if (placed === undefined) {
      const decidedMs = partsOf(decisionId)?.timeMs ?? -Infinity
      return this.#nowMs - decidedMs < RECORD_PATIENCE_MS ? 'not_yet' : 'no_record'
    }
    const found = placed.find(([offer, knownWay]) => offer === offerId && knownWay === way)
    return found === undefined ? 'unused' : { start: found[2], values: found[3] }
  }

  /** undefined where there is no record. */
  async #read(decisionId: string): Promise<readonly LearntAbout[] | undefined> {
    const record = await this.#records.get(decisionId)
    return record && (unpackTrace(record.trace as PackedTrace).adapted?.placed ?? [])
  }
}
