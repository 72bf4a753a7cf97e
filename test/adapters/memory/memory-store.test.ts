import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import { storeContract } from '../../contracts/store-contract.js'

storeContract('the store in memory', false, async () => {
  const store = createMemoryStore()
  return { store, other: store }
})
