import type { AttributeValue, Consent, CustomerKey, Profile } from '../../domain/customer.js'
import { sameParty } from '../../domain/identity.js'
import { distinctWrites, type Write, type WrittenProfile } from '../../domain/written-profile.js'
import { UnreadableRecord } from './errors.js'
import type { Name, NameKind, Names } from './names.js'
import { packNumbers, unpackNumbers } from './number-set.js'
import { packShort, unpackShort } from './short-decimals.js'
import { positionOf } from './words.js'
import type { WordTables } from './words.js'

/*
 * A profile in Redis: version, 'p', stamp (8, new with every write), then MessagePack:
 *
 *     [attribute numbers], [values], [tag numbers], [purpose number, granted 0 or 1, time in ms, source, …], writes
 *
 * as one array, the attributes in the order of their numbers, which are a list or bits (number-set.ts). Names are numbers of the
 * registry (names.ts). `writes` says when the attributes were written: one time in ms where all were at once, else
 * [[time, namespace, id, …], [position of each attribute's write]], a namespace of '' for the customer's own key. Decimals of few
 * digits take 5 bytes (short-decimals.ts). Version 2 had lists and 9 bytes a decimal only; version 1 had no writes either, its
 * attributes count as written at 0.
 */
const VERSION = 3
const VERSIONS_BEFORE: readonly unknown[] = [1, 2]
const VERSION_WITHOUT_WRITES = 1
const MAGIC = 0x70
/** What CHANGE compares: version and stamp. */
export const PROFILE_PREFIX_BYTES = 10

const PREFIX = Buffer.from([VERSION, MAGIC])
type Body = [
  numbers: number[],
  values: AttributeValue[],
  tags: number[],
  consent: Array<number | string>,
  writes: number | [table: Array<number | string>, positions: number[]]
]

/** The names of a profile that must be registered before it can be encoded; usually none, which costs a look-up each. */
export function unknownNames(profile: Profile, names: Names): Name[] {
  const unknown: Name[] = []
  const look = (kind: NameKind, name: string) => {
    if (names.number(kind, name) === 0) unknown.push([kind, name])
  }
  for (const name in profile.attributes) look('attribute', name)
  for (const name of profile.tags) look('tag', name)
  for (const name in profile.consent) look('purpose', name)
  return unknown
}

/** Throws StoreUnavailable where a name is not registered (any more). @param key the customer's own */
export function encodeProfile(
  { profile, writes }: WrittenProfile,
  key: CustomerKey,
  names: Names,
  stamp: Buffer
): Buffer {
  return encode(profile, order => encodeWrites(order, writes, key), names, stamp)
}

/** A profile all of whose attributes are written now, under the customer's own key. Throws as encodeProfile does. */
export function encodeNewProfile(
  profile: Profile,
  timeMs: number,
  names: Names,
  stamp: Buffer
): Buffer {
  return encode(profile, () => timeMs, names, stamp)
}

function encode(
  profile: Profile,
  writesOf: (attributes: readonly string[]) => Body[4],
  names: Names,
  stamp: Buffer
): Buffer {
  const { attributes, numbers } = inOrder(profile.attributes, names)
  const tags = profile.tags.map(name => names.numberOf('tag', name))
  const consent = Object.entries(profile.consent).flatMap(([name, { granted, timeMs, source }]) => [
    names.numberOf('purpose', name),
    granted ? 1 : 0,
    timeMs,
    source
  ])
  const values = attributes.map(name => profile.attributes[name]!)
  const body = [packNumbers(numbers), values, tags, consent, writesOf(attributes)] as const
  return Buffer.concat([PREFIX, stamp, packShort(body)])
}

/** Names of attributes and their numbers, by number. */
function inOrder(given: Profile['attributes'], names: Names) {
  const attributes = Object.keys(given)
  const numbers = attributes.map(name => names.numberOf('attribute', name))
  const order = [...numbers.keys()].sort((a, b) => numbers[a]! - numbers[b]!)
  return { attributes: order.map(i => attributes[i]!), numbers: order.map(i => numbers[i]!) }
}

function encodeWrites(
  attributes: readonly string[],
  writes: Readonly<Record<string, Write>>,
  own: CustomerKey
): Body[4] {
  const { distinct, positions } = distinctWrites(attributes, writes)
  const [first] = distinct
  if (first === undefined) return 0
  if (distinct.length === 1 && sameParty(first.key, own)) return first.timeMs
  const table = distinct.flatMap(({ timeMs, key }) =>
    sameParty(key, own) ? [timeMs, '', ''] : [timeMs, key.namespace, key.id]
  )
  return [table, [...positions]]
}

/** The profile for people. Throws UnreadableRecord or UnknownNumber. */
export function decodeProfile(bytes: Buffer, names: Names): Profile {
  return profileOf(bodyOf(bytes), names)
}

