import { isUtf8 } from 'node:buffer'

/** One line of a file, counted from 1: its text, or why it has none. */
export type Line =
  | { readonly number: number; readonly text: string; readonly fault?: undefined }
  | { readonly number: number; readonly text?: undefined; readonly fault: string }

export interface LineSplitter {
  /** The lines that this piece of the file completes. To be used up before the next piece comes. */
  split(piece: Uint8Array): Generator<Line>
  /** The line that no newline ended, if there is one. */
  end(): Generator<Line>
}

const NEWLINE = 0x0a

/**
 * Cuts a stream of bytes into lines of UTF-8, holding no more than one line. A byte order mark at a line's start and a carriage
 * return at its end are taken off; a line longer than `longestBytes` is passed over up to its newline and reported as a fault.
 */
export function createLineSplitter(longestBytes: number): LineSplitter {
  let number = 0
  let held: Uint8Array[] = []
  let heldBytes = 0

  /** Keeps a part of a line, up to what proves that the line is too long. */
  function hold(part: Uint8Array): void {
    // A copy, because the reader of the stream may use the memory again.
    if (heldBytes <= longestBytes && part.length > 0)
      held.push(new Uint8Array(part.subarray(0, longestBytes + 2)))
    heldBytes += part.length
  }

  function finish(last: Uint8Array): Line {
    number++
    const bytes = heldBytes === 0 ? last : Buffer.concat([...held, last])
    const length = heldBytes + last.length
    held = []
    heldBytes = 0
    return toLine(number, bytes, length, longestBytes)
  }

  return {
    *split(piece) {
      let from = 0
      for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
        const last = piece.subarray(from, at)
        from = at + 1
        yield finish(last)
      }
      hold(piece.subarray(from))
    },
    *end() {
      if (heldBytes > 0) yield finish(new Uint8Array(0))
    }
  }
}

/** `length` may exceed what is in `bytes` when the line is too long. */
function toLine(number: number, bytes: Uint8Array, length: number, longestBytes: number): Line {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const returned = bytes.at(-1) === 0x0d && length === bytes.length
  const size = length - (returned ? 1 : 0)
  if (size > longestBytes) return { number, fault: `is longer than ${longestBytes} bytes` }
  const own = Buffer.from(bytes.buffer, bytes.byteOffset, size)
  const text = own.subarray(marked ? 3 : 0)
  return isUtf8(text) ? { number, text: text.toString('utf8') } : { number, fault: 'is not UTF-8' }
}
