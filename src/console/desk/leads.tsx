import { useCallback } from 'preact/hooks'
import { useAsked } from '../api/polled.js'
import { addressOf } from '../shell/router.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { findLeads, type Lead } from './find-leads.js'
import { DESK_TEXTS } from './texts.js'

const EVERY_MS = 15_000

interface LeadsProps {
  /** Of the customers who can be called. */
  readonly namespace: string
  nameOf(offerId: string): string
}

/** Whom to call next, while no call is open. */
export function Leads({ namespace, nameOf }: LeadsProps) {
  const texts = useTexts(DESK_TEXTS)
  const ask = useCallback((signal: AbortSignal) => findLeads(namespace, signal), [namespace])
  const { value, error, isLoading, retry } = useAsked(ask, EVERY_MS)
  return (
    <Card title={texts.leads}>
      {isLoading && <Loading rows={5} />}
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {value !== undefined && value.leads.length === 0 && (
        <Empty title={texts.noLeads}>{texts.noLeadsHint}</Empty>
      )}
      {value !== undefined && value.leads.length > 0 && (
        <>
          <p class="note">{texts.leadsNote(value.customers)}</p>
          <ol class="desk-leads">
            {value.leads.map(lead => (
              <LeadLine
                key={`${lead.customer.namespace}/${lead.customer.id}`}
                lead={lead}
                nameOf={nameOf}
              />
            ))}
          </ol>
        </>
      )}
    </Card>
  )
}

function LeadLine({ lead, nameOf }: { readonly lead: Lead; nameOf(offerId: string): string }) {
  const texts = useTexts(DESK_TEXTS)
  const format = useFormat()
  const { customer, offerId, why, atMs } = lead
  const id = `${customer.namespace}/${customer.id}`
  const name = nameOf(offerId)
  return (
    <li>
      <a href={addressOf('desk', { customer: id })}>{id}</a>{' '}
      <Badge tone={why === 'due' ? 'warn' : 'accent'}>
        {why === 'due'
          ? texts.due(name, format.date(atMs))
          : texts.clicked(name, format.ago(atMs, Date.now()))}
      </Badge>
    </li>
  )
}
