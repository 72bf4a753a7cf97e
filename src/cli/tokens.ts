import type { Clock } from '../decisioning/decide.js'
import type { Log, SharedDocuments } from '../decisioning/ports.js'
import { repeat } from '../decisioning/repeat.js'
import { createTokens, type Tokens, type TokenSecret } from '../decisioning/tokens.js'
import { StoreUnavailable } from '../domain/refusal.js'
import { begin, freshSecret, readOn, secretsOf, SPREAD_MS, type Ring } from './token-ring.js'

/** How often the store is asked whether the secrets were rotated, and after a failed attempt. */
const LOOK_MS = 5000
const ASK_AGAIN_MS = 1000

export interface OpenTokensDeps {
  readonly documents: SharedDocuments
  readonly log: Log
  readonly clock: Clock
  readonly schedule: (work: () => void, delayMs: number) => void
}

/** Tokens for as long as a service runs. */
export interface OpenedTokens extends Tokens {
  /** Those that are in force, the newest first. */
  secrets(): readonly TokenSecret[]
  /** Ends looking for rotations. */
  close(): Promise<void>
}

/**
 * Tokens signed with the secrets of the configuration, or with those that all services on this store share: the first is made once,
 * rotations are followed. While the store is away a secret of this process signs; its tokens stay good here afterwards. A token of
 * a secret that this process could not have learnt of yet is no forgery: then `open` throws StoreUnavailable.
 */
export async function openTokens(
  secrets: readonly string[],
  deps: OpenTokensDeps
): Promise<OpenedTokens> {
  if (secrets.length > 0) {
    const named = secrets.map(alwaysGood)
    return { ...createTokens(named), secrets: () => named, close: async () => undefined }
  }
  const { documents, log, clock, schedule } = deps
  const own = freshSecret()
  let ring: Ring = []
  let inForce = [alwaysGood(own)]
  let tokens = createTokens(inForce)
  let readAtMs = -Infinity
  async function look(): Promise<number> {
    try {
      const read = ring.length === 0 ? await begin(documents, own) : await readOn(ring, documents)
      if (read.length > ring.length) {
        inForce = [...secretsOf(read), alwaysGood(own)]
        tokens = createTokens(inForce)
      }
      ring = read
      readAtMs = clock.monotonicMs()
      return LOOK_MS
    } catch (error) {
      log.debug({ err: error }, 'the store did not answer for the token secrets; asking again')
      return ASK_AGAIN_MS
    }
  }
  const waitMs = await look()
  const looking = repeat(schedule, look, waitMs)
  return {
    seal: content => tokens.seal(content),
    open(token, nowMs) {
      const opened = tokens.open(token, nowMs)
      if (opened === 'invalid' && clock.monotonicMs() - readAtMs > SPREAD_MS)
        throw new StoreUnavailable('The store has not said lately which secrets sign tokens.')
      return opened
    },
    secrets: () => inForce,
    close: looking.close
  }
}

function alwaysGood(secret: string): TokenSecret {
  return { secret, signsFromMs: -Infinity, opensUntilMs: Infinity }
}
