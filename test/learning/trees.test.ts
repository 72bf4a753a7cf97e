import { test } from 'tap'
import { binColumns } from '../../src/learning/bins.js'
import { sigmoid } from '../../src/learning/logistic.js'
import { matrixOf, rowOf } from '../../src/learning/matrix.js'
import { auc, logLoss } from '../../src/learning/metrics.js'
import { createRandom } from '../../src/learning/random.js'
import { fitTrees, treesScore } from '../../src/learning/trees.js'

const STUMP = { trees: 1, depth: 1, learningRate: 1, minRows: 1, ridge: 0, rowShare: 1 }

test('one stump is the Newton step of each side', async t => {
  // Left 1 of 4 positive, right 3 of 4; the base rate is one half, so every row has curvature 1/4.
  const x = matrixOf([[2], [2], [2], [2], [8], [8], [8], [8]])
  const ensemble = fitTrees(x, [0, 0, 0, 1, 1, 1, 1, 0], createRandom(1), STUMP)
  t.equal(ensemble.base, 0)
  t.equal(ensemble.trees[0]!.thresholds[0], 5, 'halfway between 2 and 8')
  t.equal(treesScore(ensemble, [2]), -1, '-(4 · 0.5 - 1) / (4 · 0.25)')
  t.equal(treesScore(ensemble, [5]), -1, 'the threshold itself goes left')
  t.equal(treesScore(ensemble, [5.001]), 1)
})

test('a ridge pulls the leaves to 0', async t => {
  const x = matrixOf([[2], [2], [2], [2], [8], [8], [8], [8]])
  const ensemble = fitTrees(x, [0, 0, 0, 1, 1, 1, 1, 0], createRandom(1), { ...STUMP, ridge: 1 })
  t.equal(treesScore(ensemble, [9]), 0.5)
})

test('two levels see what neither column tells alone', async t => {
  const random = createRandom(2)
  const rows = Array.from({ length: 600 }, () => [
    random.uniform(),
    random.uniform(),
    random.uniform()
  ])
  const labels = rows.map(([a, b]) => (a! > 0.5 !== b! > 0.5 ? 1 : 0))
  const x = matrixOf(rows)
  const deep = fitTrees(x, labels, createRandom(4), { trees: 60, depth: 3 })
  const flat = fitTrees(x, labels, createRandom(4), { trees: 60, depth: 1 })
  t.ok(
    auc(
      rows.map(row => treesScore(deep, row)),
      labels
    ) > 0.98
  )
  t.ok(
    auc(
      rows.map(row => treesScore(flat, row)),
      labels
    ) < 0.75
  )
})

test('every tree lowers the loss on the rows that it was grown on', async t => {
  const random = createRandom(9)
  const rows = Array.from({ length: 300 }, () => [random.normal(), random.normal()])
  const labels = rows.map(([a, b]) => (random.chance(sigmoid(a! * b!)) ? 1 : 0))
  const x = matrixOf(rows)
  const { base, trees } = fitTrees(x, labels, createRandom(1), { trees: 25, rowShare: 1 })
  let before = Infinity
  for (let count = 0; count <= trees.length; count++) {
    const part = { base, trees: trees.slice(0, count) }
    const loss = logLoss(
      rows.map((_, i) => sigmoid(treesScore(part, rowOf(x, i)))),
      labels
    )
    t.ok(loss <= before + 1e-12, `${count} trees: ${loss}`)
    before = loss
  }
})

test('the same seed grows the same trees, another seed others', async t => {
  const random = createRandom(6)
  const rows = Array.from({ length: 300 }, () => [random.normal(), random.normal()])
  const labels = rows.map(([a]) => (random.chance(sigmoid(a!)) ? 1 : 0))
  const grow = (seed: number) => fitTrees(matrixOf(rows), labels, createRandom(seed), { trees: 5 })
  t.same(grow(1), grow(1))
  t.notSame(grow(1), grow(2))
})

test('no leaf holds fewer rows than allowed', async t => {
  const random = createRandom(12)
  const rows = Array.from({ length: 200 }, () => [random.normal()])
  const labels = rows.map(() => random.integer(2))
  const { trees } = fitTrees(matrixOf(rows), labels, random, {
    trees: 1,
    depth: 6,
    minRows: 30,
    rowShare: 1
  })
  const tree = trees[0]!
  const leafRows = new Map<number, number>()
  for (const [cell] of rows) {
    let node = 0
    while (tree.features[node]! >= 0) {
      node = Math.fround(cell!) <= tree.thresholds[node]! ? tree.lefts[node]! : tree.rights[node]!
    }
    leafRows.set(node, (leafRows.get(node) ?? 0) + 1)
  }
  t.ok([...leafRows.values()].every(count => count >= 30))
})

test('intervals hold about equally many rows, and equal values stay together', async t => {
  const { codes, thresholds } = binColumns(
    matrixOf([1, 1, 1, 1, 2, 3, 4, 5].map(cell => [cell])),
    4
  )
  t.same([...codes[0]!], [0, 0, 0, 0, 1, 1, 2, 2])
  t.same([...thresholds[0]!], [1.5, 3.5])
})

test('between two neighbouring 32-bit floats the threshold is the lower one', async t => {
  const above = Math.fround(1 + 2 ** -23)
  t.same([...binColumns(matrixOf([[1], [above]]), 2).thresholds[0]!], [1])
})

test('rows that no tree is grown on end the growth where more trees would only learn by heart', async t => {
  const random = createRandom(15)
  const rows = Array.from({ length: 600 }, () => [random.normal(), random.normal()])
  const labels = rows.map(([a]) => (random.chance(sigmoid(a!)) ? 1 : 0))
  const part = (from: number, to: number) => {
    return { x: matrixOf(rows.slice(from, to)), labels: labels.slice(from, to) }
  }
  const known = part(0, 400)
  const held = { ...part(400, 600), patience: 10 }
  const options = { trees: 300, depth: 4, learningRate: 0.2 }
  const counts: number[] = []
  const { base, trees } = fitTrees(known.x, known.labels, createRandom(1), {
    ...options,
    held,
    grown: count => counts.push(count)
  })
  t.ok(trees.length < 100, `${trees.length} trees`)
  t.equal(counts.length, trees.length + 10, 'patience')
  const loss = (kept: number) =>
    logLoss(
      Array.from({ length: held.x.rows }, (_, i) =>
        sigmoid(treesScore({ base, trees: trees.slice(0, kept) }, rowOf(held.x, i)))
      ),
      held.labels
    )
  for (let kept = 0; kept < trees.length; kept++) t.ok(loss(kept) > loss(trees.length))
})
