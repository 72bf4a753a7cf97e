import { AggregatorRegistry, type MetricValue, type Registry } from 'prom-client'

/** One figure with its series, as plain values that can be sent to another process. */
export interface Figure {
  readonly name: string
  readonly help: string
  readonly type: string
  /** How the values of several processes become one: sum, min, max, average, first or omit. */
  readonly aggregator: string
  readonly values: ReadonlyArray<MetricValue<string> & { readonly metricName?: string }>
}

/** All figures of one process at a moment, or what those of several come to. */
export type Reading = readonly Figure[]

/** Reads a registry. */
export async function readingOf(registry: Pick<Registry, 'getMetricsAsJSON'>): Promise<Reading> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as Figure[]
  return metrics.map(({ name, help, type, aggregator, values }) => ({
    name,
    help,
    type,
    aggregator,
    values
  }))
}

/** What the figures of several processes come to, each series by its figure's aggregator. */
export function together(all: readonly Reading[]): Registry {
  return AggregatorRegistry.aggregate([...all])
}

/** What stays true of processes that have ended: what they counted, and not how they were. */
export async function sumOfEnded(all: readonly Reading[]): Promise<Reading> {
  const counted = all.map(reading =>
    reading.filter(({ type }) => type === 'counter' || type === 'histogram')
  )
  return readingOf(together(counted))
}
