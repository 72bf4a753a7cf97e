import { onnxWriter } from '../../src/adapters/onnx/write.js'
import { createOnnxRuntime } from '../../src/adapters/onnx/runtime.js'
import { onnxOf, verifyModel } from '../../src/cli/train/model-of.js'
import { probabilitiesOf, type FittedTable } from '../../src/learning/fit-table.js'
import { sigmoid } from '../../src/learning/logistic.js'
import { createRandom } from '../../src/learning/random.js'
import type { Table } from '../../src/learning/table.js'
import { rulesWith } from './rules.js'

/** The attributes of customersCsv. */
export const CUSTOMER_RULES = rulesWith({
  offers:
    '  gold-card: {group: cards, value: 1, propensity: {model: likes}, treatments: {any: {placements: [home_hero], content: {headline: Gold}}}}'
}).replace(
  '  balance: {type: number, default: 0}\n',
  `  balance: {type: number}
  job: {type: string, values: [admin, "blue collar", retired]}
  member: {type: boolean}
  gender: {type: string, protected: true}
  joined: {type: timestamp}
`
)

interface Person {
  readonly age: number
  readonly balance: number | undefined
  readonly job: string
  readonly member: boolean
  readonly likes: boolean
}

/** Invented customers who say yes more often when they are young or members, or when their balance is not known. */
function people(rows: number, seed: number): Person[] {
  const random = createRandom(seed)
  return Array.from({ length: rows }, () => {
    const age = 18 + random.integer(60)
    const balance = random.chance(0.2) ? undefined : Math.round(random.normal() * 1e5) / 100
    const job = ['admin', 'blue collar', 'retired'][random.integer(3)]!
    const member = random.chance(0.4)
    const score = (45 - age) / 15 + Number(member) - 1.5 + Number(balance === undefined)
    return { age, balance, job, member, likes: random.chance(sigmoid(score)) }
  })
}

/** A file with the columns age, balance (often blank), job, member and likes. */
export function customersCsv(rows: number, seed = 5): string {
  const lines = people(rows, seed).map(
    ({ age, balance, job, member, likes }) =>
      `${age},${balance ?? ''},${job},${member},${likes ? 'yes' : 'no'}`
  )
  return ['age,balance,job,member,likes', ...lines, ''].join('\n')
}

/** The same customers as a table. */
export function customersTable(rows: number, seed = 5): Table {
  const all = people(rows, seed)
  const categories = ['retired', 'admin', 'blue collar']
  return {
    columns: [
      { kind: 'number', name: 'age', cells: Float64Array.from(all, ({ age }) => age) },
      {
        kind: 'number',
        name: 'balance',
        cells: Float64Array.from(all, ({ balance }) => Math.fround(balance ?? NaN))
      },
      {
        kind: 'category',
        name: 'job',
        categories,
        codes: Int32Array.from(all, ({ job }) => categories.indexOf(job))
      }
    ],
    labels: Uint8Array.from(all, ({ likes }) => Number(likes))
  }
}

/** The largest difference between a fitted model's file, run by the real runtime, and the model itself. */
export function differenceOf(fitted: FittedTable, table: Table): Promise<number> {
  return verifyModel(onnxOf('model', fitted, onnxWriter), createOnnxRuntime(), fitted, {
    table,
    expected: probabilitiesOf(fitted, table)
  })
}
