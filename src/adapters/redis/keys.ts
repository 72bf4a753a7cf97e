import type { CustomerKey } from '../../domain/customer.js'
import type { QuotaCount } from '../../domain/limits.js'
import { partsOf } from '../../domain/decision-id.js'
import { periodOf } from '../../domain/quota-counting.js'
import { slotOf } from './slots.js'

/**
 * Every key in Redis, in one place. A customer's keys share one hash tag, so that scripts over them also run in a cluster.
 *
 * | key | type | what |
 * |---|---|---|
 * | `offerd:{ns:id}:p` | string | profile (profile-codec.ts) |
 * | `offerd:{ns:id}:h` | string | log of interactions and behaviour (history-codec.ts) |
 * | `offerd:{ns:id}:d` | string | details of the same events, for people (detail-codec.ts) |
 * | `offerd:{ns:id}:a` | string | the keys of a merged customer (alias-codec.ts); read with every load |
 * | `offerd:{ns:id}:r` | string | open reservations (reservation-codec.ts); lives until the last one lapses |
 * | `offerd:{ns:id}:e` | sorted set | source NUL id of events, by receipt in ms: duplicates of seven days |
 * | `offerd:{ns:id}:t` | string | tombstone of an erased customer, until a profile is put again |
 * | `offerd:{ns:id}:x` | hash | the arm of the first exposure by experiment (exposures.ts) |
 * | `offerd:{ns:id}:j` | string | what the journal's segments seal this customer with; goes when the customer is erased |
 * | `offerd:{journal0}:…` | stream, hash, string | decisions and events on their way to disk, by partition; who carries them (journal.ts) |
 * | `offerd:{journal0}:records:…` | list, sorted set, string | decision records, in the partition that journals them (records.ts) |
 * | `offerd:{learning}:…` | stream, hash, sorted set, string | lessons, experience, who learns; the ledger's slices (learning.ts) |
 * | `offerd:exposed:…` | hash | customers of one experiment by arm |
 * | `offerd:q:{id}:period:t` | string | what a quota has taken in a period (quota-scripts.ts, also of the next three) |
 * | `offerd:q:{id}:period:e`, `…:a` | sorted set, hash | open reservations and slices of a rolling window: their ends, their amounts |
 * | `offerd:q:{id}:period:c` | sorted set | what was counted lately, by receipt in ms: repetitions of an hour |
 * | `offerd:names` | hash | numbers of names (names.ts) |
 * | `offerd:doc:…`, `offerd:claim:…`, `offerd:num:…` | string, string, hash | shared documents |
 * | `offerd:part:…` | string | a part of an archived strategy (archive.ts) |
 * | `offerd:health`, `offerd:health:…` | string | written by the health check; in a cluster one on every master |
 * | `offerd:news:…` | channel | announcements |
 */
export interface CustomerKeys {
  readonly profile: string
  readonly history: string
  readonly details: string
  readonly alias: string
  readonly reservations: string
  readonly eventIds: string
  readonly tombstone: string
  readonly exposures: string
  readonly journal: string
}

export function customerKeys(key: CustomerKey): CustomerKeys {
  const stem = customerStem(key)
  return {
    profile: stem + 'p',
    history: stem + 'h',
    details: stem + 'd',
    alias: stem + 'a',
    reservations: stem + 'r',
    eventIds: stem + 'e',
    tombstone: stem + 't',
    exposures: stem + 'x',
    journal: stem + 'j'
  }
}

/** What the keys of a customer begin with; different for different customers, whatever their ids hold. */
export function customerStem(key: CustomerKey): string {
  return `offerd:{${escapePart(key.namespace)}:${escapePart(key.id)}}:`
}

export interface QuotaKeys {
  readonly taken: string
  readonly ending: string
  readonly amounts: string
  readonly counted: string
}

/** The keys of the period that an instant counts in. No customer's key begins like them, whatever its namespace. */
export function quotaKeys({ id, window }: QuotaCount, atMs: number): QuotaKeys {
  const stem = `offerd:q:{${escapePart(id)}}:${periodOf(window, atMs)}:`
  return { taken: stem + 't', ending: stem + 'e', amounts: stem + 'a', counted: stem + 'c' }
}

export const NAMES_KEY = 'offerd:names'
export const HEALTH_KEY = 'offerd:health'
export function healthKey(number: number): string {
  return `${HEALTH_KEY}:${number}`
}

/** Decisions of one process whose ids fall into the same slot share a key, so that an id leads to its key without a look-up. */
const SLOT_MS = 32

/** The slot of an id; an id that is none of ours has a slot of its own. */
export function bucketOf(id: string): string {
  const parts = partsOf(id)
  return parts === undefined
    ? `other:${id}`
    : `${parts.writer.toString(16)}:${Math.floor(parts.timeMs / SLOT_MS)}`
}

/** The index of a partition's decision records, their bytes, and what the keys of their lists begin with. */
export function recordsKeys(partition: number): {
  readonly index: string
  readonly bytes: string
  readonly lists: string
} {
  const stem = `${partitionStem(partition)}records:`
  return { index: `${stem}index`, bytes: `${stem}bytes`, lists: `${stem}b:` }
}

/** The key of the list that holds a writer's batches of one time slot. */
export function recordsKey(bucket: string): string {
  return recordsKeys(partitionOf(bucket)).lists + bucket
}

/** The key of the numbers of customers that an experiment has reached. */
export function exposedKey(experiment: string): string {
  return `offerd:exposed:${escapePart(experiment)}`
}

/** Decision records and the journal are parted, so that the servers of a cluster share them. */
export const PARTITIONS = 4

/** The partition of what belongs together. */
export function partitionOf(text: string): number {
  return slotOf(text) % PARTITIONS
}

/** The stream and the counters of one of the journal's partitions. */
export function journalKeys(partition: number): [stream: string, counters: string] {
  const stem = partitionStem(partition)
  return [`${stem}s`, `${stem}n`]
}

function partitionStem(partition: number): string {
  return `offerd:{journal${partition}}:`
}

export const JOURNAL_LEASE_KEY = 'offerd:{journal0}:exporter'
export const JOURNAL_TROUBLE_KEY = 'offerd:{journal0}:trouble'

const LEARNING_STEM = 'offerd:{learning}:'
export const LEARNING_KEYS = {
  lease: `${LEARNING_STEM}learner`,
  state: `${LEARNING_STEM}state`,
  lessons: `${LEARNING_STEM}lessons`,
  experience: `${LEARNING_STEM}experience`,
  changed: `${LEARNING_STEM}changed`
} as const

/** The key of a series of points, by its position among them. */
export function pointsKey(series: number): string {
  return `${LEARNING_STEM}points${series}`
}

/** The key of one slice of the ledger. */
export function ledgerKey(slice: string): string {
  return `${LEARNING_STEM}l:${slice}`
}

export function documentKey(name: string): string {
  return `offerd:doc:${name}`
}

export function claimKey(name: string): string {
  return `offerd:claim:${name}`
}

export function seriesKey(series: string): string {
  return `offerd:num:${series}`
}

export function archiveKey(name: string): string {
  return `offerd:part:${name}`
}

export function newsChannel(topic: string): string {
  return `offerd:news:${topic}`
}

// Lone surrogates are escaped too: as UTF-8 they would all become the same replacement character.
const RESERVED = /[%{}:\uD800-\uDFFF]/u
const ALL_RESERVED = /[%{}:\uD800-\uDFFF]/gu

function escapePart(text: string): string {
  if (!RESERVED.test(text)) return text
  return text.replace(ALL_RESERVED, char => `%${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
