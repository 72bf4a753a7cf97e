import { test } from 'tap'
import { stabilityIndex, stabilityOf } from '../../src/learning/stability.js'

function isAbout(value: number, expected: number): boolean {
  return Math.abs(value - expected) < 1e-12
}

test('the stability index is the closed form, 0 for the same shares and the same both ways', async t => {
  const moved = -0.25 * Math.log(0.5) + 0.25 * Math.log(1.5)
  t.ok(isAbout(stabilityIndex([50, 50], [25, 75]), moved))
  t.equal(stabilityIndex([10, 30], [100, 300]), 0)
  t.ok(isAbout(stabilityIndex([25, 75], [50, 50]), stabilityIndex([50, 50], [25, 75])))
  t.ok(isAbout(stabilityIndex([1, 0], [0, 1]), 2 * (1 - 1e-4) * Math.log(1e4)), 'a part of nothing')
  t.ok(Number.isNaN(stabilityIndex([0, 0], [1, 1])))
})

test('numbers are compared over tenths, texts one by one, and what is missing counts', async t => {
  const numbers = Array.from({ length: 1000 }, (_, i) => i)
  t.equal(stabilityOf(numbers, numbers), 0)
  const upper = numbers.map(number => 500 + number / 2)
  t.ok(stabilityOf(numbers, upper) > 1, 'the lower half is empty')
  t.equal(stabilityOf(['a', 'b'], ['b', 'a']), 0)
  const lost = stabilityOf(['a', 'a', 'a', null], ['a', null, null, null])
  t.ok(isAbout(lost, -0.5 * Math.log(1 / 3) + 0.5 * Math.log(3)))
  t.ok(isAbout(stabilityOf([1, 1, 2, null], [1, 1, 2, null]), 0))
})
