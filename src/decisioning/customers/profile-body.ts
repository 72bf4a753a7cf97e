import type { AttributeValue, Consent, CustomerKey, Profile } from '../../domain/customer.js'
import type { Fault } from '../../domain/refusal.js'
import type { Strategy } from '../../policy/strategy.js'
import { escapePointer, isObject, kindOf, addUnknownName } from '../faults.js'
import { FUTURE_TOLERANCE_MS, NOT_A_TIME, formatTime, parseTime } from '../times.js'
import { checkId, checkValues, showValue } from '../values.js'

/** Most tags of one customer. */
export const MOST_TAGS = 1000

/** What reading a body takes besides the body. */
export interface BodyReading {
  readonly strategy: Strategy
  /** Stands in for consent without a time. */
  readonly nowMs: number
  /** Stands in for consent without a source. */
  readonly source: string
}

/** A customer as callers see it. */
export interface CustomerDocument {
  readonly customer: CustomerKey
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly tags: readonly string[]
  readonly consent: ConsentDocument
}

export type ConsentDocument = Readonly<
  Record<string, { readonly granted: boolean; readonly time: string; readonly source: string }>
>

const MEMBERS = ['attributes', 'tags', 'consent'] as const

/** Reads a whole profile: what a body leaves out is empty. Faults are added with their pointers; a result with faults is partial. */
export function readProfile(body: unknown, reading: BodyReading, faults: Fault[]): Profile {
  const { attributes, tags, consent } = readMembers(body, faults)
  return {
    attributes:
      attributes === undefined ? {} : readAttributes(attributes, reading.strategy, faults),
    tags: tags === undefined ? [] : readTags(tags, reading.strategy, faults),
    consent: consent === undefined ? {} : readConsent(consent, reading, '/consent', faults)
  }
}

/**
 * Reads a merge patch (RFC 7396) and answers what it does to a profile. Null removes a member, an attribute or a purpose, also one
 * that the strategy no longer declares. A purpose that is given states a consent anew: `granted` must be said, and time and source
 * are those of the patch, not the old ones.
 */
export function readPatch(
  body: unknown,
  reading: BodyReading,
  faults: Fault[]
): (stored: Profile) => Profile {
  const members = readMembers(body, faults)
  const attributes = splitNulls(members.attributes)
  const consent = splitNulls(members.consent)
  const given = readProfile(
    defined({
      attributes: attributes.given,
      tags: members.tags ?? undefined,
      consent: consent.given
    }),
    reading,
    faults
  )
  return stored => ({
    attributes: merge(stored.attributes, given.attributes, attributes.removed),
    tags: members.tags === undefined ? stored.tags : given.tags,
    consent: merge(stored.consent, given.consent, consent.removed)
  })
}

/** Reads a map from purpose to consent. */
export function readConsent(
  body: unknown,
  reading: BodyReading,
  pointer: string,
  faults: Fault[]
): Readonly<Record<string, Consent>> {
  const { purposes } = reading.strategy
  const consent: Record<string, Consent> = {}
  if (!isObject(body)) {
    faults.push({ pointer, detail: `must be an object of purposes, not ${kindOf(body)}` })
    return consent
  }
  for (const purpose of Object.keys(body)) {
    const at = `${pointer}/${escapePointer(purpose)}`
    if (!purposes.includes(purpose)) addUnknownName(faults, at, 'purpose', purpose, purposes)
    else {
      const read = readOneConsent(body[purpose], reading, at, faults)
      if (read !== undefined) consent[purpose] = read
    }
  }
  return consent
}

/** A profile as callers see it; names that the strategy no longer declares are shown as they are stored. */
export function showProfile(
  customer: CustomerKey,
  profile: Profile,
  strategy: Strategy
): CustomerDocument {
  const show = (name: string, value: AttributeValue): AttributeValue =>
    showValue(strategy.attributes[strategy.attributeIndex.get(name) ?? -1], value)
  return {
    customer: { namespace: customer.namespace, id: customer.id },
    attributes: mapValues(profile.attributes, show),
    tags: profile.tags,
    consent: showConsent(profile.consent)
  }
}

function showConsent(consent: Profile['consent']): ConsentDocument {
  return mapValues(consent, (_, { granted, timeMs, source }) => ({
    granted,
    time: formatTime(timeMs),
    source
  }))
}

type Members = { readonly [member in (typeof MEMBERS)[number]]?: unknown }

