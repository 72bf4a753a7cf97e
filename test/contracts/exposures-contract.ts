import { test } from 'tap'
import type { Test } from 'tap'
import { EMPTY_PROFILE } from '../../src/domain/customer.js'
import type { CustomerKey } from '../../src/domain/customer.js'
import { lexicon } from './store-contract.js'
import type { Stores } from './store-contract.js'

/** How every store counts whom experiments have reached. */
export function exposuresContract(
  name: string,
  skip: string | false,
  open: (t: Test) => Promise<Stores>
): void {
  void test(`${name} keeps the contract of exposures`, { skip }, async t => {
    const stores = await open(t)
    for (const [fact, check] of Object.entries(FACTS))
      await t.test(fact, t => check(t, stores, { namespace: 'crm', id: fact }))
  })
}

const FACTS: Readonly<
  Record<string, (t: Test, stores: Stores, key: CustomerKey) => Promise<void>>
> = {
  async 'a customer is counted once, in the arm of its first exposure, through every process'(
    t,
    { store, other },
    key
  ) {
    const words = lexicon()
    store.exposures.note(key, [{ experiment: 'once', arm: 'A' }], words)
    store.exposures.note(key, [{ experiment: 'once', arm: 'A' }], words)
    await store.exposures.flush()
    other.exposures.note(key, [{ experiment: 'once', arm: 'B' }], words)
    await other.exposures.flush()
    t.same(await other.exposures.count(['once', 'unheard-of']), [new Map([['A', 1]]), new Map()])
  },

  async 'experiments count by themselves, whatever their names hold'(t, { store }, key) {
    const names = ['["copy",null,"e1"]', '["copy","one","e1"]', 'a:{b}%']
    const exposures = names.map((experiment, i) => ({ experiment, arm: `arm ${i} 客户` }))
    store.exposures.note(key, exposures, lexicon())
    store.exposures.note({ ...key, namespace: 'cookie' }, exposures.slice(0, 1), lexicon())
    await store.exposures.flush()
    t.same(await store.exposures.count(names), [
      new Map([['arm 0 客户', 2]]),
      new Map([['arm 1 客户', 1]]),
      new Map([['arm 2 客户', 1]])
    ])
  },

  async 'many customers noted by two processes at once are each counted once'(
    t,
    { store, other },
    key
  ) {
    for (let i = 0; i < 1000; i++) {
      const customer = { ...key, id: `${key.id} ${i % 700}` }
      for (const { exposures } of [store, other])
        exposures.note(
          customer,
          [{ experiment: 'many', arm: i % 7 === 0 ? 'A' : 'B' }],
          lexicon({ retentionMs: { crm: 60_000 } })
        )
    }
    await Promise.all([store.exposures.flush(), other.exposures.flush()])
    t.same(await store.exposures.count(['many']), [
      new Map([
        ['A', 100],
        ['B', 600]
      ])
    ])
  },

  async 'an erased customer is not counted before it comes back'(t, { store, other }, key) {
    const exposure = [{ experiment: 'erased', arm: 'A' }]
    await store.customers.change(key, () => EMPTY_PROFILE, lexicon())
    await store.customers.erase(key)
    store.exposures.note(key, exposure, lexicon())
    await store.exposures.flush()
    t.same(await store.exposures.count(['erased']), [new Map()])
    await store.customers.change(key, () => EMPTY_PROFILE, lexicon())
    other.exposures.note(key, exposure, lexicon())
    await other.exposures.flush()
    t.same(await store.exposures.count(['erased']), [new Map([['A', 1]])])
  },

  async 'erasing a customer leaves the number, and nothing of the customer'(
    t,
    { store, other },
    key
  ) {
    const exposure = [{ experiment: 'gone', arm: 'A' }]
    store.exposures.note(key, exposure, lexicon())
    await store.exposures.flush()
    await store.customers.erase(key)
    t.same(await store.exposures.count(['gone']), [new Map([['A', 1]])])
    await store.customers.change(key, () => EMPTY_PROFILE, lexicon())
    other.exposures.note(key, exposure, lexicon())
    await other.exposures.flush()
    t.same(await store.exposures.count(['gone']), [new Map([['A', 2]])])
  }
}
