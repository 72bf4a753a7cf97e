import { useCallback, useEffect, useState } from 'preact/hooks'
import type { CustomerKey } from '../../domain/customer.js'
import { ApiProblem, get, type Answer } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useCell } from '../shell/cell.js'
import { language } from '../shell/preferences.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { ErrorNote, Loading } from '../ui/states.js'
import { useCall } from './call.js'
import { ContextFields, contextFields } from './context-fields.js'
import { CustomerCard } from './customer-card.js'
import { LookUp } from './look-up.js'
import { Offers } from './offers.js'
import type { Seat } from './seat.js'
import { DESK_TEXTS } from './texts.js'
import { Timeline } from './timeline.js'

interface OpenCallProps {
  readonly customer: CustomerKey
  readonly seat: Seat
  readonly words: Answer<'Words'>
}

const HISTORY_EVERY_MS = 5000
const HISTORY_ENTRIES = 40

/** A call with one customer. */
export function OpenCall({ customer, seat, words }: OpenCallProps) {
  const texts = useTexts(DESK_TEXTS)
  const [context, setContext] = useState<Readonly<Record<string, string>>>({})
  const call = useCall({ customer, ...seat, context, language: useCell(language) })
  const { profile, history, error, isLoading, retry } = useCustomer(customer)
  const decisionId = call.decision?.decisionId
  // News of the customer is what makes the service decide again.
  useEffect(() => {
    if (decisionId !== undefined) retry()
  }, [decisionId, retry])
  const nameOf = (id: string): string => words.offers.find(each => each.id === id)?.name ?? id
  const title = `${customer.namespace}/${customer.id}`
  return (
    <>
      <LookUp customer={customer} words={words}>
        <ContextFields fields={contextFields(words)} context={context} onChange={setContext} />
        <span class="desk-live">
          <Badge tone={call.isLive ? 'good' : 'warn'}>
            {call.isLive ? texts.live : texts.reconnecting}
          </Badge>
        </span>
      </LookUp>
      <div class="desk-columns">
        <Offers call={call} words={words} history={history} />
        <div class="desk-side">
          {error !== undefined && <ErrorNote error={error} retry={retry} />}
          {isLoading ? (
            <Loading rows={8} />
          ) : (
            <CustomerCard
              customer={profile}
              words={words}
              decided={call.decision?.customer}
              title={title}
            />
          )}
        </div>
        <div class="desk-side">
          <Timeline history={history ?? []} nameOf={nameOf} />
        </div>
      </div>
      <p class="desk-keys note">{texts.keys}</p>
    </>
  )
}

/** The profile, masked, and the history; both undefined of a customer of whom nothing is known. */
function useCustomer({ namespace, id }: CustomerKey) {
  const path = `/v1/customers/${encodeURIComponent(namespace)}/${encodeURIComponent(id)}`
  const ask = useCallback(
    async (signal: AbortSignal) => {
      try {
        const [profile, { history }] = await Promise.all([
          get('Customer', `${path}?personal=masked`, signal),
          get('CustomerHistory', `${path}/history?limit=${HISTORY_ENTRIES}`, signal)
        ])
        return { profile, history }
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return NOBODY
        throw error
      }
    },
    [path]
  )
  const { value, ...state } = useAsked(ask, HISTORY_EVERY_MS)
  return { ...state, profile: value?.profile, history: value?.history }
}

const NOBODY = { profile: undefined, history: [] } as const
