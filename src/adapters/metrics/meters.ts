import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Lexicon } from '../../domain/customer.js'
import type { LiveFigures, Meters } from '../../decisioning/ports.js'
import { BoundHistogram, type Series } from './bound-histogram.js'
import { createJournalFigures } from './journal-figures.js'
import { createLoadFigures, type LoadFigures } from './load-figures.js'
import { LIVE, liveFigures } from './live-figures.js'
import { createModelFigures } from './model-figures.js'
import { readingOf, together, type Reading } from './reading.js'

/** The figures of one process, counted through Meters and `route`, and how they are read. */
export interface PrometheusMeters extends Meters, LoadFigures {
  /** Content type of `text`. */
  readonly contentType: string
  /** Everything counted so far, by all workers where there are several, in the text format of Prometheus. */
  text(): Promise<string>
  /** The same counts as numbers, those that tell how the service is doing. */
  live(): Promise<LiveFigures>
  /** The figures of this process alone. */
  own(): Promise<Reading>
  /** Counts the answers of one route; `route` is a pattern, never a URL. To be asked for once a route. */
  route(route: string, method: string): (status: number, seconds: number) => void
}

export interface MetersOptions {
  /** The words of the strategy in force: names outside them are counted as `other`, so that no caller can invent series. */
  lexicon(): Lexicon
  /** The figures of all workers, this process's among them; undefined where it serves alone. */
  readonly ofAll?: (() => Promise<readonly Reading[]>) | undefined
}

/** From a twentieth of a millisecond, where a decision without a model is, to the longest timeout. */
const STAGE_BUCKETS_S = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10
]
const REQUEST_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10
]

/** Figures in the format of Prometheus, with those of the process itself under their usual names. */
export function createMeters({ lexicon, ofAll }: MetersOptions): PrometheusMeters {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const figures = createFigures(registry)
  const shown = async (): Promise<Registry> =>
    ofAll === undefined ? registry : together(await ofAll())
  const knownChannel = known(lexicon, words => words.channels)
  const knownType = known(lexicon, words => words.types)
  const stages = {
    profile: figures.stages.bind({ stage: 'profile' }),
    policy: figures.stages.bind({ stage: 'policy' }),
    model: figures.stages.bind({ stage: 'model' }),
    arbitrate: figures.stages.bind({ stage: 'arbitrate' }),
    total: figures.stages.bind({ stage: 'total' })
  }
  return {
    contentType: registry.contentType,
    text: async () => (await shown()).metrics(),
    live: async () => liveFigures(await readingOf(await shown())),
    own: () => readingOf(registry),
    route(route, method) {
      const byStatus = new Map<number, Series>()
      return (status, seconds) => {
        let series = byStatus.get(status)
        if (series === undefined) {
          series = figures.requests.bind({ route, method, status })
          byStatus.set(status, series)
        }
        series.observe(seconds)
      }
    },
    ...createLoadFigures(registry),
    decided(channel, degraded, fellBack) {
      const labels = { channel: knownChannel(channel) }
      figures.decisions.inc(labels)
      if (fellBack) figures.fellBack.inc(labels)
      for (const reason of degraded) figures.degraded.inc({ reason })
    },
    stageTook(stage, seconds) {
      stages[stage].observe(seconds)
    },
    told(type, outcome) {
      const told = outcome === 'repeated' ? 'duplicate' : outcome
      figures.events.inc({ type: knownType(type), outcome: told })
    },
    unknownCategory(model, input) {
      figures.unknownCategories.inc({ model, input })
    },
    truncated(model, input) {
      figures.truncated.inc({ model, input })
    },
    modelFailed(model) {
      figures.modelFailures.inc({ model })
    },
    shadowScored(model, outcome, decisions) {
      figures.shadows.inc({ model, outcome }, decisions)
    },
    responded(kind, offer, channel) {
      figures.responses[kind].inc({ offer, channel: knownChannel(channel ?? 'other') })
    },
    watch: figures.watch,
    limitMet(quota, outcome) {
      figures.limits.inc({ quota, outcome })
    },
    journalStands: figures.journal,
    learnt(outcome, lessons) {
      figures.lessons.inc({ outcome }, lessons)
    },
    learnerLags(seconds) {
      figures.learnerLag.set(seconds)
    },
    renewed(outcome) {
      figures.renewals.inc({ outcome })
    },
    reloaded(outcome, version) {
      figures.reloads.inc({ outcome })
      figures.version.set(version)
    }
  }
}

