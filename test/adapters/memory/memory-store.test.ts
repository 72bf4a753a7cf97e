import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import { exposuresContract } from '../../contracts/exposures-contract.js'
import { limitsContract } from '../../contracts/limits-contract.js'
import { mergeContract } from '../../contracts/merge-contract.js'
import { storeContract } from '../../contracts/store-contract.js'

async function open() {
  const store = createMemoryStore()
  return { store, other: store }
}

storeContract('the store in memory', false, open)
exposuresContract('the store in memory', false, open)
limitsContract('the store in memory', false, open)
mergeContract('the store in memory', false, open)
