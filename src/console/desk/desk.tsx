import './desk.css'
import { get, type Answer } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useCell } from '../shell/cell.js'
import { place } from '../shell/router.js'
import { useTexts } from '../shell/texts.js'
import { ErrorNote, Empty, Loading } from '../ui/states.js'
import { Leads } from './leads.js'
import { LookUp } from './look-up.js'
import { OpenCall } from './open-call.js'
import { readCustomer, seatOf } from './seat.js'
import { DESK_TEXTS } from './texts.js'

const askWords = (signal: AbortSignal): Promise<Answer<'Words'>> =>
  get('Words', '/v1/words', signal)

/** The screen of somebody on a call: who calls, what they did, and what to offer them. */
export function Screen() {
  const texts = useTexts(DESK_TEXTS)
  const { value: words, error, isLoading, retry } = useAsked(askWords)
  return (
    <div class="screen desk">
      <h1 class="unseen">{texts.title}</h1>
      {isLoading && <Loading rows={8} />}
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {words !== undefined && <Desk words={words} />}
    </div>
  )
}

function Desk({ words }: { readonly words: Answer<'Words'> }) {
  const texts = useTexts(DESK_TEXTS)
  const { query } = useCell(place)
  const customer = readCustomer(query.get('customer') ?? '', words.namespaces)
  const seat = seatOf(words, query.get('channel'))
  if (customer !== undefined && seat !== undefined)
    return (
      // Another customer is another call.
      <OpenCall
        key={`${customer.namespace}/${customer.id}`}
        customer={customer}
        seat={seat}
        words={words}
      />
    )
  return (
    <>
      <LookUp customer={undefined} words={words} />
      <Empty title={texts.nobody}>{texts.nobodyHint}</Empty>
      <Leads
        namespace={words.namespaces[0]!}
        nameOf={id => words.offers.find(each => each.id === id)?.name ?? id}
      />
    </>
  )
}
