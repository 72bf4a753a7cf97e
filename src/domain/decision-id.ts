const MAX_COUNTER = 0xfff
const UUID_V7 =
  /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-([0-9a-f]{8})[0-9a-f]{4}$/

/**
 * Makes decision ids: UUIDv7 (RFC 9562) whose node part begins with the process's number.
 *
 *     48 bits milliseconds · 7 · 12 bits counter · variant · 14 bits random · 32 bits writer · 16 bits random
 *
 * The ids of one process ascend: within a millisecond by the counter; when that is used up, or the clock
 * steps back, the millisecond runs ahead of the clock.
 *
 * @param writer a random number of this process, 0 to 2^32 - 1
 */
export function createDecisionIds(writer: number): (nowMs: number) => string {
  const writerHex = hex(writer >>> 0, 8)
  const random = createRandomWords()
  let lastMs = 0
  let counter = 0
  return function decisionId(nowMs) {
    counter++
    if (nowMs > lastMs || counter > MAX_COUNTER) {
      lastMs = Math.max(Math.floor(nowMs), lastMs + 1)
      counter = 0
    }
    const time = hex(lastMs, 12)
    const bits = random()
    const variant = hex(0x8000 | (bits >>> 18), 4)
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(counter, 3)}-${variant}-${writerHex}${hex(bits & 0xffff, 4)}`
  }
}

/** When an id was made and by which process; undefined for what is no id of createDecisionIds (case matters). */
export function partsOf(id: string): { timeMs: number; writer: number } | undefined {
  const match = UUID_V7.exec(id)
  if (match === null) return undefined
  return {
    timeMs: Number.parseInt(match[1]! + match[2]!, 16),
    writer: Number.parseInt(match[3]!, 16)
  }
}

/** Random 32-bit words, drawn many at a time: one call of the system a decision would cost more than the id. */
function createRandomWords(): () => number {
  const pool = new Uint32Array(1024)
  let next = pool.length
  return () => {
    if (next === pool.length) {
      crypto.getRandomValues(pool)
      next = 0
    }
    return pool[next++]!
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
