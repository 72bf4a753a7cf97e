import fc from 'fast-check'
import { test } from 'tap'
import { createRandom } from '../../src/learning/random.js'
import { AlikeRows } from '../../src/scoring/alike-rows.js'
import type { Arithmetic, TreesSum } from '../../src/scoring/arithmetic.js'
import { holds } from '../helpers/holds.js'

const CELLS = 4
const ROWS = 12
const DEPTH = 4
const TREES = 5

/** Full trees whose thresholds cells often meet exactly. */
function treesFrom(random: ReturnType<typeof createRandom>): TreesSum {
  const inner = 2 ** DEPTH - 1
  const nodes = 2 * inner + 1
  const all = Array.from({ length: TREES * nodes }, (_, i) => ({
    at: i % nodes,
    first: i - (i % nodes)
  }))
  const child = (side: number) => Int32Array.from(all, ({ at, first }) => first + 2 * at + side)
  return {
    kind: 'trees',
    base: random.uniform(),
    roots: Int32Array.from({ length: TREES }, (_, tree) => tree * nodes),
    features: Int32Array.from(all, ({ at }) => (at < inner ? random.integer(CELLS) : -1)),
    thresholds: Float64Array.from(all, () => random.integer(6)),
    lefts: child(1),
    rights: child(2),
    values: Float64Array.from(all, () => random.uniform() - 0.5)
  }
}

function treesOf(sum: TreesSum, row: readonly number[]): number {
  const { roots, features, thresholds, lefts, rights, values, base } = sum
  return roots.reduce((total, root) => {
    let node = root
    while (features[node]! >= 0)
      node = row[features[node]!]! <= thresholds[node]! ? lefts[node]! : rights[node]!
    return total + values[node]!
  }, base)
}

const drawn = fc.record({
  seed: fc.nat(),
  /** Which cells are the rows' own. */
  own: fc.subarray([...new Array(CELLS).keys()]),
  kind: fc.constantFrom('linear', 'trees'),
  link: fc.constantFrom('logistic', 'none')
})

test('rows that differ in no, one or several cells are bounded closely, each as if it were alone', async t => {
  const property = fc.property(drawn, ({ seed, own, kind, link }) => {
    const random = createRandom(seed)
    const coefficients = Float64Array.from({ length: CELLS }, () => random.uniform() - 0.5)
    const sum: Arithmetic['sum'] =
      kind === 'trees' ? treesFrom(random) : { kind: 'linear', intercept: 0.3, coefficients }
    const fixed = Array.from({ length: CELLS }, (_, cell) =>
      own.includes(cell) ? Float32Array.from({ length: ROWS }, () => random.integer(7)) : undefined
    )
    const cells = Float32Array.from({ length: CELLS }, () => random.integer(7))
    const alike = new AlikeRows({ offsets: [0], columns: CELLS, sum, link }, fixed, ROWS)
    const asked = Int32Array.from([...new Array(ROWS).keys()].filter(() => random.uniform() < 0.7))
    const [low, high] = [new Float64Array(ROWS), new Float64Array(ROWS)]
    // Twice: what one decision leaves behind means nothing to the next.
    alike.bound(
      cells.map(cell => 6 - cell),
      asked,
      low,
      high
    )
    alike.bound(cells, asked, low, high)
    return asked.every(row => {
      const whole = fixed.map((column, cell) => column?.[row] ?? cells[cell]!)
      const total =
        sum.kind === 'trees'
          ? treesOf(sum, whole)
          : whole.reduce((all, cell, i) => all + cell * coefficients[i]!, 0.3)
      const score = link === 'none' ? total : 1 / (1 + Math.exp(-total))
      return low[row]! <= score && score <= high[row]! && high[row]! - low[row]! < 1e-4
    })
  })
  holds(t, property, 2000)
})
