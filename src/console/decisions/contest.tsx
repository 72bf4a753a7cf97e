import { useFormat, type Format } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Table } from '../ui/table.js'
import { Written } from '../ui/written.js'
import { Losers } from './losers.js'
import type { Decision, Explanation } from './recorded.js'
import { Sum } from './sum.js'
import { DECISION_TEXTS } from './texts.js'

type Placed = Decision['placements'][number]['offers'][number]

/** Who competed: what was shown, who was outranked, and what it takes to win. */
export function Contest(props: {
  readonly decision: Decision
  readonly pages: readonly Explanation[]
}) {
  const { decision, pages } = props
  return (
    <>
      <Winners decision={decision} />
      <Losers pages={pages} />
      <Weights explanation={pages[0]!} />
    </>
  )
}

function Winners({ decision }: { readonly decision: Decision }) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  const rows = decision.placements.flatMap(({ id, fallback, offers }) =>
    offers.map(offer => ({ placement: id, fallback, offer }))
  )
  return (
    <Card title={texts.winners}>
      <Table
        caption={texts.winners}
        rows={rows}
        keyOf={({ placement, offer }) => `${placement} ${offer.offerId}`}
        columns={[
          {
            head: texts.offer,
            cell: ({ placement, fallback, offer }) => (
              <>
                <strong>{offer.offerId}</strong>
                <div class="note">
                  {placement} · {offer.rank}
                  {fallback && ` · ${texts.fallback}`}
                </div>
              </>
            )
          },
          {
            head: texts.calculation,
            cell: ({ offer }) =>
              offer.factors === undefined || offer.priority === undefined ? (
                '–'
              ) : (
                <Sum priority={offer.priority} factors={offer.factors} />
              )
          },
          { head: texts.propensity, cell: ({ offer }) => propensityText(offer, texts, format) },
          {
            head: texts.probability,
            cell: ({ offer: { probability } }) =>
              probability === undefined || probability === null ? '–' : format.percent(probability),
            isNumber: true
          }
        ]}
      />
    </Card>
  )
}

/** Where a propensity comes from: model cards@3, learnt from 830 impressions. */
function propensityText(
  { propensity }: Placed,
  texts: { sources: Readonly<Record<string, string>>; evidence(count: string): string },
  format: Format
): string {
  if (propensity === undefined) return '–'
  const { source, model, evidence } = propensity
  return [
    texts.sources[source] ?? source,
    ...(model === undefined ? [] : [model]),
    ...(evidence === 0 ? [] : [texts.evidence(format.number(evidence))])
  ].join(' · ')
}

/** The context weights that held in the moment of the decision. */
function Weights({ explanation }: { readonly explanation: Explanation }) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  const weights = explanation.contextWeights ?? []
  if (weights.length === 0) return null
  return (
    <Card title={texts.contextWeights}>
      <Table
        caption={texts.contextWeights}
        rows={weights}
        keyOf={({ when, target }) => `${target} ${when}`}
        columns={[
          { head: texts.offers, cell: ({ target }) => target },
          {
            head: '%',
            cell: ({ weight }) => `${weight > 0 ? '+' : ''}${format.number(weight, 1)}`,
            isNumber: true
          },
          { head: texts.reason, cell: ({ when }) => <Written text={when} /> }
        ]}
      />
    </Card>
  )
}
