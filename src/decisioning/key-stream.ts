import { createCipheriv } from 'node:crypto'

/** Encrypts and, XOR being its own inverse, decrypts: bytes XOR AES-256-GCM's key stream for this nonce, in place. */
export type KeyStream = (bytes: Buffer, nonce: Buffer) => Buffer

const NONCE_BYTES = 12
const BLOCK_BYTES = 16
/** Of what GCM encrypts; the first block is for its authentication tag. */
const FIRST_BLOCK = 2

/**
 * GCM's key stream is AES over the nonce (12 bytes) and a 32-bit block number that starts at 2 (NIST SP 800-38D, 7.1 and 6.5). One cipher
 * object makes it for all answers: making one for each costs five times as much as the blocks of an answer.
 */
export function createKeyStream(key: Buffer): KeyStream {
  const aes = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  let blocks = Buffer.alloc(0)
  return (bytes, nonce) => {
    const size = Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES
    if (blocks.length < size) blocks = Buffer.alloc(size)
    for (let at = 0; at < size; at += BLOCK_BYTES) {
      nonce.copy(blocks, at)
      blocks.writeUInt32BE(FIRST_BLOCK + at / BLOCK_BYTES, at + NONCE_BYTES)
    }
    const stream = aes.update(blocks.subarray(0, size))
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= stream[i]!
    return bytes
  }
}
