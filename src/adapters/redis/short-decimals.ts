import { FLOAT32_OPTIONS, Packr } from 'msgpackr'
import type { AttributeValue } from '../../domain/customer.js'
import { sameValue } from '../../domain/written-profile.js'

/** What is packed, with values of attributes as its second member. */
type Body = readonly [unknown, readonly AttributeValue[], ...unknown[]]

/*
 * A decimal of up to seven digits fits a float of 32 bits, when it is read as the decimal nearest to that float: 5 bytes instead of 9.
 * Whether it does, msgpackr tells by the product with a power of ten being whole. That product is rounded, so a neighbour of the
 * decimal may be taken for it.
 */
const packr = new Packr({
  useRecords: false,
  moreTypes: false,
  useFloat32: FLOAT32_OPTIONS.DECIMAL_FIT
})
const longPackr = new Packr({ useRecords: false, moreTypes: false })

/** MessagePack, with short decimals where every value is read again as it was given. */
export function packShort(body: Body): Buffer {
  const bytes = packr.pack(body)
  const [, values] = body
  if (values.every(isDecimal)) return bytes
  const [, read] = packr.unpack(bytes) as Body
  return values.every((value, i) => sameValue(value, read[i])) ? bytes : longPackr.pack(body)
}

/** Reads what packShort wrote, and MessagePack without short decimals. */
export function unpackShort(bytes: Buffer): unknown {
  return packr.unpack(bytes)
}

const NINE_DIGITS = 1e9

/**
 * Whether a value is the double nearest to a decimal of up to nine digits behind the point. Two of these never lie so near to each
 * other that one is taken for the other.
 */
function isDecimal(value: AttributeValue): boolean {
  if (Array.isArray(value)) return (value as readonly AttributeValue[]).every(isDecimal)
  return (
    typeof value !== 'number' ||
    Number.isInteger(value) ||
    Math.round(value * NINE_DIGITS) / NINE_DIGITS === value
  )
}
