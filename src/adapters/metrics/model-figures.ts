import { Counter, type Registry } from 'prom-client'
import type { Meters, WatchedModel } from '../../decisioning/ports.js'

/** Two numbers that are counted together under some labels. */
interface Row {
  readonly labels: Readonly<Record<string, string>>
  readonly numbers: readonly [number, number]
}

type RowsOf = (models: readonly WatchedModel[], offers: readonly string[]) => Row[]

/** A figure of two numbers: the name and the help of each. */
interface Figure {
  readonly labelNames: readonly string[]
  readonly rowsOf: RowsOf
  readonly counters: readonly [Named, Named]
}

type Named = readonly [name: string, help: string]

const FIGURES: readonly Figure[] = [
  {
    labelNames: ['model', 'offer'],
    rowsOf: scoreRows,
    counters: [
      ['offerd_model_scores_sum', 'Sum of the scores that a model gave an offer.'],
      ['offerd_model_scores_count', 'Scores that a model gave an offer.']
    ]
  },
  {
    labelNames: ['model', 'input', 'column'],
    rowsOf: rangeRows,
    counters: [
      [
        'offerd_model_values_total',
        'Numbers that a model was asked with, of columns whose training range its file says.'
      ],
      ['offerd_model_values_outside_range_total', 'Those of them outside the training range.']
    ]
  }
]

/**
 * What models count in columns of their own, read when somebody asks, so that it costs decisions nothing here. Only models of the
 * strategy in force have series; those that stay through a reload go on counting.
 */
export function createModelFigures(registry: Registry): Meters['watch'] {
  const watches = FIGURES.map(figure => watchOne(registry, figure))
  return (models, offers) => {
    for (const watch of watches) watch(models, offers)
  }
}

function watchOne(registry: Registry, { labelNames, rowsOf, counters }: Figure): Meters['watch'] {
  let watched: readonly WatchedModel[] = []
  let ids: readonly string[] = []
  /** By labels: what was counted before the last load. */
  let before = new Map<string, Row['numbers']>()

  function rows(): Row[] {
    return rowsOf(watched, ids).flatMap(({ labels, numbers: [one, other] }): Row[] => {
      const [earlier = 0, otherEarlier = 0] = before.get(JSON.stringify(labels)) ?? []
      const numbers = [one + earlier, other + otherEarlier] as const
      return numbers[0] + numbers[1] === 0 ? [] : [{ labels, numbers }]
    })
  }

  counters.forEach(([name, help], i) => {
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset()
        for (const { labels, numbers } of rows()) this.inc(labels, numbers[i])
      }
    })
  })
  return (models, offers) => {
    before = new Map(rows().map(({ labels, numbers }) => [JSON.stringify(labels), numbers]))
    watched = models
    ids = offers
  }
}

function scoreRows(models: readonly WatchedModel[], offers: readonly string[]): Row[] {
  return models.flatMap(({ label: model, tally: { sums, counts } }) =>
    offers.map((offer, i) => ({ labels: { model, offer }, numbers: [sums[i]!, counts[i]!] }))
  )
}

function rangeRows(models: readonly WatchedModel[]): Row[] {
  return models.flatMap(({ label: model, plan }) =>
    [...plan.shared, ...plan.byOffer].flatMap(({ input, label: column, range }): Row[] =>
      range === undefined
        ? []
        : [{ labels: { model, input, column }, numbers: [range.values, range.outside] }]
    )
  )
}
