import './decisions.css'
import { useCallback, useEffect, useRef } from 'preact/hooks'
import { get } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useCell } from '../shell/cell.js'
import { addressOf, goTo, place } from '../shell/router.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Field } from '../ui/field.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { DecisionList } from './decision-list.js'
import { Explained } from './explained.js'
import { DECISION_TEXTS } from './texts.js'

const PATH = 'decisions'
const LISTED = 30
const DECISION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Recorded decisions: whom they were about, what they came to, and why. */
export function Screen() {
  const texts = useTexts(DECISION_TEXTS)
  const { query } = useCell(place)
  const customer = query.get('customer') ?? undefined
  const chosen = query.get('id') ?? undefined
  const ask = useCallback(
    (signal: AbortSignal) => get('FoundDecisions', listAddress(customer), signal),
    [customer]
  )
  const { value: found, error, isLoading, retry } = useAsked(ask)
  return (
    <div class="screen">
      <h1>{texts.title}</h1>
      <Search customer={customer} refresh={retry} />
      <div class={`decision-panes ${chosen === undefined ? '' : 'has-chosen'}`}>
        <Card title={customer === undefined ? texts.latestTitle : texts.ofCustomer(customer)}>
          {error !== undefined && <ErrorNote error={error} retry={retry} />}
          {isLoading && <Loading rows={6} />}
          {found !== undefined && (
            <DecisionList found={found} customer={customer} chosen={chosen} />
          )}
        </Card>
        {chosen === undefined ? (
          <Card title={texts.decision}>
            <Empty title={texts.choose}>{texts.chooseHint}</Empty>
          </Card>
        ) : (
          <Explained key={chosen} id={chosen} customer={customer} />
        )}
      </div>
    </div>
  )
}

/** One field for both: a decision's id is known by its form. */
function Search(props: { readonly customer: string | undefined; readonly refresh: () => void }) {
  const texts = useTexts(DECISION_TEXTS)
  const input = useRef<HTMLInputElement>(null)
  const shown = props.customer ?? ''
  useEffect(() => {
    input.current!.value = shown
  }, [shown])
  const find = (event: Event): void => {
    event.preventDefault()
    const text = input.current!.value.trim()
    if (text === '') goTo(addressOf(PATH))
    else goTo(addressOf(PATH, DECISION_ID.test(text) ? { id: text } : { customer: text }))
    props.refresh()
  }
  return (
    <form class="decision-search" role="search" onSubmit={find}>
      <Field label={texts.search}>
        <input ref={input} type="search" placeholder={texts.searchHint} spellcheck={false} />
      </Field>
      <button type="submit" class="button primary">
        {texts.find}
      </button>
      <a class="button" href={addressOf(PATH)} onClick={props.refresh}>
        {texts.latest}
      </a>
    </form>
  )
}

/** @param customer namespace/id, or an id of the first namespace */
function listAddress(customer: string | undefined): string {
  const query = new URLSearchParams({ limit: String(LISTED) })
  const slash = customer?.indexOf('/') ?? -1
  if (customer !== undefined) query.set('customer', customer.slice(slash + 1))
  if (customer !== undefined && slash > 0) query.set('namespace', customer.slice(0, slash))
  return `/v1/decisions?${query.toString()}`
}
