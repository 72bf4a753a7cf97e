import fc from 'fast-check'
import type { Test } from 'tap'

/** Checks a property over many random cases as one assertion; fails with the smallest counterexample found. */
export function holds<T>(t: Test, property: fc.IProperty<T>, runs: number): void {
  fc.assert(property, { numRuns: runs })
  t.pass(`holds in ${runs} cases`)
}

/** As `holds`, for properties that wait for something. */
export async function holdsAsync<T>(
  t: Test,
  property: fc.IAsyncProperty<T>,
  runs: number
): Promise<void> {
  await fc.assert(property, { numRuns: runs })
  t.pass(`holds in ${runs} cases`)
}
