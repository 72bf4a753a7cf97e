import type { Counts, LiveFigures } from '../../decisioning/ports.js'
import type { Reading } from './reading.js'

/** The names of the figures that tell how a service is doing; all of them are those that Prometheus reads. */
export const LIVE = {
  decisions: 'offerd_decisions_total',
  fellBack: 'offerd_decisions_fallback_total',
  degraded: 'offerd_degraded_total',
  events: 'offerd_events_total',
  limits: 'offerd_limits_total',
  modelFailures: 'offerd_model_failures_total',
  shed: 'offerd_shed_total',
  stages: 'offerd_decision_stage_duration_seconds'
} as const

type Values = Reading[number]['values']

/** Reads them as plain numbers. */
export function liveFigures(reading: Reading): LiveFigures {
  const valuesOf = (name: string): Values =>
    reading.find(figure => figure.name === name)?.values ?? []
  return {
    decisions: {
      byChannel: sumBy(valuesOf(LIVE.decisions), 'channel'),
      fellBack: sumBy(valuesOf(LIVE.fellBack), 'channel'),
      degraded: sumBy(valuesOf(LIVE.degraded), 'reason')
    },
    events: sumByTwo(valuesOf(LIVE.events), 'type', 'outcome'),
    limits: sumBy(valuesOf(LIVE.limits), 'outcome'),
    modelFailures: sumBy(valuesOf(LIVE.modelFailures), 'model'),
    shed: sumBy(valuesOf(LIVE.shed), 'class'),
    stages: bucketsOf(valuesOf(LIVE.stages))
  }
}

/** What was counted under each value of a label, whatever the other labels. */
function sumBy(values: Values, label: string): Counts {
  const sums = new Map<string, number>()
  for (const { labels, value } of values) {
    const name = String(labels[label])
    sums.set(name, (sums.get(name) ?? 0) + value)
  }
  return Object.fromEntries(sums)
}

function sumByTwo(values: Values, outer: string, inner: string): Readonly<Record<string, Counts>> {
  const sums = new Map<string, Record<string, number>>()
  for (const { labels, value } of values) {
    const counts = sums.get(String(labels[outer])) ?? {}
    const name = String(labels[inner])
    counts[name] = (counts[name] ?? 0) + value
    sums.set(String(labels[outer]), counts)
  }
  return Object.fromEntries(sums)
}

/** Prometheus' buckets hold what took at most as long as their bound; these hold what is between two bounds. */
function bucketsOf(values: Values): LiveFigures['stages'] {
  const bounds = new Set<number>()
  const passed = new Map<string, number[]>()
  for (const { metricName, labels, value } of values) {
    if (metricName !== `${LIVE.stages}_bucket`) continue
    const { le, stage } = labels
    if (le !== '+Inf') bounds.add(Number(le) * 1000)
    const counts = passed.get(String(stage)) ?? []
    counts.push(value)
    passed.set(String(stage), counts)
  }
  const counts = [...passed].map(
    ([stage, upTo]) => [stage, upTo.map((count, i) => count - (upTo[i - 1] ?? 0))] as const
  )
  return { boundsMs: [...bounds], counts: Object.fromEntries(counts) }
}
