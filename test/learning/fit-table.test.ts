import { test } from 'tap'
import { fitTable, probabilitiesOf } from '../../src/learning/fit-table.js'
import { auc } from '../../src/learning/metrics.js'
import { createRandom } from '../../src/learning/random.js'
import { stratifiedSplit } from '../../src/learning/split.js'
import { pickTable, type Table } from '../../src/learning/table.js'
import { customersTable, differenceOf } from '../helpers/train.js'

const table = customersTable(3000)
const { train, test: validation } = stratifiedSplit(table.labels, 0.25, createRandom(1))
const strangers = customersTable(1000, 99)

for (const method of ['logistic', 'trees'] as const) {
  test(`${method}: learns from numbers, texts and missing cells, and its probabilities are calibrated`, async t => {
    const fitted = fitTable(table, { train, validation }, { method, seed: 1 })
    const probabilities = probabilitiesOf(fitted, strangers)
    const order = auc(probabilities, strangers.labels)
    t.ok(order > 0.72, `AUC ${order}`)
    const mean = (of: ArrayLike<number>) => Array.from(of).reduce((a, b) => a + b, 0) / of.length
    const [predicted, observed] = [mean(probabilities), mean(strangers.labels)]
    t.ok(Math.abs(predicted - observed) < 0.05, `${predicted} predicted, ${observed} observed`)
  })

  test(`${method}: the ONNX file gives the same to 1e-6, for missing and unknown values too`, async t => {
    const fitted = fitTable(table, { train, validation }, { method, seed: 1 })
    const difference = await differenceOf(fitted, strange(strangers))
    t.ok(difference < 1e-6, `largest difference ${difference}`)
  })

  test(`${method}: the same seed fits the same model`, async t => {
    const fit = () => fitTable(table, { train, validation }, { method, seed: 3 })
    t.same(fit(), fit())
  })
}

test('a category without numbers, and a number without categories, make models too', async t => {
  for (const kind of ['number', 'category'] as const) {
    const part = { ...table, columns: table.columns.filter(column => column.kind === kind) }
    for (const method of ['logistic', 'trees'] as const) {
      const fitted = fitTable(part, { train, validation }, { method, seed: 1 })
      const difference = await differenceOf(fitted, pickTable(part, validation))
      t.ok(difference < 1e-6, `${kind}, ${method}: largest difference ${difference}`)
    }
  }
})

test('columns that tell nothing make a model of about the base rate, which still runs', async t => {
  const random = createRandom(8)
  const noise: Table = {
    columns: [
      {
        kind: 'number',
        name: 'noise',
        cells: Float64Array.from(table.labels, () => random.integer(3))
      }
    ],
    labels: Uint8Array.from(table.labels, () => Number(random.chance(0.3)))
  }
  const split = stratifiedSplit(noise.labels, 0.25, createRandom(1))
  for (const method of ['logistic', 'trees'] as const) {
    const fitted = fitTable(
      noise,
      { train: split.train, validation: split.test },
      { method, seed: 1 }
    )
    for (const probability of probabilitiesOf(fitted, noise).slice(0, 100))
      t.ok(Math.abs(probability - 0.3) < 0.1, `${method}: ${probability}`)
    t.ok((await differenceOf(fitted, noise)) < 1e-6)
  }
})

/** Cells that no training row had: very large, missing, unknown. */
function strange({ columns, labels }: Table): Table {
  return {
    labels,
    columns: columns.map(column =>
      column.kind === 'number'
        ? { ...column, cells: column.cells.map((cell, i) => [cell, 1e9, -1e9, NaN][i % 4]!) }
        : {
            ...column,
            categories: [...column.categories, 'astronaut'],
            codes: column.codes.map((code, i) => [code, column.categories.length, -1][i % 3]!)
          }
    )
  }
}
