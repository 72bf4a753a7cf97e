import { Packr } from 'msgpackr'
import type { CustomerEvent } from '../../domain/interaction.js'
import { UnreadableRecord } from './errors.js'
import type { Name, NameKind, Names } from './names.js'

/*
 * What people want to see of an event and decisions do not need, in the order of the log's records:
 *
 *     header  2  version, 'd'
 *     detail     MessagePack: [id, source, treatment, placement, decision id, value, reason, data]
 *
 * Trailing absent members are left out. A UUID is its 16 bytes; a registered name is its number.
 */
export const DETAILS_HEADER = Buffer.from([1, 0x64])
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const packr = new Packr({ useRecords: false, moreTypes: false, encodeUndefinedAsNil: true })

/** The details of an event, as they were told. */
export type Details = Pick<
  CustomerEvent,
  'id' | 'source' | 'treatmentId' | 'placement' | 'decisionId' | 'value' | 'reason' | 'data'
>

/** The names that should be registered before an event's details are encoded; what a token proved, and its source. */
export function namesOfDetails(event: CustomerEvent): Name[] {
  const names: Name[] = [['source', event.source]]
  if (event.treatmentId !== undefined) names.push(['treatment', event.treatmentId])
  if (event.placement !== undefined) names.push(['placement', event.placement])
  return names
}

export function encodeDetails(event: Details, names: Names): Buffer {
  const members: unknown[] = [
    compact(event.id),
    short(names, 'source', event.source),
    short(names, 'treatment', event.treatmentId),
    short(names, 'placement', event.placement),
    compact(event.decisionId),
    event.value,
    event.reason,
    event.data
  ]
  while (members.at(-1) === undefined) members.pop()
  return packr.pack(members)
}

/** The bytes of each detail, in the order of arrival. Throws UnreadableRecord. */
export function splitDetails(bytes: Buffer): Buffer[] {
  if (!bytes.subarray(0, DETAILS_HEADER.length).equals(DETAILS_HEADER)) throw unreadable()
  const parts: Buffer[] = []
  if (bytes.length === DETAILS_HEADER.length) return parts
  try {
    packr.unpackMultiple(bytes.subarray(DETAILS_HEADER.length), (_, start, end) => {
      parts.push(bytes.subarray(DETAILS_HEADER.length + start!, DETAILS_HEADER.length + end!))
    })
  } catch (error) {
    throw unreadable(error)
  }
  return parts
}

/** Reads one part of splitDetails. Throws UnreadableRecord or UnknownNumber. */
export function decodeDetails(part: Buffer, names: Names): Details {
  const members: unknown = packr.unpack(part)
  if (!Array.isArray(members)) throw unreadable()
  const [id, source, treatmentId, placement, decisionId, value, reason, data] = members as unknown[]
  return {
    id: text(names, 'source', id) ?? '',
    source: text(names, 'source', source) ?? '',
    ...optional('treatmentId', text(names, 'treatment', treatmentId)),
    ...optional('placement', text(names, 'placement', placement)),
    ...optional('decisionId', text(names, 'placement', decisionId)),
    ...optional('value', typeof value === 'number' ? value : undefined),
    ...optional('reason', typeof reason === 'string' ? reason : undefined),
    ...optional('data', data ?? undefined)
  }
}

function optional<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: V })
}

function short(
  names: Names,
  kind: NameKind,
  text: string | undefined
): string | number | undefined {
  if (text === undefined) return undefined
  return names.number(kind, text) || text
}

function compact(id: string | undefined): string | Buffer | undefined {
  return id !== undefined && UUID.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : id
}

function text(names: Names, kind: NameKind, member: unknown): string | undefined {
  if (typeof member === 'string') return member
  if (typeof member === 'number') return names.nameOf(kind, member)
  if (!(member instanceof Uint8Array)) return undefined
  const hex = Buffer.from(member).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function unreadable(cause?: unknown): UnreadableRecord {
  return new UnreadableRecord(
    'the stored details of the history have no known format; erase the customer or restore it from a backup',
    { cause }
  )
}
