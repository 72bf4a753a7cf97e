import { linesOf, type EventCall, type History } from '../history.js'
import { groupBy } from './spans.js'

/** What came of the events of a run. */
export interface EventFindings {
  readonly violations: string[]
  readonly acknowledged: number
  /** Told to have failed and stored later than that was told. */
  readonly storedLate: readonly EventCall[]
  /** Told to have failed and stored before that was told: the answer of the store got lost on its way. */
  readonly storedUnheard: readonly EventCall[]
}

/**
 * I2: what was acknowledged is stored once, in the customer's history and in the journal; nothing is stored twice, nothing that
 * nobody told, and nothing after its caller was told that it failed. What got no answer may be stored or not.
 */
export function checkEvents(history: History): EventFindings {
  const calls = groupBy(linesOf(history, 'event'), ({ id }) => id)
  const impressions = impressionsOf(history)
  const acknowledged = [
    ...[...calls].flatMap(([id, some]) =>
      some.some(({ outcome }) => outcome === 'ok') ? [id] : []
    ),
    ...impressions.sure
  ]
  const stored = new Map(linesOf(history, 'stored').map(line => [line.id, line]))
  const violations = [
    ...acknowledged.flatMap(id => (stored.has(id) ? [] : [`${id} was acknowledged and is lost`])),
    ...[...stored.values()].flatMap(({ id, copies }) =>
      copies === 1 ? [] : [`${id} is stored ${copies} times`]
    ),
    ...[...stored.keys()].flatMap(id =>
      calls.has(id) || impressions.mayBe(id) ? [] : [`${id} is stored and nobody told it`]
    ),
    ...missingInJournal(history, acknowledged)
  ]
  const failed = [...calls.values()].flatMap(some =>
    some.every(({ outcome }) => outcome === 'fail') ? [some.at(-1)!] : []
  )
  const storedLate = failed.filter(({ id, endedMs }) => (stored.get(id)?.storedMs ?? 0) > endedMs)
  for (const { id, endedMs } of storedLate)
    violations.push(
      `${id} was stored ${stored.get(id)!.storedMs - endedMs} ms after its caller was told that it failed`
    )
  const storedUnheard = failed.filter(call => stored.has(call.id) && !storedLate.includes(call))
  return { violations, acknowledged: acknowledged.length, storedLate, storedUnheard }
}

/** What agents are answered is an impression: for sure where the answer is whole. */
function impressionsOf(history: History): {
  readonly sure: readonly string[]
  readonly mayBe: (id: string) => boolean
} {
  const answers = linesOf(history, 'decide').filter(({ channel }) => channel === 'call_center')
  const whole = answers.filter(
    ({ outcome, fallback, degraded }) => outcome === 'ok' && !fallback && degraded.length === 0
  )
  const sure = new Set(
    whole.flatMap(({ decisionId, offers }) => offers.map(offer => `${decisionId}:agent:${offer}`))
  )
  // What got no answer has an id that nobody was told.
  const mayBe = /^[0-9a-f-]{36}:agent:/
  return { sure: [...sure], mayBe: id => mayBe.test(id) }
}

function missingInJournal(history: History, acknowledged: readonly string[]): string[] {
  const [journal] = linesOf(history, 'journal')
  if (journal === undefined) return []
  const ids = new Set(journal.ids)
  const missing = acknowledged.filter(id => !ids.has(id))
  return [
    ...missing.map(id => `${id} was acknowledged and is not in the journal`),
    ...(ids.size === journal.ids.length
      ? []
      : [`${journal.ids.length - ids.size} events are read twice from the journal`])
  ]
}
