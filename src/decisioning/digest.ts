import { createHash } from 'node:crypto'
import { setImmediate as letOthersGo } from 'node:timers/promises'

/** Some milliseconds of work. */
const PIECE_BYTES = 4 * 2 ** 20

/** The SHA-256 of parts, one after the other, in hexadecimal digits. Models are large, so others have their turn in between. */
export async function digestOf(parts: Iterable<string | Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for (const part of parts) {
    if (typeof part === 'string') hash.update(part)
    else
      for (let at = 0; at < part.length; at += PIECE_BYTES) {
        hash.update(part.subarray(at, at + PIECE_BYTES))
        if (part.length > PIECE_BYTES) await letOthersGo()
      }
  }
  return hash.digest('hex')
}
