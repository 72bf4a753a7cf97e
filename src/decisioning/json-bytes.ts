const COMMA = 44
const POINT = 46
/** The digits of 000 to 999, three bytes each. Copying digits from a table costs a tenth of printing a float. */
const DIGITS = Buffer.from(
  Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0')).join('')
)
/** The same as little-endian words: behind a point, and alone, with a byte beyond their end. */
const AFTER_POINT = wordsOf(digits => [POINT, ...digits])
const THREE_DIGITS = wordsOf(digits => [...digits, 0])
const MILLION = 1e6
/** Below this the digits before the point are few enough for whole-number arithmetic to be exact. */
const LARGEST = 1e9
/** Room that a figure needs at most: JSON prints no number longer. */
const LONGEST_FIGURE = 32
/** Pieces are copied in words of so many bytes, the last of which may reach beyond their end. */
const WORD = 4
/** Below so many units a text is written faster one by one than by a routine. */
const SHORT = 24

/** Texts made ready for copying, one after the other in one memory: neighbours are read from the same lines of the cache. */
export interface Pieces {
  readonly bytes: DataView
  /** Where each piece begins; one more than there are pieces. */
  readonly starts: Uint32Array
  readonly isAscii: boolean
}

/** Texts as UTF-8 that `JsonBytes` copies. */
export function piecesOf(texts: readonly string[]): Pieces {
  const starts = new Uint32Array(texts.length + 1)
  texts.forEach((text, i) => {
    starts[i + 1] = starts[i]! + Buffer.byteLength(text)
  })
  const bytes = new Uint8Array(starts[texts.length]! + WORD)
  bytes.set(Buffer.from(texts.join('')))
  return { bytes: new DataView(bytes.buffer), starts, isAscii: bytes.every(byte => byte < 128) }
}

function wordsOf(bytesOf: (digits: Uint8Array) => number[]): Uint32Array {
  return Uint32Array.from({ length: 1000 }, (_, number) => {
    const bytes = bytesOf(DIGITS.subarray(number * 3, number * 3 + 3))
    return Buffer.from(bytes).readUInt32LE()
  })
}

/**
 * JSON text under construction, as bytes: copying prepared pieces costs a third of putting strings together, and leaves
 * no garbage. One text at a time: `start` begins the next one in the same memory.
 */
export class JsonBytes {
  #memory = Buffer.allocUnsafeSlow(1 << 14)
  /** The same memory, by byte and by word: quicker to write than a Buffer. */
  #bytes = new Uint8Array(this.#memory.buffer)
  #words = new DataView(this.#memory.buffer)
  #length = 0
  #isAscii = true

  /** Forgets what was written. */
  start(): void {
    this.#length = 0
    this.#isAscii = true
  }

  /** Appends a prepared text. */
  piece({ bytes, starts, isAscii }: Pieces, number: number): void {
    if (!isAscii) this.#isAscii = false
    const from = starts[number]!
    const length = starts[number + 1]! - from
    this.#makeRoom(length)
    const target = this.#words
    const at = this.#length
    // Pieces are short: calling a copying routine would cost more than the copying.
    for (let i = 0; i < length; i += WORD)
      target.setUint32(at + i, bytes.getUint32(from + i, true), true)
    this.#length = at + length
  }

  /** Appends any text. */
  text(text: string): void {
    // A UTF-16 unit takes three bytes at the most.
    this.#makeRoom(text.length * 3)
    if (text.length <= SHORT && this.#plainText(text)) return
    const written = this.#memory.write(text, this.#length)
    if (written !== text.length) this.#isAscii = false
    this.#length += written
  }

  /** Appends a short text when it is ASCII, without leaving JavaScript. */
  #plainText(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) return false
      this.#bytes[this.#length + i] = code
    }
    this.#length += text.length
    return true
  }

  /** Appends a number with 6 decimals at the most; null for what JSON has no number for. */
  figure(value: number): void {
    if (!(value >= 0 && value < LARGEST)) {
      this.text(JSON.stringify(value))
      return
    }
    this.#makeRoom(LONGEST_FIGURE)
    let at = this.#length
    let whole = Math.floor(value)
    if (whole === value) {
      this.#length = this.#whole(whole, at)
      return
    }
    // A whole number of 32 bits: the remainder of a float is a call into a library.
    let millionths = Math.round((value - whole) * MILLION) | 0
    if (millionths === MILLION) {
      whole++
      millionths = 0
    }
    at = this.#whole(whole, at)
    this.#words.setUint32(at, AFTER_POINT[(millionths / 1000) | 0]!, true)
    this.#words.setUint32(at + 4, THREE_DIGITS[millionths % 1000]!, true)
    this.#length = at + 7
  }

  comma(): void {
    this.#makeRoom(1)
    this.#bytes[this.#length++] = COMMA
  }

  /** Writes a whole number below LARGEST and answers where it ends. */
  #whole(number: number, start: number): number {
    const bytes = this.#bytes
    let at = start
    if (number >= 1000) at = this.#whole(Math.floor(number / 1000), at)
    const from = (number % 1000) * 3
    if (number >= 100) bytes[at++] = DIGITS[from]!
    if (number >= 10) bytes[at++] = DIGITS[from + 1]!
    bytes[at++] = DIGITS[from + 2]!
    return at
  }

  /** Ends a list whose entries each end with a comma. */
  endList(): void {
    if (this.#bytes[this.#length - 1] === COMMA) this.#length--
    this.text(']')
  }

  toString(): string {
    // Where every byte is a character it costs a third to make them one.
    return this.#memory.toString(this.#isAscii ? 'latin1' : 'utf8', 0, this.#length)
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more + WORD
    if (needed <= this.#memory.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#memory.length * 2, needed))
    this.#memory.copy(grown, 0, 0, this.#length)
    this.#memory = grown
    this.#bytes = new Uint8Array(grown.buffer)
    this.#words = new DataView(grown.buffer)
  }
}
