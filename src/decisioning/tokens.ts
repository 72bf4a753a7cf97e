import {
  createHmac,
  createSecretKey,
  hkdfSync,
  randomFillSync,
  timingSafeEqual,
  type KeyObject
} from 'node:crypto'
import { customerText, type CustomerKey } from '../domain/customer.js'
import { createKeyStream, type KeyStream } from './key-stream.js'

/** Tokens are good for this long after the decision. */
export const TOKEN_LIFE_MS = 7 * 24 * 60 * 60 * 1000

/** What one answer's tokens say. The customer is encrypted; the rest can be read by who holds a token. */
export interface TokenContent {
  readonly decisionId: string
  readonly decidedAtMs: number
  readonly channel: string
  readonly customer: CustomerKey
  /** All offers of the answer, at most 256, in its order. */
  readonly offers: readonly TokenOffer[]
}

export interface TokenOffer {
  readonly offerId: string
  readonly treatmentId: string
  readonly placement: string
}

export interface OpenedToken {
  readonly content: TokenContent
  /** Which of the content's offers this token stands for. */
  readonly index: number
}

export interface Tokens {
  /** One token for each offer of an answer, in their order: one encryption and one signature, however many offers. */
  seal(content: TokenContent): string[]
  /** What a token says, or why it says nothing. Never throws, whatever the text. */
  open(token: string, nowMs: number): OpenedToken | 'invalid' | 'expired'
}

/** A secret, and when it is good. Times are ms since 1970. */
export interface TokenSecret {
  readonly secret: string
  /** From when on it signs, until a newer one does. */
  readonly signsFromMs: number
  /** Until when tokens that it signed are opened. */
  readonly opensUntilMs: number
}

/** What is derived from one secret. */
interface TokenKeys extends Omit<TokenSecret, 'secret'> {
  /** Tells the secrets of a rotation apart; public. */
  readonly id: Buffer
  readonly encryption: KeyStream
  readonly signature: KeyObject
}

/*
 * A token, in bytes, then as unpadded base64url:
 *
 *   version 1 | key id 4 | nonce 12 | payload length 2 | customer length 2 | payload | customer | signature 32 | index 1 | tag 16
 *   `------------------------------ shared by the answer's tokens ------------------------------´
 */
const VERSION = 1
const KEY_ID_AT = 1
const KEY_ID_BYTES = 4
const NONCE_AT = KEY_ID_AT + KEY_ID_BYTES
const NONCE_BYTES = 12
const LENGTHS_AT = NONCE_AT + NONCE_BYTES
const PAYLOAD_AT = LENGTHS_AT + 4
const SIGNATURE_BYTES = 32
const TAG_BYTES = 16
const OWN_BYTES = 1 + TAG_BYTES
const SMALLEST_BYTES = PAYLOAD_AT + SIGNATURE_BYTES + OWN_BYTES
/** Longer than what 10 offers with the longest ids come to. */
const LONGEST_TOKEN = 65_536

/**
 * Signs and opens tokens, with secrets that rotate: the newest stands first. Of those whose time has come the first signs; all open until
 * their time is over. A bare text is always good. Throws on no or an empty secret.
 *
 * Why one encryption and one signature suffice for all tokens of an answer:
 *
 * - The signature, HMAC-SHA-256 over everything that the tokens share, nonce and encrypted customer included, makes that part
 *   unforgeable; it is checked before anything is decrypted or parsed (encrypt, then sign).
 * - What differs is the index. AES-256-GCM encrypts the customer followed by 16 zero bytes per offer. GCM encrypts by XOR with a
 *   key stream, so the bytes where the zeros were are key stream: bytes i × 16 to i × 16 + 15 after the customer are the tag of
 *   index i. Each stretch of key stream is pseudo-random to whoever lacks the key, also to who knows all other stretches (such
 *   as the customer's own, from knowing the id, or the tags of other offers). Guessing a tag succeeds once in 2^128.
 * - A tag fits one answer only, because it depends on the nonce, which the signature binds to the payload, and nonces are not
 *   used twice: 96 random bits for each answer; after 2^32 answers under one secret the chance of any repetition is 2^-33.
 * - GCM's own authentication tag is left out: the signature covers all that it would.
 * - Keys for encryption and signature are separate outputs of HKDF-SHA-256 of the secret.
 */
export function createTokens(secrets: ReadonlyArray<string | TokenSecret>): Tokens {
  const ring = secrets.map(deriveKeys)
  const oldest = ring.at(-1)
  if (oldest === undefined) throw new Error('No token secret: give at least one, the newest first.')
  const nonces = createNonces()
  return {
    seal(content) {
      for (const keys of ring)
        if (keys.signsFromMs <= content.decidedAtMs) return seal(content, keys, nonces())
      return seal(content, oldest, nonces())
    },
    open(token, nowMs) {
      const bytes = decode(token)
      const keys = bytes && ring.find(each => each.id.equals(bytes.subarray(KEY_ID_AT, NONCE_AT)))
      const opened = keys && nowMs <= keys.opensUntilMs ? open(bytes, keys) : undefined
      if (opened === undefined) return 'invalid'
      return nowMs - opened.content.decidedAtMs > TOKEN_LIFE_MS ? 'expired' : opened
    }
  }
}

/** By which name tokens of a secret can be told: what stands in each of them, in hexadecimal digits. */
export function tokenKeyId(secret: string): string {
  return derive(secret, 'key id', KEY_ID_BYTES).toString('hex')
}

