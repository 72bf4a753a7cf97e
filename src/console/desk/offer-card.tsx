import type { Answer } from '../api/client.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import type { Verdict } from './call.js'
import { reasonsOf, type History } from './explanation.js'
import type { Asking } from './keys.js'
import { AskLater, AskReason } from './questions.js'
import { DESK_TEXTS } from './texts.js'

type Offer = Answer<'Decision'>['placements'][number]['offers'][number]

interface OfferCardProps {
  readonly at: number
  readonly offer: Offer
  readonly name: string
  readonly decision: Answer<'Decision'>
  readonly history: History | undefined
  readonly words: Answer<'Words'>
  readonly isFallback: boolean
  readonly isChosen: boolean
  onChoose(): void
  readonly asking: Asking['type'] | undefined
  onAsk(type: Asking['type'] | undefined): void
  onAnswer(verdict: Verdict): void
}

/** What an agent finds in an offer's content; every member is the strategy's own choice. */
interface Script {
  readonly headline?: unknown
  readonly script?: unknown
  readonly text?: unknown
}

const MOST_REASONS = 4

/** One offer: what to say, why it, how likely and worth what, and the three answers. */
export function OfferCard(props: OfferCardProps) {
  const { at, offer, name, isChosen, isFallback, asking, onAnswer, onAsk } = props
  const { headline, script, text } = (offer.content ?? {}) as Script
  const title = typeof headline === 'string' ? headline : name
  const spoken = [script, text].find(each => typeof each === 'string')
  return (
    <li
      class={`card desk-offer ${isChosen ? 'is-chosen' : ''}`}
      aria-current={isChosen ? 'true' : undefined}
      onClick={props.onChoose}
    >
      <header class="desk-offer-head">
        {!isFallback && (
          <kbd class="desk-key" aria-hidden="true">
            {at + 1}
          </kbd>
        )}
        <h2>{title}</h2>
        {title !== name && <span class="note desk-offer-name">{name}</span>}
        <Figures offer={offer} currency={props.words.currency} />
      </header>
      {spoken !== undefined && <p class="desk-script">{spoken}</p>}
      {!isFallback && <Reasons {...props} />}
      {!isFallback && asking === undefined && <Answers {...props} title={title} />}
      {asking === 'reject' && <AskReason onAnswer={onAnswer} onCancel={() => onAsk(undefined)} />}
      {asking === 'later' && <AskLater onAnswer={onAnswer} onCancel={() => onAsk(undefined)} />}
    </li>
  )
}

function Figures({ offer, currency }: { readonly offer: Offer; readonly currency: string }) {
  const texts = useTexts(DESK_TEXTS)
  const format = useFormat()
  const { propensity, factors } = offer
  return (
    <dl class="desk-figures">
      {propensity !== undefined && (
        <div title={texts.propensityHint(format.percent(propensity.value))}>
          <dt>{texts.propensity}</dt>
          <dd>{format.percent(propensity.value)}</dd>
        </div>
      )}
      {factors !== undefined && (
        <div title={texts.valueHint}>
          <dt>{texts.value}</dt>
          <dd>{format.money(Math.round(factors.v), currency)}</dd>
        </div>
      )}
    </dl>
  )
}

function Reasons({ offer, decision, history }: OfferCardProps) {
  const texts = useTexts(DESK_TEXTS)
  const format = useFormat()
  const reasons = reasonsOf(offer.offerId, decision, history, texts.words, format)
  if (reasons.length === 0) return null
  const rest = reasons.slice(MOST_REASONS)
  return (
    <div class="desk-reasons">
      <span class="desk-why">{texts.why}</span>
      <ul>
        {reasons.slice(0, MOST_REASONS).map(each => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      {rest.length > 0 && (
        <details>
          <summary>{texts.more(rest.length)}</summary>
          <ul>
            {rest.map(each => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

/** The buttons carry the strategy's own labels where a treatment has them. */
function Answers(props: OfferCardProps & { readonly title: string }) {
  const texts = useTexts(DESK_TEXTS)
  const { offer, title, onAnswer, onAsk } = props
  const labels = (offer.labels ?? {}) as Readonly<Record<string, unknown>>
  const labelOf = (name: string, ours: string): string =>
    typeof labels[name] === 'string' ? labels[name] : ours
  const button = (key: string, own: string, ours: string, look: string, act: () => void) => {
    const label = labelOf(own, ours)
    return (
      <button
        type="button"
        class={`button ${look}`}
        title={ours}
        aria-keyshortcuts={key}
        onClick={act}
      >
        {label}
        <span class="unseen">: {title}</span> <kbd aria-hidden="true">{key.toUpperCase()}</kbd>
      </button>
    )
  }
  return (
    <div class="desk-answers">
      {button('a', 'accept', texts.accept, 'primary', () => onAnswer({ type: 'accept' }))}
      {button('d', 'decline', texts.decline, '', () => onAsk('reject'))}
      {button('l', 'later', texts.later, '', () => onAsk('later'))}
    </div>
  )
}