function readMembers(body: unknown, faults: Fault[]): Members {
  if (!isObject(body)) {
    faults.push({ pointer: '', detail: `must be an object, not ${kindOf(body)}` })
    return {}
  }
  for (const name of Object.keys(body)) {
    if (!(MEMBERS as readonly string[]).includes(name)) {
      addUnknownName(faults, `/${escapePointer(name)}`, 'member', name, MEMBERS)
    }
  }
  return body
}

function readAttributes(
  given: unknown,
  strategy: Strategy,
  faults: Fault[]
): Readonly<Record<string, AttributeValue>> {
  const attributes: Record<string, AttributeValue> = {}
  if (!isObject(given)) {
    faults.push({ pointer: '/attributes', detail: `must be an object, not ${kindOf(given)}` })
    return attributes
  }
  const names = { kind: 'attribute', declared: strategy.attributes, index: strategy.attributeIndex }
  for (const [slot, value] of checkValues(names, given, '/attributes', faults)) {
    attributes[strategy.attributes[slot]!.name] = value
  }
  return attributes
}

function readTags(given: unknown, { tagPaths }: Strategy, faults: Fault[]): readonly string[] {
  if (!Array.isArray(given)) {
    faults.push({ pointer: '/tags', detail: `must be a list of tags, not ${kindOf(given)}` })
    return []
  }
  if (given.length > MOST_TAGS) {
    faults.push({ pointer: '/tags', detail: `must not have more than ${MOST_TAGS} items` })
    return []
  }
  const tags = new Set<string>()
  given.forEach((tag: unknown, i) => {
    const pointer = `/tags/${i}`
    if (typeof tag !== 'string') {
      faults.push({ pointer, detail: `must be a string, not ${kindOf(tag)}` })
    } else if (!tagPaths.has(tag)) addUnknownName(faults, pointer, 'tag', tag, tagPaths)
    else tags.add(tag)
  })
  return [...tags]
}

const CONSENT_MEMBERS = ['granted', 'time', 'source']

function readOneConsent(
  given: unknown,
  { nowMs, source }: BodyReading,
  pointer: string,
  faults: Fault[]
): Consent | undefined {
  if (!isObject(given)) {
    faults.push({ pointer, detail: `must be an object with granted, not ${kindOf(given)}` })
    return undefined
  }
  const before = faults.length
  for (const name of Object.keys(given)) {
    if (!CONSENT_MEMBERS.includes(name)) {
      addUnknownName(faults, `${pointer}/${escapePointer(name)}`, 'member', name, CONSENT_MEMBERS)
    }
  }
  const { granted, time, source: said = source } = given
  if (typeof granted !== 'boolean') {
    faults.push({
      pointer: `${pointer}/granted`,
      detail: `must be true or false, not ${kindOf(granted)}`
    })
  }
  const timeMs = time === undefined ? nowMs : typeof time === 'string' ? parseTime(time) : undefined
  if (timeMs === undefined) faults.push({ pointer: `${pointer}/time`, detail: NOT_A_TIME })
  else if (timeMs > nowMs + FUTURE_TOLERANCE_MS) {
    faults.push({ pointer: `${pointer}/time`, detail: 'lies more than 5 minutes in the future' })
  }
  const sourceFault = checkId(said)
  if (sourceFault !== undefined) faults.push({ pointer: `${pointer}/source`, detail: sourceFault })
  if (faults.length > before || timeMs === undefined) return undefined
  return { granted: granted === true, timeMs, source: String(said) }
}

/** Parts what a patch sets from what it removes; null for the whole member removes all. */
function splitNulls(member: unknown): {
  readonly given: unknown
  readonly removed: ReadonlySet<string> | 'all'
} {
  if (member === null) return { given: undefined, removed: 'all' }
  if (!isObject(member)) return { given: member, removed: new Set() }
  const entries = Object.entries(member)
  return {
    given: Object.fromEntries(entries.filter(([, value]) => value !== null)),
    removed: new Set(entries.filter(([, value]) => value === null).map(([name]) => name))
  }
}

function merge<Value>(
  stored: Readonly<Record<string, Value>>,
  given: Readonly<Record<string, Value>>,
  removed: ReadonlySet<string> | 'all'
): Readonly<Record<string, Value>> {
  if (removed === 'all') return given
  const kept = Object.entries(stored).filter(([name]) => !removed.has(name))
  return { ...Object.fromEntries(kept), ...given }
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (name: string, value: From) => To
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(name, value)])
  )
}

function defined(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined))
}