function derive(secret: string, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `offerd token ${purpose}`, length))
}

function deriveKeys(given: string | TokenSecret): TokenKeys {
  const { secret, signsFromMs, opensUntilMs } =
    typeof given === 'string'
      ? { secret: given, signsFromMs: -Infinity, opensUntilMs: Infinity }
      : given
  if (secret === '')
    throw new Error('An empty token secret: leave out stray commas between secrets.')
  return {
    signsFromMs,
    opensUntilMs,
    id: derive(secret, 'key id', KEY_ID_BYTES),
    encryption: createKeyStream(derive(secret, 'encryption', 32)),
    signature: createSecretKey(derive(secret, 'signature', 32))
  }
}

/** Random nonces, drawn by the hundred because the call costs more than the bytes. */
function createNonces(): () => Buffer {
  const pool = Buffer.alloc(100 * NONCE_BYTES)
  let used = pool.length
  return () => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += NONCE_BYTES
    return pool.subarray(used - NONCE_BYTES, used)
  }
}

function seal(content: TokenContent, keys: TokenKeys, nonce: Buffer): string[] {
  const payload = payloadOf(content)
  const customer = customerText(content.customer)
  const payloadBytes = Buffer.byteLength(payload)
  const customerBytes = Buffer.byteLength(customer)
  const customerAt = PAYLOAD_AT + payloadBytes
  const sharedBytes = customerAt + customerBytes
  const ownAt = sharedBytes + SIGNATURE_BYTES
  const token = Buffer.allocUnsafe(ownAt + OWN_BYTES)
  token[0] = VERSION
  keys.id.copy(token, KEY_ID_AT)
  nonce.copy(token, NONCE_AT)
  token.writeUInt16BE(payloadBytes, LENGTHS_AT)
  token.writeUInt16BE(customerBytes, LENGTHS_AT + 2)
  token.write(payload, PAYLOAD_AT)

  const plain = Buffer.alloc(customerBytes + content.offers.length * TAG_BYTES)
  plain.write(customer)
  const encrypted = keys.encryption(plain, nonce)
  encrypted.copy(token, customerAt, 0, customerBytes)
  sign(token.subarray(0, sharedBytes), keys).copy(token, sharedBytes)

  // Base64 turns three bytes into four characters, so what the tokens share up to a multiple of three is spelled once.
  const splitAt = ownAt - (ownAt % 3)
  const shared = token.toString('base64url', 0, splitAt)
  return content.offers.map((_, index) => {
    const tagAt = customerBytes + index * TAG_BYTES
    token[ownAt] = index
    encrypted.copy(token, ownAt + 1, tagAt, tagAt + TAG_BYTES)
    return shared + token.toString('base64url', splitAt)
  })
}

function open(token: Buffer, keys: TokenKeys): OpenedToken | undefined {
  const customerAt = PAYLOAD_AT + token.readUInt16BE(LENGTHS_AT)
  const customerBytes = token.readUInt16BE(LENGTHS_AT + 2)
  const sharedBytes = customerAt + customerBytes
  const ownAt = sharedBytes + SIGNATURE_BYTES
  if (token.length !== ownAt + OWN_BYTES) return undefined
  if (
    !timingSafeEqual(sign(token.subarray(0, sharedBytes), keys), token.subarray(sharedBytes, ownAt))
  )
    return undefined

  const index = token[ownAt]!
  const tagAt = customerBytes + index * TAG_BYTES
  const plain = Buffer.alloc(tagAt + TAG_BYTES)
  token.copy(plain, 0, customerAt, sharedBytes)
  const decrypted = keys.encryption(plain, token.subarray(NONCE_AT, LENGTHS_AT))
  if (!timingSafeEqual(decrypted.subarray(tagAt), token.subarray(ownAt + 1))) return undefined
  const content = contentOf(
    token.toString('utf8', PAYLOAD_AT, customerAt),
    decrypted.toString('utf8', 0, customerBytes)
  )
  return { content, index }
}

function sign(bytes: Buffer, keys: TokenKeys): Buffer {
  return createHmac('sha256', keys.signature).update(bytes).digest()
}

function payloadOf(content: TokenContent): string {
  const parts: Array<string | number> = [content.decisionId, content.decidedAtMs, content.channel]
  for (const offer of content.offers) parts.push(offer.offerId, offer.treatmentId, offer.placement)
  return JSON.stringify(parts)
}

/** Reads what payloadOf wrote; only ever called on what a signature has vouched for. */
function contentOf(payload: string, customer: string): TokenContent {
  const [decisionId, decidedAtMs, channel, ...words] = JSON.parse(payload) as [
    string,
    number,
    string,
    ...string[]
  ]
  const offers: TokenOffer[] = []
  for (let at = 0; at + 2 < words.length; at += 3) {
    offers.push({ offerId: words[at]!, treatmentId: words[at + 1]!, placement: words[at + 2]! })
  }
  const slash = customer.indexOf('/')
  const key = { namespace: customer.slice(0, slash), id: customer.slice(slash + 1) }
  return { decisionId, decidedAtMs, channel, customer: key, offers }
}

/** The bytes of a token's text if it is spelled the one way that we spell it: no padding, no spaces, no spare bits. */
function decode(token: string): Buffer | undefined {
  if (token.length > LONGEST_TOKEN) return undefined
  const bytes = Buffer.from(token, 'base64url')
  const whole =
    bytes.length >= SMALLEST_BYTES && bytes[0] === VERSION && bytes.toString('base64url') === token
  return whole ? bytes : undefined
}
