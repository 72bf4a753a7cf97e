import { measure } from '../../src/learning/bootstrap.js'
import {
  createLogSummer,
  type LoggedDecision,
  type LogSums
} from '../../src/learning/off-policy.js'

/** The sums of a log; with a reward model where its first decision has predictions. */
export function sumsOf(decisions: readonly LoggedDecision[]): LogSums {
  const summer = createLogSummer({ modelled: decisions[0]?.predicted !== undefined })
  for (const decision of decisions) summer.add(decision)
  return summer.finish()
}

/** The value of every estimator by its id, whatever a verdict would say. */
export function valuesOf(decisions: readonly LoggedDecision[]): Record<string, number> {
  const { estimators, logged } = sumsOf(decisions)
  const once = new Float64Array(logged.rows.length).fill(1)
  return Object.fromEntries(
    estimators.map(({ id, statistic }) => [id, measure(statistic, once).value])
  )
}
