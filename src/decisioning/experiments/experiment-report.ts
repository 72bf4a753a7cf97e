import { goodnessOfFit } from '../../learning/chi-square.js'
import type { Experiment } from '../../policy/strategy.js'
import type { Exposures } from '../ports.js'
import type { Snapshots } from '../snapshot.js'

/** Below this probability the arms' numbers of customers are no accident. */
const MISMATCH_BELOW = 0.001
/** The chi-square distribution is a good approximation where every arm is expected to have so many customers. */
const FEWEST_EXPECTED = 5

/** The experiments of the strategy in force, and whom they have reached. */
export interface ExperimentReport {
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly experiments: readonly ExperimentState[]
}

export interface ExperimentState {
  readonly name: string
  readonly layer: string | null
  readonly salt: string
  readonly when: string | null
  /** Customers who met it in a decision where the arm could matter. */
  readonly exposed: number
  readonly arms: readonly ArmState[]
  readonly sampleRatio: SampleRatio
}

export interface ArmState {
  readonly name: string
  /** Of all customers, as declared. */
  readonly share: number
  readonly exposed: number
  /** Of the experiment's exposed customers. */
  readonly expectedShare: number
  readonly expected: number
}

/** Whether the arms have as many customers as their shares say. */
export interface SampleRatio {
  readonly chiSquare: number
  readonly degreesOfFreedom: number
  readonly pValue: number
  /** mismatch: the numbers are no accident, and comparing the arms would mislead. too_few: too early to tell. */
  readonly verdict: 'match' | 'mismatch' | 'too_few'
}

/** Reports on the experiments in force. Rejects with StoreUnavailable. */
export type ReportExperiments = () => Promise<ExperimentReport>

export function createReportExperiments(
  snapshots: Pick<Snapshots, 'current'>,
  exposures: Pick<Exposures, 'count'>
): ReportExperiments {
  return async function reportExperiments() {
    const { strategy, version, hash } = snapshots.current()
    const counts = await exposures.count(strategy.experiments.map(({ id }) => id))
    return {
      strategy: { version, hash },
      experiments: strategy.experiments.map((experiment, i) => stateOf(experiment, counts[i]!))
    }
  }
}

function stateOf(experiment: Experiment, counts: ReadonlyMap<string, number>): ExperimentState {
  const { name, layer, when, arms, salt } = experiment
  // What customers meet are whole buckets.
  const widths = arms.map(({ fromBucket, untilBucket }) => untilBucket - fromBucket)
  const width = widths.reduce((sum, each) => sum + each, 0)
  const seen = arms.map(arm => counts.get(arm.name) ?? 0)
  const exposed = seen.reduce((sum, each) => sum + each, 0)
  const states = arms.map((arm, i) => {
    const expectedShare = width === 0 ? 0 : widths[i]! / width
    const expected = exposed * expectedShare
    return { name: arm.name, share: arm.share, exposed: seen[i]!, expectedShare, expected }
  })
  return {
    name,
    layer: layer ?? null,
    salt,
    when: when?.source ?? null,
    exposed,
    arms: states,
    sampleRatio: sampleRatioOf(seen, widths)
  }
}

/**
 * Whether arms have as many customers as they should.
 * @param seen customers by arm
 * @param widths how many there should be, as shares of any total
 */
export function sampleRatioOf(seen: readonly number[], widths: readonly number[]): SampleRatio {
  const fit = goodnessOfFit(seen, widths)
  const all = seen.reduce((sum, each) => sum + each, 0)
  const whole = widths.reduce((sum, each) => sum + each, 0)
  const tooFew = widths.some(width => width > 0 && (all * width) / whole < FEWEST_EXPECTED)
  if (tooFew || widths.length === 0) return { ...fit, verdict: 'too_few' }
  return { ...fit, verdict: fit.pValue < MISMATCH_BELOW ? 'mismatch' : 'match' }
}
