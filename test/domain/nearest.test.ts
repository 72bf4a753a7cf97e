import fc from 'fast-check'
import { test } from 'tap'
import { nearest } from '../../src/domain/nearest.js'
import { holds } from '../helpers/holds.js'

test('a mistyped name finds the one that was meant', t => {
  const names = ['age', 'balance', 'job', 'products']
  t.equal(nearest('blance', names), 'balance')
  t.equal(nearest('Balance', names), 'balance')
  t.equal(nearest('jbo', names), 'job')
  t.equal(nearest('prodcuts', names), 'products')
  t.end()
})

test('nothing is guessed where nothing is near', t => {
  t.equal(nearest('income', ['age', 'balance']), undefined)
  t.equal(nearest('x', ['age']), undefined)
  t.equal(nearest('x', []), undefined)
  t.end()
})

/** The distance as its definition has it. */
function distanceOf(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_unused, j) => (i === 0 ? j : j === 0 ? i : 0))
  )
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let distance = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, replaced)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, rows[i - 2]![j - 2]! + 1)
      rows[i]![j] = distance
    }
  }
  return rows[a.length]![b.length]!
}

test('it is the earliest of the nearest, and near enough, for random names', t => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', '-', 'ä'), maxLength: 12 })
  const isNearest = fc.property(name, fc.array(name, { maxLength: 12 }), (asked, names) => {
    const near = names
      .map(each => ({ each, distance: distanceOf(asked.toLowerCase(), each.toLowerCase()) }))
      .filter(
        ({ each, distance }) =>
          distance <= Math.max(1, Math.floor(Math.max(asked.length, each.length) / 3))
      )
      .sort((one, other) => one.distance - other.distance)
    return nearest(asked, names) === near[0]?.each
  })
  holds(t, isNearest, 5_000)
  t.end()
})

test('a name that nobody has is looked for among 10,000 in a few milliseconds', t => {
  const names = Array.from({ length: 10_000 }, (_, i) => `offer-${i}`)
  for (const asked of ['offer-xyzw1', 'o'.repeat(12), 'x'.repeat(1e6)]) {
    nearest(asked, names)
    const before = process.cpuUsage()
    for (let i = 0; i < 10; i++) nearest(asked, names)
    const tookMs = process.cpuUsage(before).user / 10_000
    t.ok(tookMs < 20, `${asked.slice(0, 20)}: ${tookMs.toFixed(1)} ms`)
  }
  t.end()
})
