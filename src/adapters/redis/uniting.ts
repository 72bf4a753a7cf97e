import { randomBytes } from 'node:crypto'
import type { CustomerKey } from '../../domain/customer.js'
import { foldIntoHours, FOLD_ABOVE_EVENTS } from '../../domain/history-bounds.js'
import { compareTexts } from '../../domain/identity.js'
import { uniteProfiles } from '../../domain/written-profile.js'
import type { Alias } from './alias-codec.js'
import { decodeDetails, DETAILS_HEADER, splitDetails } from './detail-codec.js'
import { UnreadableRecord } from './errors.js'
import { foldLog } from './folding.js'
import { decodeLog, encodeLog, encodeRecord } from './history-codec.js'
import type { LogRecord } from './history-codec.js'
import type { Names } from './names.js'
import { decodeWritten, encodeProfile } from './profile-codec.js'
import { uniteReservations } from './reservation-codec.js'

/** The record of one key, as it is stored; null where nothing is. */
export interface StoredRecord {
  readonly profile: Buffer | null
  readonly history: Buffer | null
  readonly details: Buffer | null
  readonly reservations: Buffer | null
}

/** One of a merged customer's keys with all that is stored under it. */
export interface Party extends StoredRecord {
  readonly key: CustomerKey
  readonly alias: Alias | undefined
  /** The alias as it is stored. */
  readonly aliasBytes: Buffer | null
  readonly erased: boolean
}

interface Entry {
  readonly record: LogRecord
  readonly detail: Buffer
  /** Source and id: the duplicate key. */
  readonly id: string
}

/**
 * One record of several: profiles and logs are united as sets, so the same parties in any order and grouping give the same.
 * An event that was told under several keys is one; it is known by source and id while it stands in the logs one by one.
 * Throws UnreadableRecord or UnknownNumber.
 * @param stamp of the new profile
 */
export function unite(
  parties: readonly Party[],
  canonical: CustomerKey,
  { names, namespaces }: { readonly names: Names; readonly namespaces: readonly string[] },
  stamp: Buffer
): StoredRecord {
  const profiles = parties.flatMap(({ key, profile }) =>
    profile === null ? [] : [decodeWritten(profile, key, names)]
  )
  const profile = uniteProfiles(profiles, namespaces)
  return {
    profile: profile === undefined ? null : encodeProfile(profile, canonical, names, stamp),
    ...uniteLogs(parties, names),
    reservations: uniteReservations(parties.map(({ reservations }) => reservations))
  }
}

function uniteLogs(
  parties: readonly Party[],
  names: Names
): Pick<StoredRecord, 'history' | 'details'> {
  const logs = parties.flatMap(({ history, details }) =>
    history === null && details === null ? [] : [logOf(history, details)]
  )
  if (logs.length === 0) return { history: null, details: null }
  const entries = distinct(logs.flatMap(({ records, parts }) => entriesOf(records, parts, names)))
  const hours = foldIntoHours(
    logs.flatMap(log => log.hours),
    []
  )
  const history = encodeLog(
    freshStamp(),
    entries.map(({ record }) => record),
    hours
  )
  const details = Buffer.concat([DETAILS_HEADER, ...entries.map(({ detail }) => detail)])
  return entries.length > FOLD_ABOVE_EVENTS
    ? foldLog(history, details, freshStamp())
    : { history, details }
}

function logOf(history: Buffer | null, details: Buffer | null) {
  const parts = details === null ? [] : splitDetails(details)
  const log = history === null ? undefined : decodeLog(history)
  if (log === undefined || details === null || log.records.length !== parts.length) {
    throw new UnreadableRecord('the stored history and its details differ in length')
  }
  return { records: log.records, hours: log.hours, parts }
}

function entriesOf(records: readonly LogRecord[], parts: readonly Buffer[], names: Names): Entry[] {
  return records.map((record, i) => {
    const detail = parts[i]!
    const { source, id } = decodeDetails(detail, names)
    return { record, detail, id: `${source}\0${id}` }
  })
}

/** The oldest first; of those with the same source and id the first. */
function distinct(entries: readonly Entry[]): Entry[] {
  const kept = new Map<string, Entry>()
  for (const entry of entries.toSorted(compareEntries)) {
    if (!kept.has(entry.id)) kept.set(entry.id, entry)
  }
  return [...kept.values()]
}

/** A whole order, so that what is united does not depend on which log an event stood in. */
function compareEntries(a: Entry, b: Entry): number {
  return (
    a.record.timeMs - b.record.timeMs ||
    compareTexts(a.id, b.id) ||
    encodeRecord(a.record).compare(encodeRecord(b.record)) ||
    a.detail.compare(b.detail)
  )
}

function freshStamp(): number {
  return randomBytes(4).readUInt32BE()
}
