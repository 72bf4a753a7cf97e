import { test } from 'tap'
import { createRandom } from '../../src/learning/random.js'

test('the same seed and stream give the same numbers for ever', async t => {
  const random = createRandom(42)
  const words = Array.from({ length: 4 }, () => Math.round(random.uniform() * 2 ** 32))
  t.same(words, [2395334925, 3442621350, 3311641779, 1547256461])
})

test('another seed or stream gives other numbers', async t => {
  const first = (seed: number, stream?: number): number => createRandom(seed, stream).uniform()
  const seen = new Set([first(1), first(2), first(1, 1), first(1, 2), first(2, 1)])
  t.equal(seen.size, 5)
})

test('uniform numbers fill [0, 1) evenly', async t => {
  const random = createRandom(7)
  const tenths = new Array<number>(10).fill(0)
  for (let i = 0; i < 100_000; i++) tenths[Math.floor(random.uniform() * 10)]!++
  const chiSquare = tenths.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
  t.ok(
    chiSquare < 27.9,
    `chi square ${chiSquare} with 9 degrees of freedom is below its 99.9 % point`
  )
})

test('neighbouring streams are not correlated', async t => {
  let sum = 0
  for (let stream = 0; stream < 20_000; stream++) {
    sum += (createRandom(3, stream).uniform() - 0.5) * (createRandom(3, stream + 1).uniform() - 0.5)
  }
  t.ok(Math.abs((sum / 20_000) * 12) < 0.03)
})

test('normal numbers have mean 0 and variance 1', async t => {
  const random = createRandom(11)
  const draws = Array.from({ length: 50_000 }, () => random.normal())
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length
  t.ok(Math.abs(mean) < 0.02)
  t.ok(Math.abs(variance - 1) < 0.03)
})

test('integers stay below their bound and chance keeps its share', async t => {
  const random = createRandom(5)
  const integers = Array.from({ length: 10_000 }, () => random.integer(7))
  t.same([...new Set(integers)].sort(), [0, 1, 2, 3, 4, 5, 6])
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.2)).filter(Boolean).length
  t.ok(Math.abs(hits - 2000) < 200)
})
