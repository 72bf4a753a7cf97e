import type { Decision, DecisionRequest, PlacedOffer, Placement } from './wire.js'

/** What to show: what was decided, or what the page has of its own where no decision came. */
export interface Answer {
  /** Names the decision for whoever asks why; undefined where there is none. */
  readonly decisionId: string | undefined
  /** In the order in which they were asked for; `offers` is empty where there is nothing to show. */
  readonly placements: readonly Placement[]
  /** What the service did without; empty when all was well. */
  readonly degraded: readonly string[]
  /** Why there is no decision; undefined where there is one. */
  readonly trouble: string | undefined
  /** From the question to the answer. */
  readonly tookMs: number
  /** What the clock of the service is ahead of this one; 0 where nothing is known or both are right. */
  readonly aheadMs: number
}

/** Contents by placement for when no decision comes. */
export type Fallback = Readonly<Record<string, readonly unknown[]>>

export interface Asking {
  readonly request: DecisionRequest
  readonly timeoutMs: number
  readonly fallback: Fallback
  /** Sends the body and answers the response; rejects when the signal is aborted. */
  readonly post: (body: string, signal: AbortSignal) => Promise<Response>
}

/** Asks for a decision and always answers, within the time given. */
export async function ask({ request, timeoutMs, fallback, post }: Asking): Promise<Answer> {
  const startedMs = performance.now()
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  let decision: Decision | undefined
  let trouble: string | undefined
  try {
    const response = await post(JSON.stringify(request), abort.signal)
    const body: unknown = await response.json()
    if (!response.ok) trouble = problemIn(body) ?? `The service answered ${response.status}.`
    else if (isDecision(body)) decision = body
    else trouble = 'The answer is no decision.'
  } catch (error) {
    trouble = abort.signal.aborted ? `No answer within ${timeoutMs} ms.` : String(error)
  }
  clearTimeout(timer)
  return {
    decisionId: decision?.decisionId,
    placements: request.placements.map(
      ({ id }) =>
        decision?.placements.find(placement => placement.id === id) ?? standIn(id, fallback[id])
    ),
    degraded: decision?.degraded ?? [],
    trouble,
    tookMs: performance.now() - startedMs,
    aheadMs: decision === undefined ? 0 : clockAhead(Date.parse(decision.decidedAt))
  }
}

/** A minute's difference is no matter of how long the answer was under way: the clock of this machine is wrong. */
function clockAhead(decidedAtMs: number): number {
  const aheadMs = decidedAtMs - Date.now()
  return Math.abs(aheadMs) > 60_000 ? aheadMs : 0
}

/** What the page has of its own, in the shape of what is decided: nothing can be told about it. */
function standIn(id: string, contents: readonly unknown[] = []): Placement {
  const offers = contents.map((content, index) => ({
    offerId: '',
    treatmentId: '',
    rank: index + 1,
    expiresAt: '',
    content
  }))
  return { id, fallback: true, offers }
}

/** Anything may stand between a page and the service, and answer in its name. */
function isDecision(body: unknown): body is Decision {
  const { decisionId, placements, degraded } = (body ?? {}) as Partial<Decision>
  return (
    typeof decisionId === 'string' &&
    Array.isArray(degraded) &&
    Array.isArray(placements) &&
    placements.every(
      (placement: Partial<Placement> | null) =>
        Array.isArray(placement?.offers) &&
        placement.offers.every((offer: PlacedOffer | null) => typeof offer?.offerId === 'string')
    )
  )
}

function problemIn(body: unknown): string | undefined {
  const { detail } = (body ?? {}) as { readonly detail?: unknown }
  return typeof detail === 'string' ? detail : undefined
}
