const encoder = new TextEncoder()

/** MurmurHash3 x86 32-bit with seed 0 over the UTF-8 bytes of a text: a whole number in [0, 2³²). Source: Austin Appleby's reference. */
export function murmur3(text: string): number {
  const bytes = encoder.encode(text)
  const tail = bytes.length & ~3
  let hash = 0
  for (let i = 0; i < tail; i += 4) {
    hash ^= scramble(
      bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    )
    hash = (Math.imul(rotate(hash, 13), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let i = bytes.length - 1; i >= tail; i--) rest = (rest << 8) | bytes[i]!
  return finish(hash ^ scramble(rest) ^ bytes.length)
}

/** The bucket of a text, a whole number from 0 to 9999: floor(hash × 10,000 / 2³²). */
export function bucketOf(text: string): number {
  return Math.floor((murmur3(text) * BUCKETS) / 2 ** 32)
}

/** Customers are spread over this many buckets. */
const BUCKETS = 10_000

/**
 * The first bucket beyond a share that begins at bucket 0: bucket < share × 10,000 without the noise of binary fractions,
 * which would put bucket 700 into a share of 0.07, and bucket 3000 into the arms of 0.1 and 0.2.
 */
export function bucketLimit(share: number): number {
  return Math.min(BUCKETS, Math.ceil(Number((share * BUCKETS).toFixed(6))))
}

function scramble(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function finish(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
