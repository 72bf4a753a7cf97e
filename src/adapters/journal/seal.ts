import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

/*
 * What is personal stands in segments sealed with a key of the customer's own (32 bytes), which the store destroys with the
 * customer: segments are never rewritten, and yet what they say of an erased customer can no longer be read by anybody.
 */

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The customer's name in segments: the same in all of them, and without the key nobody's. 22 characters. */
export function pseudonymOf(key: Buffer): string {
  return createHmac('sha256', key).update('customer').digest().subarray(0, 16).toString('base64url')
}

/** Nonce, tag, then the encrypted deflated JSON text. */
export function seal(personal: object, key: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce)
  const text = cipher.update(deflateRawSync(JSON.stringify(personal)))
  const end = cipher.final()
  return Buffer.concat([nonce, cipher.getAuthTag(), text, end])
}

/** Throws for another key, and for bytes that were changed. */
export function unseal(sealed: Uint8Array, key: Buffer): unknown {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  const text = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES))
  return JSON.parse(inflateRawSync(Buffer.concat([text, decipher.final()])).toString())
}
