import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Meters } from '../../decisioning/ports.js'

/** The figures of one process: counted through Meters and `answered`, read through `text`. */
export interface PrometheusMeters extends Meters {
  /** Content type of `text`. */
  readonly contentType: string
  /** Everything counted so far, in the text format of Prometheus. */
  text(): Promise<string>
  /** One answered request; `route` is a pattern, never a URL. */
  answered(route: string, method: string, status: number, seconds: number): void
}

/**
 * Most values of one label. Callers name only what the strategy has (an unknown channel never gets as far as a decision), so this
 * is the second net under memory and dashboards: a few hundred series are readable, more are not.
 */
const MOST_VALUES = 200

/** From a twentieth of a millisecond, where a decision without a model is, to the longest timeout. */
const STAGE_BUCKETS_S = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10
]
const REQUEST_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10
]

/** Figures in the format of Prometheus, with those of the process itself under their usual names. */
export function createMeters(): PrometheusMeters {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const figures = createFigures(registry)
  const channel = bounded()
  const type = bounded()
  const reason = bounded()
  const model = bounded()
  const input = bounded()
  const stages = {
    profile: figures.stages.labels('profile'),
    policy: figures.stages.labels('policy'),
    model: figures.stages.labels('model'),
    arbitrate: figures.stages.labels('arbitrate'),
    total: figures.stages.labels('total')
  }
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered(route, method, status, seconds) {
      figures.requests.observe({ route, method, status: String(status) }, seconds)
    },
    decided(inChannel, degraded) {
      figures.decisions.inc({ channel: channel(inChannel) })
      for (const each of degraded) figures.degraded.inc({ reason: reason(each) })
    },
    stageTook(stage, seconds) {
      stages[stage].observe(seconds)
    },
    told(ofType, outcome) {
      figures.events.inc({ type: type(ofType), outcome })
    },
    unknownCategory(ofModel, atInput) {
      figures.unknownCategories.inc({ model: model(ofModel), input: input(atInput) })
    },
    truncated(ofModel, atInput) {
      figures.truncated.inc({ model: model(ofModel), input: input(atInput) })
    },
    modelFailed(ofModel) {
      figures.modelFailures.inc({ model: model(ofModel) })
    },
    reloaded(outcome, version) {
      figures.reloads.inc({ outcome })
      figures.version.set(version)
    }
  }
}

interface Figures {
  readonly requests: Histogram
  readonly decisions: Counter
  readonly degraded: Counter
  readonly stages: Histogram
  readonly events: Counter
  readonly unknownCategories: Counter
  readonly truncated: Counter
  readonly modelFailures: Counter
  readonly reloads: Counter
  readonly version: Gauge
}

/** Every name that the service gives to a figure, with its help and its labels. */
function createFigures(registry: Registry): Figures {
  const counter = (name: string, help: string, labelNames: string[]): Counter =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const histogram = (
    name: string,
    help: string,
    labelNames: string[],
    buckets: number[]
  ): Histogram => new Histogram({ name, help, labelNames, buckets, registers: [registry] })
  return {
    requests: histogram(
      'offerd_http_request_duration_seconds',
      'Answered requests by route, from headers received to answer sent.',
      ['route', 'method', 'status'],
      REQUEST_BUCKETS_S
    ),
    decisions: counter('offerd_decisions_total', 'Answered decisions.', ['channel']),
    degraded: counter('offerd_degraded_total', 'Decisions that did without something.', ['reason']),
    stages: histogram(
      'offerd_decision_stage_duration_seconds',
      'How long the stages of decisions took; total is from receipt to answer.',
      ['stage'],
      STAGE_BUCKETS_S
    ),
    events: counter('offerd_events_total', 'Told events by what became of them.', [
      'type',
      'outcome'
    ]),
    unknownCategories: counter(
      'offerd_unknown_categories_total',
      "Values outside what a model's input declares.",
      ['model', 'input']
    ),
    truncated: counter(
      'offerd_truncated_values_total',
      'Numbers that an integer input of a model could not hold exactly.',
      ['model', 'input']
    ),
    modelFailures: counter(
      'offerd_model_failures_total',
      'Runs of a model that failed or gave no probability; the prior stood in.',
      ['model']
    ),
    reloads: counter('offerd_strategy_loads_total', 'Strategies loaded or refused.', ['outcome']),
    version: new Gauge({
      name: 'offerd_strategy_version',
      help: 'Number of the strategy in force.',
      registers: [registry]
    })
  }
}

/** Passes the first MOST_VALUES different values and turns all others into `other`. */
function bounded(): (value: string) => string {
  const passed = new Set<string>()
  return value => {
    if (passed.has(value)) return value
    if (passed.size >= MOST_VALUES) return 'other'
    passed.add(value)
    return value
  }
}
