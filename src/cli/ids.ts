import { randomUUID } from 'node:crypto'

const TIME_DIGITS = 12
/** A UUIDv4 from its first random digit behind the version on. */
const RANDOM_TAIL = 15

/** A UUIDv7 (RFC 9562): 48 bits of milliseconds since 1970, then 74 random bits, so that ids sort by time. */
export function decisionIdAt(nowMs: number): string {
  const time = Math.floor(nowMs).toString(16).padStart(TIME_DIGITS, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(RANDOM_TAIL)}`
}
