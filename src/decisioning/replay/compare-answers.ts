import { isDeepStrictEqual } from 'node:util'
import { differing, type DecisionView, type Difference } from './decision-view.js'
import { packTrace } from '../trace/packed-trace.js'
import type { AnswerBody } from './recorded-decision.js'
import type { Trace } from '../trace/trace.js'

/** What is made anew with every answer. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['token'])

/** The first placement that shows other offers. */
export function compareFillings(both: {
  readonly recorded: DecisionView
  readonly now: DecisionView
}): Difference | undefined {
  const [before, after] = [shownIn(both.recorded.answer), shownIn(both.now.answer)]
  for (const [placement, offers] of before) {
    const difference = differing('filling', offers, after.get(placement), { placement })
    if (difference !== undefined) return difference
  }
  return undefined
}

/**
 * The first member of the answers that differs, in answers that show the same offers.
 * @param exactly false leaves out which strategy it was
 */
export function compareAnswers(
  { answer: before }: DecisionView,
  { answer: after }: DecisionView,
  exactly: boolean
): Difference | undefined {
  for (const [i, { id: placement, offers }] of before.placements.entries()) {
    for (const [rank, shown] of offers.entries()) {
      const again = after.placements[i]!.offers[rank]!
      for (const name of Object.keys({ ...shown, ...again })) {
        if (NOT_COMPARED.has(name) || isDeepStrictEqual(shown[name], again[name])) continue
        const [recorded, now] = [{ [name]: shown[name] }, { [name]: again[name] }]
        return { stage: 'answer', offer: shown.offerId, placement, recorded, now }
      }
    }
  }
  return (
    differing('answer', before.degraded, after.degraded) ??
    differing('answer', before.customer, after.customer) ??
    (exactly ? differing('answer', before.strategy.hash, after.strategy.hash) : undefined)
  )
}

/** Whether the decision recorded the same about itself: what conditions read, what limits stood at, what it would take. */
export function compareTraces(recorded: Trace, now: Trace): Difference | undefined {
  const [before, after] = [plain(recorded), plain(now)]
  const at = before.findIndex((member, i) => member !== after[i])
  return at < 0 ? undefined : { stage: 'explanation', recorded: before[at], now: after[at] }
}

/** Every member as text; what has passed through a store is then like what has not. Shadows decide nothing and may have been late. */
function plain(trace: Trace): string[] {
  return packTrace({ ...trace, shadows: [] }).map(member =>
    member instanceof Uint8Array ? Buffer.from(member).toString('base64') : JSON.stringify(member)
  )
}

/** By placement, the ids of the offers shown there. */
function shownIn({ placements }: AnswerBody): Map<string, string[]> {
  return new Map(placements.map(({ id, offers }) => [id, offers.map(({ offerId }) => offerId)]))
}
