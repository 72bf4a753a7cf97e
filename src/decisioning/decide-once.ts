import { createHash } from 'node:crypto'
import type { Caller } from '../domain/caller.js'
import type { DecisionRequest, StageTimings } from '../domain/decision.js'
import { Refusal, StoreUnavailable } from '../domain/refusal.js'
import { timeoutMsOf } from './asked.js'
import { LATE, within, type Deadline } from './deadline.js'
import type { Clock, Decide, DecideResult } from './decide.js'
import type { SharedDocuments } from './ports.js'

/** How long a repeated key gets the first answer. */
const KEPT_MS = 10 * 60_000
/** How long a key is kept for who works on it: beyond the longest timeout, and no longer, for a process may end before it has answered. */
const WORKED_ON_MS = 30_000

export interface OnceOptions {
  readonly idempotencyKey?: string | undefined
  readonly requestText: string
}

/** What an idempotent decision answers; `timings` are those of this call, also when the answer is an earlier one. */
export type DecideOnce = (
  request: DecisionRequest,
  caller: Caller,
  receivedAtMs: number,
  options: OnceOptions
) => Promise<Pick<DecideResult, 'body' | 'timings'>>

export interface DecideOnceDeps {
  readonly decide: Decide
  readonly documents: Pick<SharedDocuments, 'claim' | 'settle' | 'release'>
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/**
 * Answers a repeated request with the first answer: the same key and body within ten minutes decide once.
 * Another body with that key, and a repetition while the first is still being worked on, are refused.
 * While the store is away every call decides: then decisions are fallbacks and nothing is reserved. The key takes nothing of the time
 * that the request allows: what is not known of it by then is not waited for.
 */
export function createDecideOnce({ decide, documents, clock }: DecideOnceDeps): DecideOnce {
  return async function decideOnce(request, caller, receivedAtMs, { idempotencyKey, requestText }) {
    if (idempotencyKey === undefined) return decide(request, caller, receivedAtMs, { requestText })
    const deadline = { atMs: receivedAtMs + timeoutMsOf(request), clock: clock.monotonicMs }
    const name = `once:${caller.id}:${idempotencyKey}`
    const fingerprint = createHash('sha256').update(requestText).digest('base64url')
    const claim = await claimName(documents, name, deadline)
    if (claim === undefined) return decide(request, caller, receivedAtMs, { requestText })
    if (!claim.mine) return { body: firstAnswer(claim.text, fingerprint), timings: NO_TIME }
    try {
      const decided = await decide(request, caller, receivedAtMs, { requestText })
      // An answer that cannot be kept is given all the same.
      const settled = documents.settle(name, fingerprint + decided.body, KEPT_MS)
      await within(settled.catch(ignoreAway), deadline)
      return decided
    } catch (error) {
      await documents.release(name).catch(ignoreAway)
      throw error
    }
  }
}

const NO_TIME: StageTimings = Object.freeze({
  profile: 0,
  policy: 0,
  model: 0,
  arbitrate: 0,
  total: 0
})

type Claim = Awaited<ReturnType<SharedDocuments['claim']>>

/** Undefined when the store does not answer, or not in time; what was claimed then is given up when it answers. */
async function claimName(
  documents: DecideOnceDeps['documents'],
  name: string,
  deadline: Deadline
): Promise<Claim | undefined> {
  const claiming = documents.claim(name, WORKED_ON_MS)
  try {
    const claim = await within(claiming, deadline)
    if (claim !== LATE) return claim
  } catch (error) {
    ignoreAway(error)
    return undefined
  }
  claiming.then(({ mine }) => (mine ? documents.release(name) : undefined)).catch(letLapse)
  return undefined
}

/** There is nobody left to tell: what cannot be given up lapses. */
function letLapse(): void {}

function ignoreAway(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error
}

function firstAnswer(text: string, fingerprint: string): string {
  if (text === '')
    throw new Refusal(
      'conflict',
      'A request with this Idempotency-Key is being worked on; ask again in a moment.'
    )
  if (!text.startsWith(fingerprint)) {
    throw new Refusal(
      'not_allowed',
      'This Idempotency-Key was used with another body; use a fresh key for another request.'
    )
  }
  return text.slice(fingerprint.length)
}
