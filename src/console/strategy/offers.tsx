import { useMemo, useState } from 'preact/hooks'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge, type Tone } from '../ui/badge.js'
import { Field } from '../ui/field.js'
import { Empty } from '../ui/states.js'
import { WrittenAt } from '../ui/written.js'
import { OfferBody } from './offer-body.js'
import type { Details, Offer } from './details.js'
import { STRATEGY_TEXTS } from './texts.js'

const STATES = ['active', 'scheduled', 'ended', 'fallback', 'unplaced'] as const
type State = (typeof STATES)[number]

const TONES: Readonly<Record<State, Tone>> = {
  active: 'good',
  scheduled: 'accent',
  ended: 'plain',
  fallback: 'plain',
  unplaced: 'warn'
}

/** How many are listed before one asks for more. */
const PAGE = 100

/** The offers, searched and filtered; each opens to all that decides about it. */
export function Offers({ details }: { readonly details: Details }) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const [words, search] = useState('')
  const [state, chooseState] = useState('')
  const [group, chooseGroup] = useState('')
  const [most, showMore] = useState(PAGE)
  const texted = useMemo(
    () => details.offers.map(offer => [offer, JSON.stringify(offer).toLowerCase()] as const),
    [details]
  )
  const wanted = words.toLowerCase().split(/\s+/)
  const found = texted
    .filter(([offer, text]) => {
      const fits =
        (state === '' || stateOf(offer) === state) && (group === '' || offer.group === group)
      return fits && wanted.every(word => text.includes(word))
    })
    .map(([offer]) => offer)
  return (
    <div class="strategy-stack">
      <div class="strategy-filters">
        <Field label={texts.search}>
          <input
            type="search"
            value={words}
            placeholder={texts.searchHint}
            onInput={({ currentTarget }) => search(currentTarget.value)}
          />
        </Field>
        <Field label={texts.state}>
          <select value={state} onChange={({ currentTarget }) => chooseState(currentTarget.value)}>
            <option value="">{texts.all}</option>
            {STATES.map(each => (
              <option key={each} value={each}>
                {texts.states[each]}
              </option>
            ))}
          </select>
        </Field>
        <Field label={texts.group}>
          <select value={group} onChange={({ currentTarget }) => chooseGroup(currentTarget.value)}>
            <option value="">{texts.all}</option>
            {details.groups.map(({ id }) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </Field>
        <p class="note strategy-count" role="status">
          {texts.shown(found.length, details.offers.length)}
        </p>
      </div>
      {found.length === 0 && <Empty title={texts.nothing}>{texts.nothingHint}</Empty>}
      <ul class="offer-list">
        {found.slice(0, most).map(offer => (
          <li key={offer.id}>
            <OfferEntry offer={offer} details={details} />
          </li>
        ))}
      </ul>
      {found.length > most && (
        <button type="button" class="button" onClick={() => showMore(most + PAGE)}>
          {texts.more} ({format.number(found.length - most)})
        </button>
      )}
    </div>
  )
}

function OfferEntry({ offer, details }: { readonly offer: Offer; readonly details: Details }) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const [isOpen, open] = useState(false)
  const state = stateOf(offer)
  const { value } = offer
  return (
    <details class="offer" onToggle={({ currentTarget }) => open(currentTarget.open)}>
      <summary>
        <span>
          <span class="offer-name">{offer.name}</span> <code>{offer.id}</code>
        </span>
        <span>
          <Badge tone={TONES[state]}>{texts.states[state]}</Badge>
        </span>
        <span class="note">
          {offer.issue} › {offer.group}
          {offer.mandatory && ` · ${texts.mandatory}`}
        </span>
        <span>
          {typeof value === 'number' ? format.money(value, details.currency) : <code>ƒ</code>}
        </span>
        <WrittenAt place={offer.place} />
      </summary>
      {isOpen && <OfferBody offer={offer} details={details} />}
    </details>
  )
}

/** What the offer does at this moment. */
function stateOf({ from, until, fallbackOnly, treatments }: Offer): State {
  const nowMs = Date.now()
  if (from !== null && Date.parse(from) > nowMs) return 'scheduled'
  if (until !== null && Date.parse(until) <= nowMs) return 'ended'
  if (treatments.length === 0) return 'unplaced'
  return fallbackOnly ? 'fallback' : 'active'
}
