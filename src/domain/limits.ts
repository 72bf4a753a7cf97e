/** A span of time in which a limit counts: instants t with startMs(now) < t ≤ now. */
export interface Window {
  /** As written: 7d, 90m, day, week, month or total. */
  readonly text: string
  readonly kind: 'rolling' | 'calendar' | 'total'
  /** Of a rolling window; Infinity for `total`, and the longest possible length for one of the calendar. */
  readonly lengthMs: number
  /** The last instant before the window that holds nowMs; -Infinity for `total`. */
  startMs(nowMs: number): number
  /** When counting begins anew: the end of the calendar's day, week or month; Infinity for the other kinds. */
  endMs(nowMs: number): number
}

/** A limit over all customers, as stores count it. */
export interface QuotaCount {
  /** Position in Lexicon.quotas. */
  readonly index: number
  /** What is counted, the same in every strategy that has it: `offer/gold-card/accept/pieces/day`. */
  readonly id: string
  /** Pieces, or whole minor units of money. */
  readonly limit: number
  readonly window: Window
}

/** What stores said of all quotas of a lexicon, by position, at one moment. */
export interface QuotaReadings {
  /** Counted and reserved; Infinity where it cannot be read. */
  readonly taken: Float64Array
  /**
   * From when on less may be taken than `taken` says, for a reservation has lapsed by then, or a rolling window has moved on;
   * Infinity when never. What a past one says, a claim finds out.
   */
  readonly mayFreeMs: Float64Array
}

/** One offer's share of a quota. */
export interface QuotaClaim {
  readonly quota: QuotaCount
  /** Whose it is: reservationId of the decision and the offer. */
  readonly id: string
  /** Pieces or minor units, at least 0. */
  readonly amount: number
  /** When it counts: the time of the decision. */
  readonly atMs: number
  /** Until when it is kept without being counted (for untilMs − atMs from now on, by the store's clock); 0: it is counted at once. */
  readonly untilMs: number
}

/** What became of a claim. `full`: nothing was taken. `failed`: it is not known; release it. */
export type ClaimOutcome = 'held' | 'full' | 'failed'

/** One interaction that a quota counts. */
export interface QuotaFact {
  readonly quota: QuotaCount
  /** The duplicate key of the event, its customer's included: counted once within the hour. */
  readonly eventId: string
  /** The reservation that it turns into a count, in the period of its decision; undefined where it stands alone. */
  readonly reservation: string | undefined
  /** Counted where no open reservation says how much. */
  readonly amount: number
  readonly atMs: number
}

/** An offer that a customer was promised: it counts for strict contact policies until it is counted, released or over. */
export interface Reservation {
  /** reservationId of the decision and the offer. */
  readonly id: string
  /** Positions in the lexicon; NO_INDEX where the strategy does not have the word. */
  readonly offer: number
  /** The interaction that is expected. */
  readonly type: number
  readonly channel: number
  readonly atMs: number
  readonly untilMs: number
}

/** Which reservations belong together: a decision shows an offer once. */
export function reservationId(decisionId: string, offerId: string): string {
  return `${decisionId}:${offerId}`
}

/** Interactions that end what a decision reserved for an offer, whatever it was reserved for. */
export const RELEASING_TYPES: readonly string[] = ['reject', 'ignore']

/** Readings of quotas of which nothing is taken. */
export function openQuotas(count: number): QuotaReadings {
  return { taken: new Float64Array(count), mayFreeMs: new Float64Array(count).fill(Infinity) }
}

/** Readings for a record: of the quotas of which something is taken. */
export type PackedReadings = ReadonlyArray<
  readonly [quota: string, taken: number, mayFreeMs: number]
>

/** @param lexicon that the readings were made with */
export function packReadings(
  { taken, mayFreeMs }: QuotaReadings,
  { quotas }: { readonly quotas: readonly QuotaCount[] }
): PackedReadings {
  return quotas.flatMap(({ id }, i) =>
    taken[i] === 0 && mayFreeMs[i] === Infinity ? [] : [[id, taken[i]!, mayFreeMs[i]!] as const]
  )
}

/** In the positions of any lexicon; quotas that were not read then have room. */
export function unpackReadings(
  packed: PackedReadings,
  { quotas }: { readonly quotas: readonly QuotaCount[] }
): QuotaReadings {
  const readings = openQuotas(quotas.length)
  const positions = new Map(quotas.map(({ id }, position) => [id, position]))
  for (const [id, taken, mayFreeMs] of packed) {
    const position = positions.get(id)
    if (position === undefined) continue
    readings.taken[position] = taken
    readings.mayFreeMs[position] = mayFreeMs
  }
  return readings
}
