import type { Facts } from '../../policy/facts.js'
import type { Calibrate } from '../../scoring/calibration.js'
import type { EncodeCounters } from '../../scoring/encode.js'
import type { FeaturePlan } from '../../scoring/plan.js'
import type { OpenModel } from '../ports.js'
import type { ScoreTally } from '../../scoring/score-tally.js'

/** A model as decisions use it: opened, its inputs planned, its output calibrated. */
export interface ReadyModel {
  readonly name: string
  readonly version: number
  /** name@version, as answers show it. */
  readonly label: string
  readonly plan: FeaturePlan<Facts>
  readonly calibrate: Calibrate
  readonly counters: EncodeCounters
  readonly tally: ScoreTally
  readonly open: OpenModel
}
