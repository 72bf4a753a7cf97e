import { attributesOf, OFFERS } from '../world.js'

/** What is known of a customer, as rule engines take it: flat, by name. */
export type PeerFacts = Readonly<Record<string, number | string>>

/** One test of an offer's condition: a number that is at least so much, or exactly. */
export interface PeerTest {
  readonly fact: string
  readonly operator: '>=' | '=='
  readonly value: number
}

/** The condition of every offer, all of whose tests must hold: by number of the offer. Of 50 offers about 30 pass. */
export const OFFER_TESTS: ReadonlyArray<readonly PeerTest[]> = Array.from(
  { length: OFFERS },
  (_, i) => [
    ...(i % 2 === 0 ? [{ fact: 'a0', operator: '>=', value: 10 } as const] : []),
    { fact: `a${i % 20}`, operator: '>=', value: 30 } as const,
    { fact: 'complaints', operator: '==', value: 0 } as const
  ]
)

/** The facts that the conditions read. */
export const FACTS: readonly string[] = [...new Set(OFFER_TESTS.flat().map(({ fact }) => fact))]

/** A customer of the bench; engines that know no history are told the count of complaints. */
export function peerFactsOf(customer: number): PeerFacts {
  return { ...attributesOf(customer), complaints: 0 }
}

/** What every engine must answer: numbers of the offers that pass. */
export function offersThatPass(facts: PeerFacts): number[] {
  return OFFER_TESTS.flatMap((tests, i) =>
    tests.every(({ fact, operator, value }) =>
      operator === '>=' ? Number(facts[fact]) >= value : facts[fact] === value
    )
      ? [i]
      : []
  )
}
