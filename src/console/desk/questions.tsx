import { useEffect, useRef } from 'preact/hooks'
import { useTexts } from '../shell/texts.js'
import type { Verdict } from './call.js'
import { DESK_TEXTS } from './texts.js'

interface QuestionProps {
  onAnswer(verdict: Verdict): void
  onCancel(): void
}

const DAY_MS = 86_400_000
const USUAL_DAYS = 7

/** Why the customer declined; Enter takes the first reason. */
export function AskReason({ onAnswer, onCancel }: QuestionProps) {
  const texts = useTexts(DESK_TEXTS)
  const field = useRef<HTMLSelectElement>(null)
  useEffect(() => field.current?.focus(), [])
  const tell = (event: Event): void => {
    event.preventDefault()
    onAnswer({ type: 'reject', reason: field.current!.value })
  }
  return (
    <form class="desk-question" onSubmit={tell} onKeyDown={submitOnEnter}>
      <label>
        {texts.reason}{' '}
        <select ref={field}>
          {Object.entries(texts.reasons).map(([reason, text]) => (
            <option key={reason} value={reason}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="button primary">
        {texts.confirmDecline}
      </button>
      <button type="button" class="button quiet" onClick={onCancel}>
        {texts.cancel}
      </button>
    </form>
  )
}

/** When the customer wants to be asked again: a day from tomorrow on, in a week where nothing else is said. */
export function AskLater({ onAnswer, onCancel }: QuestionProps) {
  const texts = useTexts(DESK_TEXTS)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const tell = (event: Event): void => {
    event.preventDefault()
    // From nine in the morning of that day on, where the agent is.
    const until = new Date(`${field.current!.value}T09:00`)
    onAnswer({ type: 'later', until: until.toISOString() })
  }
  return (
    <form class="desk-question" onSubmit={tell} onKeyDown={submitOnEnter}>
      <label>
        {texts.when}{' '}
        <input
          type="date"
          required
          ref={field}
          min={dayAhead(1)}
          defaultValue={dayAhead(USUAL_DAYS)}
        />
      </label>
      <button type="submit" class="button primary">
        {texts.confirmLater}
      </button>
      <button type="button" class="button quiet" onClick={onCancel}>
        {texts.cancel}
      </button>
    </form>
  )
}

/** In a list of choices and in a date Enter does nothing by itself. */
function submitOnEnter(event: KeyboardEvent): void {
  if (event.key !== 'Enter' || event.target instanceof HTMLButtonElement) return
  event.preventDefault()
  ;(event.currentTarget as HTMLFormElement).requestSubmit()
}

/** The day so many days from now, where the agent is: 2026-03-01. */
function dayAhead(days: number): string {
  const day = new Date(Date.now() + days * DAY_MS)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}
