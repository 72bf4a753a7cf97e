import { randomBytes } from 'node:crypto'
import { TOKEN_LIFE_MS, type TokenSecret } from '../decisioning/tokens.js'
import type { SharedDocuments } from '../decisioning/ports.js'

/** How long processes have to learn of a new secret before any of them signs with it: several times what they take to look. */
export const SPREAD_MS = 30_000
const SECRET_BYTES = 32

/** What the ring keeps of a rotation. Times are ms since 1970. */
interface Rotation {
  readonly secret: string
  readonly signsFromMs: number
  /** Until when tokens of earlier secrets are opened. */
  readonly earlierUntilMs: number
}

/**
 * The secrets that all services on a store share: documents that are written once and never change, the first a bare secret, each
 * further one a rotation.
 */
type RingDocuments = Pick<SharedDocuments, 'get' | 'putOnce'>

/** The stored ring, as far as it has been read; the oldest first. */
export type Ring = readonly Rotation[]

/** Reads what was added to a ring since. Rejects with StoreUnavailable. */
export async function readOn(ring: Ring, documents: RingDocuments): Promise<Ring> {
  const text = await documents.get(nameOf(ring.length))
  return text === undefined ? ring : readOn([...ring, rotationOf(text, ring.length)], documents)
}

/** Puts the first secret of a ring that has none yet, and answers what is there. */
export async function begin(documents: RingDocuments, secret: string): Promise<Ring> {
  return readOn([rotationOf(await documents.putOnce(nameOf(0), secret), 0)], documents)
}

/**
 * Adds a secret, which signs when every process has had the time to learn of it.
 * @param leaked the secrets until now are no longer trusted then; else each is, as long as its tokens are good
 * @returns what was added; undefined where another rotation came first
 */
export async function rotate(
  ring: Ring,
  documents: RingDocuments,
  { nowMs, leaked }: { readonly nowMs: number; readonly leaked: boolean }
): Promise<Rotation | undefined> {
  const signsFromMs = nowMs + SPREAD_MS
  const rotation: Rotation = {
    secret: freshSecret(),
    signsFromMs,
    // Whoever learns of it late signs with the old one until then.
    earlierUntilMs: leaked ? signsFromMs : signsFromMs + SPREAD_MS + TOKEN_LIFE_MS
  }
  const text = JSON.stringify(rotation)
  return (await documents.putOnce(nameOf(ring.length), text)) === text ? rotation : undefined
}

/** The secrets with their times, the newest first. */
export function secretsOf(ring: Ring): TokenSecret[] {
  const secrets: TokenSecret[] = []
  let opensUntilMs = Infinity
  for (const { secret, signsFromMs, earlierUntilMs } of ring.toReversed()) {
    secrets.push({ secret, signsFromMs, opensUntilMs })
    opensUntilMs = Math.min(opensUntilMs, earlierUntilMs)
  }
  return secrets
}

export function freshSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

function nameOf(rotations: number): string {
  return rotations === 0 ? 'token-secret' : `token-secret:${rotations}`
}

function rotationOf(text: string, at: number): Rotation {
  return at === 0
    ? { secret: text, signsFromMs: -Infinity, earlierUntilMs: -Infinity }
    : (JSON.parse(text) as Rotation)
}
