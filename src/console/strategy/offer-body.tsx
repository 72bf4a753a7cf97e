import { useFormat, type Format } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Facts, type Fact } from '../ui/facts.js'
import { Written, WrittenAt } from '../ui/written.js'
import type { Details, Offer } from './details.js'
import { STRATEGY_TEXTS } from './texts.js'

/** All that decides about an offer. */
export function OfferBody(props: { readonly offer: Offer; readonly details: Details }) {
  const { offer } = props
  const texts = useTexts(STRATEGY_TEXTS)
  return (
    <div class="offer-body">
      <section>
        <h2>{texts.policies}</h2>
        {offer.policies.length === 0 && <p class="note">{texts.noPolicies}</p>}
        <ul class="policy-list">
          {offer.policies.map(({ stage, owner, text, place }) => (
            <li key={place}>
              <p class="policy-head">
                <Badge>{texts.stages[stage] ?? stage}</Badge>
                <span class="note">{texts.writtenFor(owner)}</span>
                <WrittenAt place={place} />
              </p>
              <Written text={text} />
            </li>
          ))}
        </ul>
      </section>
      <Worth {...props} />
      <Shown {...props} />
    </div>
  )
}

interface OfOffer {
  readonly offer: Offer
  readonly details: Details
}

/** What makes its priority. */
function Worth({ offer, details }: OfOffer) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const { value, levers, leverFactor, propensity } = offer
  const signed = (percent: number): string =>
    `${percent > 0 ? '+' : ''}${format.number(percent, 1)} %`
  const { model, prior, adapts, evidence, positive } = propensity
  const facts: readonly Fact[] = [
    [
      texts.value,
      typeof value === 'number' ? (
        format.money(value, details.currency)
      ) : (
        <>
          <Written text={value.text} /> <WrittenAt place={value.place} />
        </>
      )
    ],
    ...(offer.cost === 0
      ? []
      : [[texts.cost, format.money(offer.cost, details.currency)] as const]),
    [
      texts.lever,
      <>
        × {format.number(leverFactor, 3)}{' '}
        <span class="note">
          {texts.leverParts(signed(levers.issue), signed(levers.group), signed(levers.offer))}
        </span>
      </>
    ],
    [
      texts.propensity,
      [
        ...(model === null ? [] : [texts.model(model)]),
        texts.prior(format.number(prior, 4)),
        adapts ? texts.adapts(format.number(evidence)) : texts.fixed
      ].join(' · ')
    ],
    [texts.success, <code>{positive}</code>]
  ]
  return <Facts facts={facts} />
}

/** When, where and to whom it may be shown. */
function Shown({ offer, details }: OfOffer) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const { tags, purposes, treatments, quotas } = offer
  const textOf = new Map(details.quotas.map(({ id, text }) => [id, text]))
  const facts: readonly Fact[] = [
    [texts.validity, validityText(offer, texts, format)],
    ...(purposes.length === 0 ? [] : [[texts.purposes, purposes.join(', ')] as const]),
    ...(tags.length === 0 ? [] : [[texts.tags, <code>{tags.join(' ')}</code>] as const]),
    [
      texts.treatments,
      treatments.length === 0
        ? texts.noTreatments
        : treatments.map(({ id, placements }) => (
            <div key={id}>
              <code>{id}</code> <span class="note">{placements.join(', ')}</span>
            </div>
          ))
    ],
    ...(quotas.length === 0
      ? []
      : [[texts.quotas, quotas.map(id => <div key={id}>{textOf.get(id) ?? id}</div>)] as const])
  ]
  return <Facts facts={facts} />
}

function validityText(
  { from, until }: Offer,
  texts: { always: string; from(time: string): string; until(time: string): string },
  format: Format
): string {
  const bounds = [
    ...(from === null ? [] : [texts.from(format.dateTime(from))]),
    ...(until === null ? [] : [texts.until(format.dateTime(until))])
  ]
  return bounds.length === 0 ? texts.always : bounds.join(' ')
}
