import './what-if.css'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { get, post, type Answer } from '../api/client.js'
import { useAsked, type Asked } from '../api/polled.js'
import { useCell } from '../shell/cell.js'
import { addressOf, goTo, place } from '../shell/router.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { Differences } from './differences.js'
import { bodyOf, emptyDraft, nothingSupposed, type Draft, type Words } from './draft.js'
import { Suppose } from './suppose.js'
import { WHAT_IF_TEXTS } from './texts.js'
import { Who } from './who.js'

type WhatIf = Answer<'WhatIf'>

/** How long nothing is typed before it is decided. */
const PAUSE_MS = 250

const askWords = (signal: AbortSignal): Promise<Words> => get('WhatIfWords', '/v1/what-if', signal)

/** Suppose that something were otherwise, and see the answer change beside the old one. */
export function Screen() {
  const texts = useTexts(WHAT_IF_TEXTS)
  const { value, error, isLoading, retry } = useAsked(askWords)
  return (
    <div class="screen">
      <h1>{texts.title}</h1>
      <p class="note">{texts.intro}</p>
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {isLoading && <Loading rows={8} />}
      {value !== undefined && <Trial words={value} />}
    </div>
  )
}

function Trial({ words }: { readonly words: Words }) {
  const { query } = useCell(place)
  const [draft, setDraft] = useState(() => emptyDraft(words, query.get('customer')))
  const change = useCallback(
    (part: Partial<Draft>) => setDraft(before => ({ ...before, ...part })),
    []
  )
  const { answer, asked, isPossible } = useAnswer(words, draft)
  const customer = useStored(answer)
  return (
    <div class="what-if">
      <div class="what-if-form">
        <Who words={words} draft={draft} change={change} />
        <Suppose
          words={words}
          draft={draft}
          stored={customer}
          change={change}
          reset={() => change(nothingSupposed())}
        />
      </div>
      <Answered words={words} answer={answer} asked={asked} isPossible={isPossible} />
    </div>
  )
}

/** The answer to a draft, decided anew whenever nothing was typed for a moment. */
function useAnswer(words: Words, draft: Draft) {
  const { placements, namespace, id } = draft
  const isPossible = placements.length > 0 && id !== ''
  const body = useLater(isPossible ? JSON.stringify(bodyOf(words, draft)) : '')
  const customer = useLater(`${namespace}/${id}`)
  useEffect(() => goTo(addressOf('what-if', { customer }), { replace: true }), [customer])
  const ask = useCallback(
    async (signal: AbortSignal) =>
      body === '' ? undefined : await post('WhatIf', '/v1/what-if', JSON.parse(body), signal),
    [body]
  )
  const asked = useAsked(ask)
  // What was answered stays until the next answer is there, so that nothing jumps.
  const [answer, setAnswer] = useState(asked.value)
  useEffect(() => {
    if (asked.value !== undefined) setAnswer(asked.value)
  }, [asked.value])
  return { answer, asked, isPossible }
}

/** What is stored of the customer of an answer; undefined where nothing is. */
function useStored(answer: WhatIf | undefined): Answer<'Customer'> | undefined {
  const { namespace, id, known } = answer?.before.customer ?? NOBODY
  const ask = useCallback(
    async (signal: AbortSignal) =>
      known
        ? await get(
            'Customer',
            `/v1/customers/${encodeURIComponent(namespace)}/${encodeURIComponent(id)}`,
            signal
          )
        : undefined,
    [namespace, id, known]
  )
  return useAsked(ask).value
}

const NOBODY = { namespace: '', id: '', known: false }

function Answered(props: {
  readonly words: Words
  readonly answer: WhatIf | undefined
  readonly asked: Asked<WhatIf | undefined>
  readonly isPossible: boolean
}) {
  const { words, answer, asked, isPossible } = props
  const texts = useTexts(WHAT_IF_TEXTS)
  return (
    <Card title={texts.answer} class="what-if-answer">
      {!isPossible && <Empty title={texts.nothing} />}
      {isPossible && asked.error !== undefined && (
        <ErrorNote error={asked.error} retry={asked.retry} />
      )}
      {isPossible && answer === undefined && asked.isLoading && <Loading rows={8} />}
      {isPossible && asked.error === undefined && answer !== undefined && (
        <Differences words={words} answer={answer} />
      )}
    </Card>
  )
}

/** The value as it was when nothing had changed for a moment. */
function useLater<Value>(value: Value): Value {
  const [later, setLater] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return later
}