interface Figures {
  readonly requests: BoundHistogram
  readonly decisions: Counter
  readonly fellBack: Counter
  readonly degraded: Counter
  readonly stages: BoundHistogram
  readonly events: Counter
  readonly unknownCategories: Counter
  readonly truncated: Counter
  readonly modelFailures: Counter
  readonly shadows: Counter
  readonly responses: Readonly<Record<'impression' | 'positive', Counter>>
  readonly watch: Meters['watch']
  readonly limits: Counter
  readonly journal: Meters['journalStands']
  readonly lessons: Counter
  readonly learnerLag: Gauge
  readonly renewals: Counter
  readonly reloads: Counter
  readonly version: Gauge
}

/** Every name that the service gives to a figure, with its help and its labels. */
function createFigures(registry: Registry): Figures {
  const counter = (name: string, help: string, labelNames: string[]): Counter =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const histogram = (name: string, help: string, bounds: readonly number[]): BoundHistogram => {
    const made = new BoundHistogram(name, help, bounds)
    registry.registerMetric(made)
    return made
  }
  return {
    requests: histogram(
      'offerd_http_request_duration_seconds',
      'Answered requests by route, from headers received to answer sent.',
      REQUEST_BUCKETS_S
    ),
    decisions: counter(LIVE.decisions, 'Answered decisions.', ['channel']),
    fellBack: counter(
      LIVE.fellBack,
      'Decisions in which a placement had no offer to show but its fallback.',
      ['channel']
    ),
    degraded: counter(LIVE.degraded, 'Decisions that did without something.', ['reason']),
    stages: histogram(
      LIVE.stages,
      'How long the stages of decisions took; total is from receipt to answer.',
      STAGE_BUCKETS_S
    ),
    events: counter(LIVE.events, 'Told events by what became of them.', ['type', 'outcome']),
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
      LIVE.modelFailures,
      'Runs of a model that failed or gave no probability; the prior stood in.',
      ['model']
    ),
    shadows: counter(
      'offerd_shadow_decisions_total',
      'Decisions that a shadow model scored, failed to score, or was not asked to score in time.',
      ['model', 'outcome']
    ),
    responses: {
      impression: counter('offerd_offer_impressions_total', 'Told impressions of offers.', [
        'offer',
        'channel'
      ]),
      positive: counter(
        'offerd_offer_positives_total',
        "Told interactions that are an offer's success.",
        ['offer', 'channel']
      )
    },
    watch: createModelFigures(registry),
    limits: counter(LIVE.limits, 'What strict limits were asked for and came to.', [
      'quota',
      'outcome'
    ]),
    journal: createJournalFigures(registry),
    lessons: counter(
      'offerd_lessons_total',
      'What events about offers that adapt came to: learnt, known, dropped, no_touch, no_record or unused.',
      ['outcome']
    ),
    learnerLag: new Gauge({
      name: 'offerd_learner_lag_seconds',
      help: 'For how long the oldest lesson has waited; 0 on processes that are not the learner.',
      registers: [registry],
      aggregator: 'max'
    }),
    renewals: counter(
      'offerd_subscription_looks_total',
      'Answers of subscriptions that were decided again, by what became of them.',
      ['outcome']
    ),
    reloads: counter('offerd_strategy_loads_total', 'Strategies loaded or refused.', ['outcome']),
    version: new Gauge({
      name: 'offerd_strategy_version',
      help: 'Number of the strategy in force; of several workers, the lowest.',
      registers: [registry],
      aggregator: 'min'
    })
  }
}

/** Passes the words of the strategy in force and turns all others into `other`. */
function known(
  lexicon: () => Lexicon,
  wordsOf: (words: Lexicon) => readonly string[]
): (word: string) => string {
  let from: Lexicon | undefined
  let words: ReadonlySet<string> = new Set()
  return word => {
    const current = lexicon()
    if (current !== from) {
      from = current
      words = new Set(wordsOf(current))
    }
    return words.has(word) ? word : 'other'
  }
}
