/**
 * Waits for two writes, also where one of them has failed already: nobody is told of a failure while the other may still be carried
 * out. Answers the results, or throws the first error.
 */
export async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return [await one, await other]
}
