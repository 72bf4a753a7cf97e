import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CustomerKey } from '../../domain/customer.js'
import type { DecisionRequest } from '../../domain/decision.js'
import type { IncomingEvent } from '../../domain/interaction.js'
import type { Answer, ApiProblem } from '../api/client.js'
import { openStream, type DecisionStream } from '../api/stream.js'
import { useCell } from '../shell/cell.js'

type PlacedOffer = Answer<'Decision'>['placements'][number]['offers'][number]

/** What the customer said to an offer. */
export type Verdict =
  | { readonly type: 'accept' }
  | { readonly type: 'reject'; readonly reason: string }
  | { readonly type: 'later'; readonly until: string }

/** Where and about what the customer calls. */
export interface CallSubject {
  readonly customer: CustomerKey
  readonly channel: string
  readonly placement: string
  readonly count: number
  readonly context: Readonly<Record<string, string>>
  readonly language: string
}

/** A call: its offers, kept up to date, and what was answered to them. */
export interface Call {
  /** Without the offers that something is being answered to; undefined until the first answer. */
  readonly decision: Answer<'Decision'> | undefined
  readonly problem: ApiProblem | undefined
  readonly isLive: boolean
  /** What was answered in this call, newest first. */
  readonly answered: readonly { readonly offerId: string; readonly verdict: Verdict }[]
  /** The offer leaves the list at once, for the rest of the call; it is back where the service did not take it: rejects with ApiProblem. */
  answer(offer: PlacedOffer, verdict: Verdict): Promise<void>
}

/** Follows a call from when its customer is known until another is opened. */
export function useCall(subject: CallSubject): Call {
  const stream = useStream()
  const isLive = useCell(stream.isOpen)
  const { decision, problem, answered, setAnswered } = useOffers(stream, subject)
  const [leaving, setLeaving] = useState<readonly string[]>([])
  const answer = useCallback(
    async (offer: PlacedOffer, verdict: Verdict) => {
      const { offerId } = offer
      setLeaving(before => [offerId, ...before])
      try {
        await stream.tell(eventsOf(offer, verdict))
        setAnswered(before => [{ offerId, verdict }, ...before])
      } catch (error) {
        setLeaving(before => before.filter(each => each !== offerId))
        throw error
      }
    },
    [stream, setAnswered]
  )
  return { decision: decision && without(decision, leaving), problem, isLive, answered, answer }
}

function without(decision: Answer<'Decision'>, leaving: readonly string[]): Answer<'Decision'> {
  if (leaving.length === 0) return decision
  const placements = decision.placements.map(placement => ({
    ...placement,
    offers: placement.offers.filter(({ offerId }) => !leaving.includes(offerId))
  }))
  return { ...decision, placements }
}

function useStream(): DecisionStream {
  const stream = useMemo(openStream, [])
  useEffect(() => () => stream.close(), [stream])
  return stream
}

function useOffers(stream: DecisionStream, subject: CallSubject) {
  const [decision, setDecision] = useState<Answer<'Decision'>>()
  const [problem, setProblem] = useState<ApiProblem>()
  const [answered, setAnswered] = useState<Call['answered']>([])
  const request = requestOf(subject, answered)
  // Requests are compared by what they say: a screen that is rendered again asks for the same.
  const asked = useRef(request)
  const text = JSON.stringify(request)
  asked.current = request
  useEffect(
    () =>
      stream.subscribe(asked.current, {
        decided(newest) {
          setProblem(undefined)
          setDecision(newest)
        },
        failed: setProblem
      }),
    [stream, text]
  )
  return { decision, problem, answered, setAnswered }
}

function requestOf(subject: CallSubject, answered: Call['answered']): DecisionRequest {
  const { customer, channel, placement, count, context, language } = subject
  return {
    customer,
    channel,
    placements: [{ id: placement, count }],
    context,
    language,
    ...(answered.length > 0 && { exclude: answered.map(({ offerId }) => offerId) }),
    // An offer on this screen was not yet heard by the customer: it counts as shown when something is answered to it.
    options: { explain: 'full', activate: 'on_impression', timeoutMs: 1000 }
  }
}

function eventsOf({ token }: PlacedOffer, verdict: Verdict): IncomingEvent[] {
  return [
    { id: crypto.randomUUID(), type: 'impression', token },
    { id: crypto.randomUUID(), token, ...verdict }
  ]
}
