import {
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject
} from 'node:crypto'
import { tokenKeyId, type TokenSecret } from '../decisioning/tokens.js'
import type { Key, KeyRing } from './keys.js'

/** A session stands for a key in a browser's cookie; a ticket opens one stream. */
export type PassKind = 'session' | 'ticket'

/** What stands for a key for a while, so that the key itself need not be kept where pages are. */
export interface Pass {
  readonly kind: PassKind
  /** No two passes have the same. */
  readonly id: string
  readonly key: Key
  /** The exact origin of the page that asked for it; '' where none was told. */
  readonly origin: string
  /** ms since 1970. */
  readonly untilMs: number
}

/** Passes that every process opens that has the same secrets; nothing is stored of them. */
export interface Passes {
  seal(pass: Omit<Pass, 'id'>, nowMs: number): string
  /** What was sealed; undefined where it was not, or was changed, or is over, or its key has gone from the ring or has another hash now. */
  open(kind: PassKind, text: string, nowMs: number): Pass | undefined
}

const MAC_BYTES = 32
const ID_BYTES = 12
/** Longer than one about the longest names comes to. */
const LONGEST_PASS = 4096

/**
 * Passes are signed with HMAC-SHA-256 under keys that HKDF-SHA-256 derives from the secrets of tokens, another for each kind, and rotate with
 * these: `content.secret.signature`, in base64url, hexadecimal digits and base64url.
 * @param secrets those in force, the newest first
 */
export function createPasses(keys: KeyRing, secrets: () => readonly TokenSecret[]): Passes {
  const derived = new Map<string, Signers>()
  const signersOf = (secret: string): Signers => {
    const signers = derived.get(secret) ?? deriveSigners(secret)
    derived.set(secret, signers)
    return signers
  }
  return {
    seal({ kind, key, origin, untilMs }, nowMs) {
      const ring = secrets()
      const { secret } = ring.find(each => each.signsFromMs <= nowMs) ?? ring.at(-1)!
      const id = randomBytes(ID_BYTES).toString('base64url')
      const words = [untilMs, id, key.caller.id, key.fingerprint, origin]
      const content = Buffer.from(JSON.stringify(words)).toString('base64url')
      const signers = signersOf(secret)
      return `${content}.${signers.id}.${sign(content, signers[kind]).toString('base64url')}`
    },
    open(kind, text, nowMs) {
      const [, content = '', keyId = '', signature = ''] =
        (text.length <= LONGEST_PASS && PASS.exec(text)) || []
      const signers = secrets()
        .filter(each => nowMs <= each.opensUntilMs)
        .map(each => signersOf(each.secret))
        .find(each => each.id === keyId)
      if (signers === undefined) return undefined
      const given = Buffer.from(signature, 'base64url')
      // Spelled the one way that we spell it, without spare bits.
      if (given.length !== MAC_BYTES || given.toString('base64url') !== signature) return undefined
      return timingSafeEqual(given, sign(content, signers[kind]))
        ? read(kind, content, keys, nowMs)
        : undefined
    }
  }
}

const PASS = /^([\w-]+)\.([0-9a-f]{8})\.([\w-]+)$/

/** What is derived from one secret: by which id passes name it, and what signs each kind. */
type Signers = Readonly<Record<PassKind, KeyObject>> & { readonly id: string }

function deriveSigners(secret: string): Signers {
  const derive = (kind: PassKind): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `offerd pass ${kind}`, MAC_BYTES)))
  return { id: tokenKeyId(secret), session: derive('session'), ticket: derive('ticket') }
}

function sign(content: string, signer: KeyObject): Buffer {
  return createHmac('sha256', signer).update(content).digest()
}

/** Only ever called on what a signature has vouched for. */
function read(kind: PassKind, content: string, keys: KeyRing, nowMs: number): Pass | undefined {
  const [untilMs, id, keyId, fingerprint, origin] = JSON.parse(
    Buffer.from(content, 'base64url').toString()
  ) as [number, string, string, string, string]
  const key = keys.named(keyId)
  if (key === undefined || key.fingerprint !== fingerprint || nowMs > untilMs) return undefined
  return { kind, id, key, origin, untilMs }
}
