import { test } from 'tap'
import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import { exposuresContract } from '../../contracts/exposures-contract.js'
import { learningContract, MOST_LESSONS } from '../../contracts/learning-contract.js'
import { limitsContract } from '../../contracts/limits-contract.js'
import { mergeContract } from '../../contracts/merge-contract.js'
import { mergeProperty } from '../../contracts/merge-model.js'
import { storeContract } from '../../contracts/store-contract.js'
import { holdsAsync } from '../../helpers/holds.js'

async function open() {
  const store = createMemoryStore({ mostLessons: MOST_LESSONS })
  return { store, other: store }
}

storeContract('the store in memory', false, open)
exposuresContract('the store in memory', false, open)
learningContract('the store in memory', false, open)
limitsContract('the store in memory', false, open)
mergeContract('the store in memory', false, open)

test('in memory, merges and events in any order come to the same as sets', async t => {
  const clock = { nowMs: 0 }
  const { customers } = createMemoryStore({ clock: () => clock.nowMs })
  const moveTo = (timeMs: number) => {
    clock.nowMs = timeMs
  }
  await holdsAsync(t, mergeProperty([customers], moveTo), 1000)
})
