import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { fitLogistic, logisticScore } from '../../src/learning/logistic.js'
import { matrixOf, pickRows, rowOf } from '../../src/learning/matrix.js'
import { auc } from '../../src/learning/metrics.js'
import { createRandom } from '../../src/learning/random.js'
import { stratifiedSplit } from '../../src/learning/split.js'
import { fitTrees, treesScore } from '../../src/learning/trees.js'
import { sharedData } from '../helpers/shared-data.js'

const file = join(sharedData, 'bank/bank.csv')
const SEEDS = [1, 2, 3]

/** UCI Bank Marketing: all columns but `duration`, which leaks the answer; texts become one column a category. */
function readBank(path: string) {
  const [header = [], ...rows] = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(';').map(cell => cell.replaceAll('"', '')))
  const encoders = header.flatMap((name, column) => {
    if (name === 'duration' || name === 'y') return []
    if (rows.every(row => Number.isFinite(Number(row[column]))))
      return [(row: string[]) => [Number(row[column])]]
    const categories = [...new Set(rows.map(row => row[column]))].sort()
    return [(row: string[]) => categories.map(category => (category === row[column] ? 1 : 0))]
  })
  return {
    x: matrixOf(rows.map(row => encoders.flatMap(encode => encode(row)))),
    labels: Uint8Array.from(rows, row => (row.at(-1) === 'yes' ? 1 : 0))
  }
}

test('on real bank data both methods tell who says yes', async t => {
  if (!existsSync(file)) {
    t.pass(`${file} is not there; nothing is compared`)
    return
  }
  const { x, labels } = readBank(file)
  t.equal(x.rows, 4521)
  const means = { logistic: 0, trees: 0 }
  for (const seed of SEEDS) {
    const split = stratifiedSplit(labels, 0.3, createRandom(seed))
    const [train, held] = [pickRows(x, split.train), pickRows(x, split.test)]
    const [known, asked] = [split.train, split.test].map(rows =>
      Uint8Array.from(rows, row => labels[row]!)
    )
    const logistic = fitLogistic(train, known!, { ridge: 10 })
    const trees = fitTrees(train, known!, createRandom(seed), {
      trees: 80,
      depth: 3,
      learningRate: 0.08,
      minRows: 25
    })
    const scores = (score: (row: Float64Array) => number) =>
      Array.from({ length: held.rows }, (_, i) => score(rowOf(held, i)))
    means.logistic +=
      auc(
        scores(row => logisticScore(logistic, row)),
        asked!
      ) / SEEDS.length
    means.trees +=
      auc(
        scores(row => treesScore(trees, row)),
        asked!
      ) / SEEDS.length
  }
  t.comment(
    `mean AUC over ${SEEDS.length} hold-outs of 30 %: logistic ${means.logistic.toFixed(4)}, trees ${means.trees.toFixed(4)}`
  )
  t.ok(means.logistic >= 0.7, `logistic ${means.logistic}`)
  t.ok(means.trees >= 0.7, `trees ${means.trees}`)
})
