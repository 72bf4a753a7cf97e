import { Packr } from 'msgpackr'
import type {
  Evidence,
  Experience,
  LearningPoint,
  LedgerEntry,
  Lesson
} from '../../domain/learning.js'
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

type PackedExperience = [
  version: number,
  way: string,
  impressions: number,
  positives: number,
  total: number,
  begunAt: number,
  ...regression: [] | [means: Buffer, squares: Buffer, weights: Buffer, precision: Buffer]
]

export function encodeExperience(experience: Experience): Buffer {
  const { way, impressions, positives, total, begunAt, regression } = experience
  const { means, squares, weights, precision } = regression ?? {}
  const numbers = [means, squares, weights, precision].flatMap(column =>
    column === undefined ? [] : [bytesOf(column)]
  )
  return packr.pack([VERSION, way, impressions, positives, total, begunAt, ...numbers])
}

export function decodeExperience(bytes: Buffer): Experience {
  const [, way, impressions, positives, total, begunAt, ...numbers] = unpack(
    bytes,
    'experience'
  ) as PackedExperience
  const [means, squares, weights, precision] = numbers.map(numbersIn)
  const regression = means &&
    squares &&
    weights &&
    precision && { means, squares, weights, precision }
  return { way, impressions, positives, total, begunAt, regression }
}

/** Names and numbers in one flat list, which is all that a point takes. */
export function encodePoint({ timeMs, seen }: LearningPoint): Buffer {
  const flat: Array<string | number> = []
  for (const [name, { impressions, positives }] of seen) flat.push(name, impressions, positives)
  return packr.pack([VERSION, timeMs, ...flat])
}

export function decodePoint(bytes: Buffer): LearningPoint {
  const [, timeMs, ...flat] = unpack(bytes, 'a point of learning') as [number, number, ...unknown[]]
  const seen = new Map<string, Evidence>()
  for (let i = 0; i < flat.length; i += 3)
    seen.set(flat[i] as string, {
      impressions: flat[i + 1] as number,
      positives: flat[i + 2] as number
    })
  return { timeMs, seen }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** A copy, since bytes in a message need not lie where numbers may. */
function numbersIn(bytes: Buffer): Float64Array {
  return new Float64Array(Uint8Array.from(bytes).buffer)
}

function unpack(bytes: Buffer, what: string): unknown[] {
  const list: unknown = packr.unpack(bytes)
  if (!Array.isArray(list) || list[0] !== VERSION)
    throw new UnreadableRecord(`${what} has no known format`)
  return list
}
