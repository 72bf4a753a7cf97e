import { test } from 'tap'
import { both } from '../../src/decisioning/both.js'

const later = <T>(result: () => T): Promise<T> =>
  new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(result())
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }, 20)
  })

test('nobody hears of a failed write before the one beside it has ended', async t => {
  let ended = false
  const slow = later(() => {
    ended = true
    return 1
  })
  await t.rejects(both(slow, Promise.reject(new Error('full'))), /full/)
  t.equal(ended, true)
  await t.rejects(
    both(
      Promise.resolve(1),
      later(() => {
        throw new Error('away')
      })
    ),
    /away/
  )
  t.strictSame(
    await both(
      Promise.resolve('a'),
      later(() => 2)
    ),
    ['a', 2]
  )
})
