import { randomBytes } from 'node:crypto'
import type { Log, SharedDocuments } from '../decisioning/ports.js'
import { createTokens, type Tokens } from '../decisioning/tokens.js'

/** The document that holds the secret of services whose environment names none. */
const DOCUMENT = 'token-secret'
const SECRET_BYTES = 32
/** How long after a failed attempt the store is asked for the secret again. */
const ASK_AGAIN_MS = 1000

/**
 * Tokens signed with the secrets of the configuration, or with one that all services on this store share: it is made
 * once and kept there. While the store is away a secret of this process signs; its tokens stay good here afterwards.
 */
export async function openTokens(
  secrets: readonly string[],
  documents: SharedDocuments,
  log: Log,
  schedule: (work: () => void, delayMs: number) => void
): Promise<Tokens> {
  if (secrets.length > 0) return createTokens(secrets)
  const own = randomBytes(SECRET_BYTES).toString('base64url')
  let tokens = createTokens([own])
  const share = async (): Promise<void> => {
    try {
      tokens = createTokens([await documents.putOnce(DOCUMENT, own), own])
    } catch (error) {
      log.debug({ err: error }, 'the store did not answer for the token secret; asking again')
      schedule(() => void share(), ASK_AGAIN_MS)
    }
  }
  await share()
  return {
    seal: content => tokens.seal(content),
    open: (token, nowMs) => tokens.open(token, nowMs)
  }
}
