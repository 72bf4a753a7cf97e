import fc from 'fast-check'
import { test } from 'tap'
import {
  encodeRows,
  encodeSides,
  type Cells,
  type EncodeCounters
} from '../../src/scoring/encode.js'
import { planFeatures, type FeaturePlan, type TensorInput } from '../../src/scoring/plan.js'
import { sideBySide } from '../../src/scoring/side-by-side.js'
import { holds } from '../helpers/holds.js'

type Row = Readonly<Record<string, unknown>>

/** One column as the property draws it: an attribute or the offer's own number, as one type, counted or not. */
interface Drawn {
  readonly from: 'a' | 'b' | 'offer'
  readonly missing: number | undefined
  readonly counted: boolean
}

const column: fc.Arbitrary<Drawn> = fc.record({
  from: fc.constantFrom('a', 'b', 'offer'),
  missing: fc.constantFrom(0, 7),
  counted: fc.boolean()
})
const input = fc.record({
  type: fc.constantFrom('float32', 'int64', 'string'),
  columns: fc.array(column, { minLength: 1, maxLength: 4 })
})
const side = fc.record({
  inputs: fc.array(input, { minLength: 1, maxLength: 3 }),
  offers: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 })
})

function planOf(inputs: ReadonlyArray<typeof input extends fc.Arbitrary<infer T> ? T : never>) {
  const tensors: TensorInput[] = inputs.map(({ type, columns }, i) => ({
    name: `in${i}`,
    type,
    width: columns.length
  }))
  const sources = inputs.map(({ type, columns }, i) => ({
    input: `in${i}`,
    sources: columns.map(({ from, missing, counted }) => {
      const text = type === 'string'
      const value = (row: Row, offer: number): unknown => {
        const number = from === 'offer' ? offer * 10 : (row[from] as number | undefined)
        return text && number !== undefined ? `t${number}` : number
      }
      return {
        source: { type: text ? 'string' : 'number', perOffer: from === 'offer', value },
        missing: text ? `t${missing}` : missing,
        values: counted && text ? ['t1'] : undefined,
        range: counted && type === 'float32' ? ([0, 2] as const) : undefined,
        label: from
      }
    })
  }))
  const planned = planFeatures<Row>(sources, tensors)
  if ('problems' in planned) throw new Error(planned.problems.join(' '))
  return planned.plan
}

function cellsOf({ type, width }: TensorInput, rows: number): Cells {
  if (type === 'string') return new Array<string>(rows * width).fill('')
  return type === 'int64' ? new BigInt64Array(rows * width) : new Float32Array(rows * width)
}

function countersInto(counted: string[]): EncodeCounters {
  return {
    unknownCategory: name => counted.push(`unknown ${name}`),
    truncated: name => counted.push(`truncated ${name}`)
  }
}

/** What a plan's ranges have counted until now. */
function talliesOf({ shared, byOffer }: FeaturePlan<Row>): unknown[] {
  return [...shared, ...byOffer].map(({ range }) => range && [range.values, range.outside])
}

test('plans side by side write and count what each writes and counts alone', t => {
  const property = fc.property(
    fc.array(side, { minLength: 1, maxLength: 4 }),
    fc.record({ a: fc.option(fc.double({ min: -3, max: 3 }), { nil: undefined }), b: fc.nat(3) }),
    fc.nat(2),
    (sides, facts, firstRow) => {
      const plans = sides.map(({ inputs }) => planOf(inputs))
      const again = sides.map(({ inputs }) => planOf(inputs))
      const layout = sideBySide(again)
      const counts = sides.map(({ offers }, i) => (plans[i]!.perOffer ? offers.length : 1))
      const rows = Math.max(...counts)
      const together = layout.inputs.map(each => ({
        input: each,
        cells: cellsOf(each, firstRow + rows)
      }))
      const countedTogether = sides.map((): string[] => [])
      const asked = sides.map(({ offers }, i) => ({
        plan: layout.plans[i]!,
        offers: Int32Array.from(offers),
        count: counts[i]!,
        counters: countersInto(countedTogether[i]!)
      }))
      encodeSides(layout.common, asked, facts, rows)(together, firstRow)

      return plans.every((plan, i) => {
        const counted: string[] = []
        const alone = plan.inputs.map(each => ({ input: each, cells: cellsOf(each, counts[i]!) }))
        const offers = Int32Array.from(sides[i]!.offers)
        encodeRows(plan, facts, offers, counts[i]!, countersInto(counted))(alone, 0)
        const alike = alone.every(({ input: { width }, cells }, n) => {
          const { tensor, column: first } = layout.places[i]![n]!
          const { input: wide, cells: found } = together[tensor]!
          return Array.from({ length: counts[i]! * width }, (_, at) => {
            const row = firstRow + Math.floor(at / width)
            // NaN is no number, but the same cell.
            return Object.is(found[row * wide.width + first + (at % width)], cells[at])
          }).every(Boolean)
        })
        const sameCounts = JSON.stringify(counted) === JSON.stringify(countedTogether[i])
        const sameTallies = JSON.stringify(talliesOf(plan)) === JSON.stringify(talliesOf(again[i]!))
        return alike && sameCounts && sameTallies
      })
    }
  )
  holds(t, property, 500)
  t.end()
})

test('inputs of the same values take up room once, those with an own column each', t => {
  const shared = [{ from: 'a', missing: 0, counted: false } as const]
  const own = [{ from: 'offer', missing: 0, counted: false } as const]
  const plans = [0, 1, 2].map(() =>
    planOf([
      { type: 'float32', columns: [...shared, ...shared] },
      { type: 'float32', columns: own }
    ])
  )
  const { inputs, places, common } = sideBySide(plans)
  t.same(inputs, [{ name: 'float32', type: 'float32', width: 5 }])
  t.same(
    places.map(each => each.map(place => place.column)),
    [
      [0, 2],
      [0, 3],
      [0, 4]
    ]
  )
  t.same(
    common.map(({ columns }) => [...columns]),
    [[0, 1]],
    'one value, computed once'
  )
  t.end()
})
