import type { Legend, LegendArm, LegendOffer } from '../trace/legend.js'
import type { Trace } from '../trace/trace.js'

/** The experiments that the customer was in, where it was in any. */
export function experimentsText({ experiments }: Trace, legend: Legend): string {
  if (experiments.length === 0) return ''
  const parts = armsIn(experiments, legend).map(({ experiment, arm, exposed }) =>
    JSON.stringify({ name: experiment, arm: arm.name, exposed })
  )
  return `,"experiments":[${parts.join(',')}]`
}

/** The value and the formula that held for an offer: the strategy's own, or those of the last arm that changed them. */
export function valuedBy(
  offer: number,
  { experiments }: Trace,
  legend: Legend
): { value: LegendOffer['value']; formula: string | undefined } {
  let { value } = legend.offers[offer]!
  let { formula } = legend
  for (const { arm } of armsIn(experiments, legend)) {
    value = arm.values.find(([of]) => of === offer)?.[1] ?? value
    formula = arm.formula ?? formula
  }
  return { value, formula }
}

/** The arms of a decision, in the order of the experiments. */
function armsIn(
  experiments: Trace['experiments'],
  legend: Legend
): ReadonlyArray<{ experiment: string; arm: LegendArm; exposed: boolean }> {
  return experiments
    .toSorted(([one], [other]) => one - other)
    .map(([number, arm, exposed]) => {
      const { name, arms } = legend.experiments[number]!
      return { experiment: name, arm: arms[arm]!, exposed }
    })
}
