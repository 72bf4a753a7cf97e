import { test } from 'tap'
import { createOnnxRuntime } from '../../../src/adapters/onnx/runtime.js'
import { writeLogistic, writeTrees } from '../../../src/adapters/onnx/write.js'

type Cells = Readonly<Record<string, ReadonlyArray<number | string>>>

/** Scores `rows` rows; `cells` holds every input's cells, row after row. */
async function scores(bytes: Uint8Array, rows: number, cells: Cells): Promise<number[]> {
  const model = await createOnnxRuntime().open(bytes, { name: 'probabilities', positive: '1' })
  const scored = await model.score(rows, (columns, firstRow) => {
    for (const { input, cells: tensor } of columns) {
      cells[input.name]!.forEach((cell, i) => {
        tensor[firstRow * input.width + i] = cell
      })
    }
  })
  await model.release()
  return [...scored]
}

function close(found: readonly number[], logOdds: readonly number[]): boolean {
  return found.every((p, i) => Math.abs(p - 1 / (1 + Math.exp(-logOdds[i]!))) < 1e-7)
}

test('numbers and categories of a written regression add up, an unknown category adds nothing', async t => {
  const bytes = writeLogistic({
    name: 'small',
    inputs: [
      { name: 'age', columns: 1 },
      { name: 'job', categories: ['admin', 'student'] }
    ],
    intercept: -1,
    coefficients: [0.05, 0.5, -2]
  })
  const found = await scores(bytes, 3, { age: [20, 20, 40], job: ['admin', 'student', 'pilot'] })
  t.ok(close(found, [0.5, -2, 1]), String(found))
})

test('one matrix goes into a written regression as it is', async t => {
  const bytes = writeLogistic({
    name: 'matrix',
    inputs: [{ name: 'features', columns: 2 }],
    intercept: 0.25,
    coefficients: [1, -1]
  })
  t.ok(close(await scores(bytes, 2, { features: [1, 0, 2, 3] }), [1.25, -0.75]))
})

test('written trees send equal cells left and sum their leaves on top of the base', async t => {
  const stump = (feature: number, threshold: number, left: number, right: number) => ({
    features: [feature, -1, -1],
    thresholds: [threshold, 0, 0],
    lefts: [1, 0, 0],
    rights: [2, 0, 0],
    values: [0, left, right]
  })
  const bytes = writeTrees({
    name: 'stumps',
    inputs: [{ name: 'features', columns: 2 }],
    base: -1,
    trees: [stump(0, 5, -0.5, 0.5), stump(1, 0.5, 0, 2)]
  })
  const found = await scores(bytes, 3, { features: [5, 0, 5.5, 0.5, 9, 1] })
  t.ok(close(found, [-1.5, -0.5, 1.5]), String(found))
})
