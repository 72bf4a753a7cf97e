import { createHash } from 'node:crypto'
import type { Caller } from '../domain/caller.js'
import type { DecisionRequest, StageTimings } from '../domain/decision.js'
import { Refusal, StoreUnavailable } from '../domain/refusal.js'
import type { Decide, DecideResult } from './decide.js'
import type { SharedDocuments } from './ports.js'

/** How long a repeated key gets the first answer. */
const KEPT_MS = 10 * 60_000

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

/**
 * Answers a repeated request with the first answer: the same key and body within ten minutes decide once.
 * Another body with that key, and a repetition while the first is still being worked on, are refused.
 * While the store is away every call decides: then decisions are fallbacks and nothing is reserved.
 */
export function createDecideOnce(decide: Decide, documents: SharedDocuments): DecideOnce {
  return async function decideOnce(request, caller, receivedAtMs, { idempotencyKey, requestText }) {
    if (idempotencyKey === undefined) return decide(request, caller, receivedAtMs, { requestText })
    const name = `once:${caller.id}:${idempotencyKey}`
    const fingerprint = createHash('sha256').update(requestText).digest('base64url')
    const claim = await claimName(documents, name)
    if (claim === undefined) return decide(request, caller, receivedAtMs, { requestText })
    if (!claim.mine) return { body: firstAnswer(claim.text, fingerprint), timings: NO_TIME }
    try {
      const decided = await decide(request, caller, receivedAtMs, { requestText })
      await settle(documents, name, fingerprint + decided.body)
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

/** Undefined when the store does not answer. */
async function claimName(
  documents: SharedDocuments,
  name: string
): Promise<Awaited<ReturnType<SharedDocuments['claim']>> | undefined> {
  try {
    return await documents.claim(name, KEPT_MS)
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined
    throw error
  }
}

/** An answer that cannot be kept is given all the same; its key stays claimed until it lapses. */
async function settle(documents: SharedDocuments, name: string, text: string): Promise<void> {
  await documents.settle(name, text).catch(ignoreAway)
}

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
