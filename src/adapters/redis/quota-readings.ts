import type { Lexicon } from '../../domain/customer.js'
import { openQuotas } from '../../domain/limits.js'
import type { QuotaReadings } from '../../domain/limits.js'
import { quotaKeys } from './keys.js'

interface Known {
  readonly groups: ReadonlyArray<readonly string[]>
  /** The groups are right for fromMs ≤ t < untilMs. */
  readonly fromMs: number
  readonly untilMs: number
}

const TAKEN = /^(\d+) (\d*)$/
const NO_QUOTAS = openQuotas(0)

/** Where stands what a lexicon's quotas have taken now; the keys change when a day, week or month ends. */
export class PresentPeriods {
  readonly #clock: () => number
  readonly #known = new WeakMap<Lexicon, Known>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** For each quota, in their order, the one key that is read: quotas are spread over slots. */
  groups(lexicon: Lexicon): ReadonlyArray<readonly string[]> {
    const nowMs = this.#clock()
    const known = this.#known.get(lexicon)
    if (known !== undefined && nowMs >= known.fromMs && nowMs < known.untilMs) return known.groups
    const groups = lexicon.quotas.map(quota => [quotaKeys(quota, nowMs).taken])
    const untilMs = Math.min(...lexicon.quotas.map(({ window }) => window.endMs(nowMs)))
    this.#known.set(lexicon, { groups, fromMs: nowMs, untilMs })
    return groups
  }
}

/**
 * @param values of the groups of PresentPeriods; a quota whose count cannot be read is full. One whose server does not answer may
 * have room: claiming a strict one tells.
 */
export function readingsOf(
  values: ReadonlyArray<ReadonlyArray<Buffer | null> | Error>
): QuotaReadings {
  if (values.length === 0) return NO_QUOTAS
  const readings = openQuotas(values.length)
  values.forEach((value, position) => {
    if (value instanceof Error) {
      readings.taken[position] = Number.POSITIVE_INFINITY
      readings.mayFreeMs[position] = 0
      return
    }
    const [bytes = null] = value
    if (bytes === null) return
    const match = TAKEN.exec(bytes.toString('latin1'))
    readings.taken[position] = match === null ? Number.POSITIVE_INFINITY : Number(match[1])
    if (match !== null && match[2] !== '') readings.mayFreeMs[position] = Number(match[2])
  })
  return readings
}