/** The profile with its writes. Throws UnreadableRecord or UnknownNumber. @param key the customer's own */
export function decodeWritten(bytes: Buffer, key: CustomerKey, names: Names): WrittenProfile {
  const body = bodyOf(bytes)
  const [numbers, , , , stored] = body
  const writes: Record<string, Write> = {}
  numbers.forEach((number, i) => {
    writes[names.nameOf('attribute', number)] = writeOf(stored, i, key)
  })
  return { profile: profileOf(body, names), writes }
}

function writeOf(stored: Body[4], attribute: number, own: CustomerKey): Write {
  if (typeof stored === 'number') return { timeMs: stored, key: own }
  const [table, positions] = stored
  const at = positions[attribute]! * 3
  const [timeMs, namespace, id] = table.slice(at, at + 3) as [number, string, string]
  return { timeMs, key: namespace === '' ? own : { namespace, id } }
}

function profileOf([numbers, values, tags, consent]: Body, names: Names): Profile {
  const attributes: Record<string, AttributeValue> = {}
  numbers.forEach((number, i) => {
    attributes[names.nameOf('attribute', number)] = values[i]!
  })
  const purposes: Record<string, Consent> = {}
  for (let i = 0; i < consent.length; i += 4) {
    const [number, granted, timeMs, source] = consent.slice(i, i + 4) as [
      number,
      number,
      number,
      string
    ]
    purposes[names.nameOf('purpose', number)] = { granted: granted === 1, timeMs, source }
  }
  return { attributes, tags: tags.map(number => names.nameOf('tag', number)), consent: purposes }
}

/** The profile in the positions of a lexicon. Throws UnreadableRecord, or UnknownNumber for a tag. */
export function decodeForDecision(bytes: Buffer, names: Names, words: WordTables) {
  const [numbers, values, tagNumbers, consent] = bodyOf(bytes)
  const attributes = new Array<AttributeValue | undefined>(words.lexicon.attributes.length).fill(
    undefined
  )
  for (let i = 0; i < numbers.length; i++) {
    const position = positionOf(words.attributes, numbers[i]!)
    if (position >= 0) attributes[position] = values[i]
  }
  const granted = new Uint8Array(words.lexicon.purposes.length)
  for (let i = 0; i < consent.length; i += 4) {
    const position = positionOf(words.purposes, Number(consent[i]))
    if (position >= 0) granted[position] = Number(consent[i + 1])
  }
  const tags = tagNumbers.map(number => names.nameOf('tag', number))
  return { attributes, tags, granted }
}

function bodyOf(bytes: Buffer): Body {
  const version = bytes[0]
  if (
    bytes.length <= PROFILE_PREFIX_BYTES ||
    (version !== VERSION && !VERSIONS_BEFORE.includes(version)) ||
    bytes[1] !== MAGIC
  )
    throw unreadable('has no known format')
  let body: unknown
  try {
    body = unpackShort(bytes.subarray(PROFILE_PREFIX_BYTES))
  } catch (error) {
    throw unreadable('cannot be decoded', error)
  }
  if (version === VERSION_WITHOUT_WRITES && Array.isArray(body)) body.push(0)
  if (Array.isArray(body)) body[0] = unpackNumbers(body[0])
  if (!isBody(body)) throw unreadable('has not the expected parts')
  return body
}

function unreadable(what: string, cause?: unknown): UnreadableRecord {
  return new UnreadableRecord(
    `the stored profile ${what}; import the customer again or restore it from a backup`,
    { cause }
  )
}

function isBody(body: unknown): body is Body {
  if (!Array.isArray(body) || body.length !== 5) return false
  const [numbers, values, tags, consent, writes] = body as unknown[]
  return (
    isList(numbers, isNumber) &&
    isList(values, isValue) &&
    numbers.length === values.length &&
    isList(tags, isNumber) &&
    isList(consent, isNumberOrText) &&
    consent.length % 4 === 0 &&
    areWrites(writes, numbers.length)
  )
}

function areWrites(writes: unknown, attributes: number): boolean {
  if (typeof writes === 'number') return true
  if (!Array.isArray(writes) || writes.length !== 2) return false
  const [table, positions] = writes as unknown[]
  return (
    isList(table, isNumberOrText) &&
    table.length % 3 === 0 &&
    isList(positions, isNumber) &&
    positions.length === attributes &&
    positions.every(position => Number(position) >= 0 && Number(position) * 3 < table.length)
  )
}

function isList(value: unknown, holds: (element: unknown) => boolean): value is unknown[] {
  if (!Array.isArray(value)) return false
  for (const element of value) if (!holds(element)) return false
  return true
}

function isNumber(value: unknown): boolean {
  return Number.isInteger(value)
}

function isNumberOrText(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string'
}

function isValue(value: unknown): boolean {
  return (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    isList(value, isNumberOrText)
  )
}
