import { RELEASING_TYPES, reservationId } from '../../domain/limits.js'
import type { Reservation } from '../../domain/limits.js'
import type { CustomerEvent } from '../../domain/interaction.js'
import type { Lexicon } from '../../domain/customer.js'
import { positionOf } from './memory-log.js'
import type { Positions } from './memory-log.js'

/** A reservation in words, for it outlives the lexicon that it was made with. */
export interface KeptReservation {
  readonly id: string
  readonly offer: string | undefined
  readonly type: string | undefined
  readonly channel: string | undefined
  readonly atMs: number
  readonly untilMs: number
}

export function keptForm(reservation: Reservation, lexicon: Lexicon): KeptReservation {
  return {
    ...reservation,
    offer: lexicon.offers[reservation.offer],
    type: lexicon.types[reservation.type],
    channel: lexicon.channels[reservation.channel]
  }
}

export function inPositions(kept: KeptReservation, positions: Positions): Reservation {
  return {
    ...kept,
    offer: positionOf(positions.offers, kept.offer),
    type: positionOf(positions.types, kept.type),
    channel: positionOf(positions.channels, kept.channel)
  }
}

/** What an event leaves of a customer's reservations: it ends those of its decision's offer, of its own type or of all. */
export function remaining(
  reserved: readonly KeptReservation[],
  { type, decisionId, offerId }: CustomerEvent
): readonly KeptReservation[] {
  if (decisionId === undefined || offerId === undefined) return reserved
  const ended = reservationId(decisionId, offerId)
  const all = RELEASING_TYPES.includes(type)
  return reserved.filter(kept => kept.id !== ended || !(all || kept.type === type))
}
