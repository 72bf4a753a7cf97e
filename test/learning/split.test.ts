import { test } from 'tap'
import { createRandom } from '../../src/learning/random.js'
import { stratifiedFolds, stratifiedSplit } from '../../src/learning/split.js'

const labels = Uint8Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 1 : 0))

test('both parts have the same share of positives and every row once', async t => {
  const { train, test: held } = stratifiedSplit(labels, 0.3, createRandom(1))
  t.equal(held.length, 300)
  t.equal(held.filter(row => labels[row] === 1).length, 30)
  t.same(
    [...train, ...held].sort((a, b) => a - b),
    Array.from(labels, (_, i) => i)
  )
})

test('the split follows the seed', async t => {
  const rows = (seed: number) => stratifiedSplit(labels, 0.3, createRandom(seed)).test
  t.same(rows(1), rows(1))
  t.notSame(rows(1), rows(2))
})

test('every row is as likely to be held out', async t => {
  const counts = new Float64Array(20)
  const few = new Uint8Array(20).fill(1, 0, 8)
  for (let seed = 0; seed < 2000; seed++) {
    for (const row of stratifiedSplit(few, 0.5, createRandom(seed)).test) counts[row]!++
  }
  t.ok(counts.every(count => Math.abs(count - 1000) < 110))
})

test('folds hold every row once, and the same share of positives each', async t => {
  const labels = Array.from({ length: 1003 }, (_, i) => (i % 10 === 0 ? 1 : 0))
  const folds = stratifiedFolds(labels, 5, createRandom(2))
  t.same(
    folds.flatMap(fold => [...fold]).sort((a, b) => a - b),
    [...labels.keys()]
  )
  for (const fold of folds) {
    t.ok(Math.abs(fold.length - 200.6) < 2, `${fold.length} rows`)
    t.ok(Math.abs(fold.filter(row => labels[row] === 1).length - 20.2) < 1)
  }
})
