import fc from 'fast-check'
import { test } from 'tap'
import { createBlockSummer } from '../../src/learning/block-sums.js'
import { holds } from '../helpers/holds.js'

test('every row stays alone while there are few', async t => {
  const summer = createBlockSummer(2)
  t.equal(summer.finish().blocks, 0)
  for (const row of [
    [1, 10],
    [2, 20]
  ])
    summer.add(row)
  t.same(summer.finish(), {
    blocks: 2,
    columns: [Float64Array.of(1, 2), Float64Array.of(10, 20)]
  })
})

test('however many rows come, blocks are of equal size in the order of the rows', async t => {
  const property = fc.property(fc.integer({ min: 1, max: 40_000 }), rows => {
    const summer = createBlockSummer(2)
    for (let i = 0; i < rows; i++) summer.add([1, i])
    const { blocks, columns } = summer.finish()
    const [sizes, sums] = columns
    const size = sizes![0]!
    let from = 0
    return (
      blocks <= 4096 &&
      blocks > Math.min(rows, 2048) - 1 &&
      sizes!.every((each, block) => {
        const last = block === blocks - 1
        const right = sums![block] === (each * (2 * from + each - 1)) / 2
        from += each
        return right && (last ? each <= size : each === size)
      }) &&
      from === rows
    )
  })
  holds(t, property, 30)
})
