import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiProblem, type Answer } from '../api/client.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { announce } from '../ui/announce.js'
import { Badge } from '../ui/badge.js'
import { ErrorNote, Loading } from '../ui/states.js'
import type { Call, Verdict } from './call.js'
import type { History } from './explanation.js'
import { useDeskKeys, type Asking } from './keys.js'
import { OfferCard } from './offer-card.js'
import { DESK_TEXTS } from './texts.js'

export interface OffersProps {
  readonly call: Call
  readonly words: Answer<'Words'>
  readonly history: History | undefined
}

/** The next best offers of a call, and what the customer says to them. */
export function Offers({ call, words, history }: OffersProps) {
  const texts = useTexts(DESK_TEXTS)
  const { decision, problem } = call
  if (decision === undefined)
    return problem === undefined ? <Loading rows={9} /> : <ErrorNote error={problem} />
  const placement = decision.placements[0]!
  return (
    <section class="desk-offers" aria-label={texts.offers}>
      {problem !== undefined && <ErrorNote error={problem} />}
      {decision.degraded.length > 0 && (
        <Badge tone="warn">{texts.degraded(decision.degraded.join(', '))}</Badge>
      )}
      {placement.fallback && (
        <div class="desk-note" role="status">
          <strong>{texts.fallbackOnly}</strong> {texts.fallbackHint}
        </div>
      )}
      <OfferList call={call} words={words} history={history} decision={decision} />
    </section>
  )
}

function OfferList(props: OffersProps & { readonly decision: Answer<'Decision'> }) {
  const { call, words, history, decision } = props
  const texts = useTexts(DESK_TEXTS)
  const format = useFormat()
  const { offers } = decision.placements[0]!
  const [chosen, setChosen] = useState(0)
  const [asking, setAsking] = useState<Asking>()
  const [error, setError] = useState<ApiProblem>()
  const nameOf = (id: string): string => words.offers.find(each => each.id === id)?.name ?? id
  useAnnouncement(offers.map(({ offerId }) => nameOf(offerId)))

  const answer = async (at: number, verdict: Verdict): Promise<void> => {
    const offer = offers[at]
    if (offer === undefined) return
    setAsking(undefined)
    setError(undefined)
    try {
      await call.answer(offer, verdict)
      setChosen(0)
      announce(saidOf(verdict, nameOf(offer.offerId)))
    } catch (reason) {
      setError(reason instanceof ApiProblem ? reason : undefined)
    }
  }
  const saidOf = (verdict: Verdict, name: string): string => {
    if (verdict.type === 'accept') return texts.accepted(name)
    if (verdict.type === 'reject') return texts.declined(name)
    return texts.postponed(name, format.date(verdict.until))
  }
  const isFallback = decision.placements[0]!.fallback
  useDeskKeys({
    count: isFallback ? 0 : offers.length,
    chosen,
    choose: setChosen,
    ask: setAsking,
    accept: at => void answer(at, { type: 'accept' })
  })
  return (
    <>
      {error !== undefined && <ErrorNote error={error} />}
      <ol class="desk-offer-list">
        {offers.map((offer, at) => (
          <OfferCard
            key={offer.offerId}
            at={at}
            offer={offer}
            name={nameOf(offer.offerId)}
            {...{ decision, history, words, isFallback }}
            isChosen={at === chosen && !isFallback}
            onChoose={() => setChosen(at)}
            asking={asking?.at === at ? asking.type : undefined}
            onAsk={type => setAsking(type && { at, type })}
            onAnswer={verdict => void answer(at, verdict)}
          />
        ))}
      </ol>
      {call.answered.length > 0 && (
        <p class="desk-answered">
          <strong>{texts.answered}</strong>
          {call.answered.map(({ offerId, verdict }) => (
            <Badge key={offerId} tone={verdict.type === 'accept' ? 'good' : 'plain'}>
              {saidOf(verdict, nameOf(offerId))}
            </Badge>
          ))}
        </p>
      )}
    </>
  )
}

/** Reads new names out; those of the first list too, since it comes after the screen. */
function useAnnouncement(names: readonly string[]): void {
  const texts = useTexts(DESK_TEXTS)
  const last = useRef('')
  const list = names.join(', ')
  useEffect(() => {
    if (list !== last.current) announce(texts.newList(list))
    last.current = list
  }, [list, texts])
}
