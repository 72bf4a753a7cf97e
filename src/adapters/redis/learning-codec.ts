import { Packr } from 'msgpackr'
import type { Experience, LedgerEntry, Lesson } from '../../domain/learning.js'
import { UnreadableRecord } from './errors.js'

/** Lessons, ledger entries and experience in Redis: MessagePack lists that begin with the version. */
const VERSION = 1

const packr = new Packr({ useRecords: false })

type PackedLesson = [
  version: number,
  kind: Lesson['kind'],
  offerId: string,
  channel: string | null,
  timeMs: number,
  ...about: [decisionId: string, placement: string] | [string, string, string, string]
]

export function encodeLesson({ kind, offerId, channel, timeMs, about }: Lesson): Buffer {
  const subject: [string, string] | [string, string, string, string] =
    'decisionId' in about
      ? [about.decisionId, about.placement]
      : [about.customer.namespace, about.customer.id, about.source, about.id]
  return packr.pack([VERSION, kind, offerId, channel ?? null, timeMs, ...subject])
}

export function decodeLesson(bytes: Buffer): Lesson {
  const [, kind, offerId, channel, timeMs, ...about] = unpack(bytes, 'a lesson') as PackedLesson
  const lesson = { kind, offerId, channel: channel ?? undefined, timeMs }
  if (about.length === 2) {
    const [decisionId, placement] = about
    return { ...lesson, about: { decisionId, placement } }
  }
  const [namespace, customerId, source, id] = about
  return { ...lesson, about: { customer: { namespace, id: customerId }, source, id } }
}

/** Short, so that a slice of the ledger stays one compact piece of memory. */
export function encodeEntry(entry: LedgerEntry): Buffer {
  const { impressionMs, positiveMs, endMs, counted, turned } = entry
  const times = [impressionMs, positiveMs, endMs].map(ms => (ms === Infinity ? 0 : ms))
  return packr.pack([VERSION, ...times, counted, turned])
}

export function decodeEntry(bytes: Buffer): LedgerEntry {
  const [, impressionMs, positiveMs, endMs, counted, turned] = unpack(bytes, 'a ledger entry') as [
    number,
    number,
    number,
    number,
    number,
    boolean
  ]
  return {
    impressionMs: impressionMs === 0 ? Infinity : impressionMs,
    positiveMs: positiveMs === 0 ? Infinity : positiveMs,
    endMs: endMs === 0 ? Infinity : endMs,
    counted,
    turned
  }
}

export function encodeExperience(experience: Experience): Buffer {
  const { way, impressions, positives, total, begunAt } = experience
  return packr.pack([VERSION, way, impressions, positives, total, begunAt])
}

export function decodeExperience(bytes: Buffer): Experience {
  const [, way, impressions, positives, total, begunAt] = unpack(bytes, 'experience') as [
    number,
    string,
    number,
    number,
    number,
    number
  ]
  return { way, impressions, positives, total, begunAt }
}

function unpack(bytes: Buffer, what: string): unknown[] {
  const list: unknown = packr.unpack(bytes)
  if (!Array.isArray(list) || list[0] !== VERSION)
    throw new UnreadableRecord(`${what} has no known format`)
  return list
}
