import type { CustomerKey } from '../../domain/customer.js'
import type { Answer } from '../api/client.js'

/** Most offers on the desk: as many as there are number keys for. */
const MOST_OFFERS = 3

/** Where an agent sits: the channel and placement that offers are asked for. */
export interface Seat {
  readonly channel: string
  readonly placement: string
  readonly count: number
}

/**
 * The seat in a channel; where none is named, or one that is not there, the first channel that sounds like a desk, else the first that
 * customers come to by themselves. undefined where no channel has placements.
 */
export function seatOf({ channels }: Answer<'Words'>, wanted: string | null): Seat | undefined {
  const seats = channels.filter(({ placements }) => placements.length > 0)
  const channel =
    seats.find(({ id }) => id === wanted) ??
    seats.find(({ id }) => /call|agent|desk|contact|phone/i.test(id)) ??
    seats.find(({ direction }) => direction === 'inbound') ??
    seats[0]
  if (channel === undefined) return undefined
  const { id, count } = channel.placements[0]!
  return { channel: channel.id, placement: id, count: Math.min(count, MOST_OFFERS) }
}

/** Reads `id` or `namespace/id`; ids may hold slashes themselves. undefined for an empty text. */
export function readCustomer(text: string, namespaces: readonly string[]): CustomerKey | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  const namespace = namespaces.find(each => trimmed.startsWith(`${each}/`))
  if (namespace === undefined) return { namespace: namespaces[0]!, id: trimmed }
  return { namespace, id: trimmed.slice(namespace.length + 1) }
}
