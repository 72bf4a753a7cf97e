import { Refusal } from '../domain/refusal.js'

/** Longest line of an import in bytes. */
export const LINE_BYTES = 64_000

const NEWLINE = 0x0a
const RETURN = 0x0d

/**
 * Lines of a stream of bytes, empty ones included, without their ends. A line beyond LINE_BYTES is cut one byte after it, so
 * that who reads it can tell, and an endless one takes no memory. Bytes that are no UTF-8 become U+FFFD.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const line = new LineBuffer()
  for await (const chunk of whole(chunks)) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      line.add(chunk.subarray(from, end))
      yield line.take()
      from = end + 1
    }
    line.add(chunk.subarray(from))
  }
  if (!line.empty) yield line.take()
}

/** The start of a line whose end has not arrived. */
class LineBuffer {
  private parts: Buffer[] = []
  private bytes = 0

  get empty(): boolean {
    return this.bytes === 0
  }

  add(part: Buffer): void {
    const room = LINE_BYTES + 1 - this.bytes
    if (part.length === 0 || room <= 0) return
    const kept = part.subarray(0, room)
    this.parts.push(kept)
    this.bytes += kept.length
  }

  take(): string {
    const line = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts)
    this.parts = []
    this.bytes = 0
    return line.toString('utf8', 0, line.at(-1) === RETURN ? line.length - 1 : line.length)
  }
}

async function* whole(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* chunks
  } catch (error) {
    throw new Refusal(
      'malformed',
      `The upload was cut off: ${error instanceof Error ? error.message : String(error)}.`
    )
  }
}
