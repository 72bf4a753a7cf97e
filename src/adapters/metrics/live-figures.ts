import type { Counter } from 'prom-client'
import type { Counts, LiveFigures } from '../../decisioning/ports.js'
import type { BoundHistogram } from './bound-histogram.js'

/** The figures of a process that tell how it is doing; all of them are those that Prometheus reads. */
export interface LiveSources {
  readonly decisions: Counter
  readonly fellBack: Counter
  readonly degraded: Counter
  readonly events: Counter
  readonly limits: Counter
  readonly modelFailures: Counter
  readonly stages: BoundHistogram
}

/** Reads the counters as plain numbers. */
export async function liveFigures(sources: LiveSources): Promise<LiveFigures> {
  const { decisions, fellBack, degraded, events, limits, modelFailures, stages } = sources
  return {
    decisions: {
      byChannel: await sumBy(decisions, 'channel'),
      fellBack: await sumBy(fellBack, 'channel'),
      degraded: await sumBy(degraded, 'reason')
    },
    events: await sumByTwo(events, 'type', 'outcome'),
    limits: await sumBy(limits, 'outcome'),
    modelFailures: await sumBy(modelFailures, 'model'),
    stages: {
      boundsMs: stages.bounds.map(seconds => seconds * 1000),
      counts: Object.fromEntries(
        stages.counts().map(({ labels, buckets }) => [String(labels['stage']), buckets])
      )
    }
  }
}

/** What was counted under each value of a label, whatever the other labels. */
async function sumBy(counter: Counter, label: string): Promise<Counts> {
  const sums = new Map<string, number>()
  for (const { labels, value } of (await counter.get()).values) {
    const name = String(labels[label])
    sums.set(name, (sums.get(name) ?? 0) + value)
  }
  return Object.fromEntries(sums)
}

async function sumByTwo(
  counter: Counter,
  outer: string,
  inner: string
): Promise<Readonly<Record<string, Counts>>> {
  const sums = new Map<string, Record<string, number>>()
  for (const { labels, value } of (await counter.get()).values) {
    const counts = sums.get(String(labels[outer])) ?? {}
    const name = String(labels[inner])
    counts[name] = (counts[name] ?? 0) + value
    sums.set(String(labels[outer]), counts)
  }
  return Object.fromEntries(sums)
}
