import type { WorldCustomer } from './customer.js'
import { drawCustomer } from './population.js'
import { trueResponse } from './truth.js'

export const WORLD_SIZE = 10_000

/**
 * A bank of synthetic customers with a hidden truth: how likely each of them is to say yes to each offer.
 * Everything follows from the seed, on every machine; nothing is kept, so a world of any size needs no memory.
 */
export interface World {
  readonly seed: number
  /** The customers c-1001, c-1002 … in order, made one by one as they are asked for. */
  customers(count?: number): Generator<WorldCustomer>
  /** One customer by number, from 0: number 0 is c-1001. */
  customer(number: number): WorldCustomer
  /**
   * The probability that the customer gives the offer's positive answer, were it shown in this channel at this moment,
   * to six digits. Throws a RangeError for an offer that the world does not know.
   */
  trueResponse(
    customer: WorldCustomer,
    offerId: string,
    channel: string,
    context?: Readonly<Record<string, unknown>>
  ): number
}

export function createWorld(seed: number): World {
  return {
    seed,
    *customers(count = WORLD_SIZE) {
      for (let number = 0; number < count; number++) yield drawCustomer(seed, number)
    },
    customer: number => drawCustomer(seed, number),
    trueResponse
  }
}
