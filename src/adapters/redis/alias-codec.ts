import { Packr } from 'msgpackr'
import type { CustomerKey } from '../../domain/customer.js'
import { UnreadableRecord } from './errors.js'

/*
 * What a merged customer's alias key holds: version, 'a', state, then MessagePack:
 *
 *     [namespace, id, …], [positions of the members that are held here]
 *
 * Scripts read the state, the third byte.
 */
const VERSION = 1
const MAGIC = 0x61
const HEADER_BYTES = 3
const packr = new Packr({ useRecords: false, moreTypes: false })

export const ALIAS_STATES = {
  /** The canonical key, all that was stored under the others united into its record. */
  whole: 0,
  /** The canonical key; what is stored under others is still to be united into its record. */
  open: 1,
  /** Another key than the canonical one: its record is closed for good. */
  member: 2
} as const

export type AliasState = keyof typeof ALIAS_STATES

export interface Alias {
  readonly state: AliasState
  /** All keys of the customer, the canonical one first. */
  readonly members: readonly CustomerKey[]
  /** Positions of the members whose records were united into the one beside this alias. */
  readonly held: readonly number[]
}

const STATES = Object.keys(ALIAS_STATES) as AliasState[]

export function encodeAlias({ state, members, held }: Alias): Buffer {
  const body = [members.flatMap(({ namespace, id }) => [namespace, id]), held]
  return Buffer.concat([Buffer.from([VERSION, MAGIC, ALIAS_STATES[state]]), packr.pack(body)])
}

/** Throws UnreadableRecord. */
export function decodeAlias(bytes: Buffer): Alias {
  const state = STATES[bytes[2] ?? STATES.length]
  if (bytes[0] !== VERSION || bytes[1] !== MAGIC || state === undefined) throw unreadable()
  let body: unknown
  try {
    body = packr.unpack(bytes.subarray(HEADER_BYTES))
  } catch (error) {
    throw unreadable(error)
  }
  if (!isBody(body)) throw unreadable()
  const [texts, held] = body
  const members: CustomerKey[] = []
  for (let i = 0; i < texts.length; i += 2)
    members.push({ namespace: texts[i]!, id: texts[i + 1]! })
  return { state, members, held }
}

function isBody(body: unknown): body is [texts: string[], held: number[]] {
  if (!Array.isArray(body) || body.length !== 2) return false
  const [texts, held] = body as unknown[]
  return (
    Array.isArray(texts) &&
    texts.length > 0 &&
    texts.length % 2 === 0 &&
    texts.every(text => typeof text === 'string') &&
    Array.isArray(held) &&
    held.every(position => Number.isInteger(position))
  )
}

function unreadable(cause?: unknown): UnreadableRecord {
  return new UnreadableRecord(
    'the stored keys of a merged customer have no known format; erase the customer or restore it from a backup',
    { cause }
  )
}
