/** A set of small numbers as a bit each, where that takes fewer bytes than their list would. */
export function packNumbers(ascending: readonly number[]): readonly number[] | Buffer {
  const bytes = ((ascending.at(-1) ?? 0) >>> 3) + 1
  if (bytes >= ascending.length) return ascending
  const bits = Buffer.alloc(bytes)
  for (const number of ascending) bits[number >>> 3]! |= 1 << (number & 7)
  return bits
}

/** The numbers of a set, ascending; what is no set of bits is answered as it is. */
export function unpackNumbers(packed: unknown): unknown {
  if (!(packed instanceof Uint8Array)) return packed
  const numbers: number[] = []
  for (let at = 0; at < packed.length; at++) {
    const bits = packed[at]!
    for (let bit = 0; bits >>> bit !== 0; bit++)
      if (((bits >>> bit) & 1) === 1) numbers.push(at * 8 + bit)
  }
  return numbers
}
