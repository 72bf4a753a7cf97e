import { test, type Test } from 'tap'
import { createMemoryStore } from '../../../src/adapters/memory/memory-store.js'
import { createCustomers } from '../../../src/decisioning/customers/customers.js'
import type { Refusal } from '../../../src/domain/refusal.js'
import { attribute, caller, snapshotsOf, strategy } from '../../helpers/build.js'

const NOW_MS = Date.UTC(2026, 0, 15, 12)
const NOW = '2026-01-15T12:00:00.000Z'
const KEY = { namespace: 'crm', id: 'c-1001' }
const BRANCH = caller({ id: 'branch' })

function setUp(t: Test) {
  const store = createMemoryStore({ clock: () => NOW_MS })
  t.after(() => store.close())
  const snapshots = snapshotsOf(strategy())
  const customers = createCustomers({ customers: store.customers, snapshots })
  return {
    store: store.customers,
    customers,
    put: (body: unknown) => customers.put(KEY, body, BRANCH, NOW_MS),
    patch: (body: unknown) => customers.patch(KEY, body, BRANCH, NOW_MS),
    get: () => customers.get(KEY, BRANCH)
  }
}

/** Where the faults of a refused request are. */
async function faultsOf(asked: Promise<unknown>): Promise<string[]> {
  const refusal = await asked.then(
    () => undefined,
    (error: unknown) => error as Refusal
  )
  return refusal === undefined
    ? ['accepted']
    : refusal.faults.map(({ pointer, detail }) => `${pointer}: ${detail}`)
}

test('what is put is what is got', async t => {
  const { put, get } = setUp(t)
  const body = {
    attributes: { age: 41, since: '2020-02-29T13:00:00+01:00', products: ['giro'], gender: 'f' },
    tags: ['finance/credit', 'finance/credit'],
    consent: { marketing: { granted: true, time: '2026-01-01T00:00:00Z', source: 'web' } }
  }
  const document = {
    customer: KEY,
    attributes: { age: 41, since: '2020-02-29T12:00:00.000Z', products: ['giro'], gender: 'f' },
    tags: ['finance/credit'],
    consent: { marketing: { granted: true, time: '2026-01-01T00:00:00.000Z', source: 'web' } }
  }
  t.strictSame(await put(body), document)
  t.strictSame(await get(), document)
})

test('of personal attributes the ends are shown where the caller asks for no more', async t => {
  const attributes = [
    attribute({ name: 'phone', type: 'string', personal: true }),
    attribute({ name: 'email', type: 'string', personal: true }),
    attribute({ name: 'pin', type: 'integer', personal: true }),
    attribute({ name: 'code', type: 'string', personal: true }),
    attribute({ name: 'age', type: 'integer' })
  ]
  const store = createMemoryStore({ clock: () => NOW_MS })
  t.after(() => store.close())
  const snapshots = snapshotsOf(strategy({ attributes }))
  const customers = createCustomers({ customers: store.customers, snapshots })
  const given = {
    phone: '+49 30 23125 889',
    email: 'ann@x.example',
    pin: 1234,
    code: 'abc',
    age: 41
  }
  await customers.put(KEY, { attributes: given }, BRANCH, NOW_MS)
  t.same((await customers.get(KEY, BRANCH, { masked: true })).attributes, {
    phone: '•••889',
    email: 'a•••@x.example',
    pin: '•••',
    code: '•••',
    age: 41
  })
  t.same((await customers.get(KEY, BRANCH)).attributes, given)
})

test('put replaces all, what the body leaves out included', async t => {
  const { put, get } = setUp(t)
  await put({
    attributes: { age: 41 },
    tags: ['finance'],
    consent: { marketing: { granted: true } }
  })
  await put({ attributes: { balance: 1.5 } })
  t.same(await get(), { customer: KEY, attributes: { balance: 1.5 }, tags: [], consent: {} })
  await put({})
  t.same(await get(), { customer: KEY, attributes: {}, tags: [], consent: {} })
})

test('consent is of now and of the key where it does not say', async t => {
  const { put } = setUp(t)
  const { consent } = await put({ consent: { marketing: { granted: false } } })
  t.same(consent, { marketing: { granted: false, time: NOW, source: 'branch' } })
})

test('patch merges: given values replace, null removes, the rest stays', async t => {
  const { put, patch } = setUp(t)
  await put({
    attributes: { age: 41, balance: 7, products: ['a'] },
    tags: ['finance'],
    consent: {
      marketing: { granted: true, time: '2026-01-01T00:00:00Z', source: 'web' },
      personalisation: { granted: true }
    }
  })
  t.same(
    await patch({
      attributes: { age: null, products: ['b'], job: 'admin' },
      consent: { marketing: { granted: false }, personalisation: null }
    }),
    {
      customer: KEY,
      attributes: { balance: 7, products: ['b'], job: 'admin' },
      tags: ['finance'],
      consent: { marketing: { granted: false, time: NOW, source: 'branch' } }
    }
  )
  t.match(await patch({ attributes: null, tags: null, consent: null }), {
    attributes: {},
    tags: [],
    consent: {}
  })
})

test('patch makes a customer where there is none', async t => {
  const { patch, get } = setUp(t)
  await patch({ attributes: { age: 30 } })
  t.match(await get(), { attributes: { age: 30 } })
})

test('a body that is wrong names everything that is wrong and writes nothing', async t => {
  const { put, patch, get } = setUp(t)
  const body = JSON.parse(`{
    "attributes": {"aeg": 1, "age": 4.5, "job": "pilot", "since": "2026-01-01", "__proto__": {"x": 1}},
    "tags": ["finance/credits", 7], "consent": {"marketting": {"granted": true}, "marketing": {"granted": "yes", "tiem": 1,
    "time": "2026-01-15T12:05:00.001Z", "source": ""}, "personalisation": true}, "attribute": {}}`) as unknown
  const faults = [
    '/attribute: there is no member "attribute"; did you mean "attributes"?',
    '/attributes/aeg: there is no attribute "aeg"; did you mean "age"?',
    '/attributes/age: must be a whole number between -(2^53 - 1) and 2^53 - 1',
    '/attributes/job: must be one of "admin", "student", "retired"',
    '/attributes/since: is not an RFC 3339 time of the years 1970 to 9999, such as 2026-03-01T10:00:00Z',
    '/attributes/__proto__: there is no attribute "__proto__"',
    '/tags/0: there is no tag "finance/credits"; did you mean "finance/credit"?',
    '/tags/1: must be a string, not a number',
    '/consent/marketting: there is no purpose "marketting"; did you mean "marketing"?',
    '/consent/marketing/tiem: there is no member "tiem"; did you mean "time"?',
    '/consent/marketing/granted: must be true or false, not a string',
    '/consent/marketing/time: lies more than 5 minutes in the future',
    '/consent/marketing/source: must not be empty',
    '/consent/personalisation: must be an object with granted, not a boolean'
  ]
  t.same(await faultsOf(put(body)), faults)
  t.same(await faultsOf(patch(body)), faults)
  await t.rejects(get(), { code: 'not_found' })
})

test('members of another kind are refused at their pointers', async t => {
  const { put, patch } = setUp(t)
  for (const body of [null, [], 'text', 7]) {
    t.match(await faultsOf(put(body)), [/^: must be an object/])
    t.match(await faultsOf(patch(body)), [/^: must be an object/])
  }
  t.same(await faultsOf(put({ attributes: [], tags: {}, consent: 1 })), [
    '/attributes: must be an object, not a list',
    '/tags: must be a list of tags, not an object',
    '/consent: must be an object of purposes, not a number'
  ])
  t.same(await faultsOf(put({ attributes: { age: null } })), [
    '/attributes/age: must be a whole number, not null'
  ])
})

test('attributes that the strategy no longer declares are shown, and null removes them', async t => {
  const { store, put, patch } = setUp(t)
  await put({ attributes: { age: 41, since: '2020-01-01T00:00:00Z' } })
  const renamed = strategy({ attributes: [attribute({ name: 'years', type: 'integer' })] })
  const later = createCustomers({ customers: store, snapshots: snapshotsOf(renamed) })
  t.match(await later.get(KEY, BRANCH), { attributes: { age: 41, since: Date.UTC(2020, 0, 1) } })
  await later.patch(KEY, { attributes: { since: null, years: 41 } }, BRANCH, NOW_MS)
  t.strictSame((await later.get(KEY, BRANCH)).attributes, { age: 41, years: 41 })
  t.match(await patch({}), { attributes: { age: 41, years: 41 } })
})

test('consent can be put alone and leaves the rest', async t => {
  const { customers, put, get } = setUp(t)
  await put({ attributes: { age: 41 }, consent: { marketing: { granted: true } } })
  const answer = await customers.putConsent(
    KEY,
    { personalisation: { granted: true } },
    BRANCH,
    NOW_MS
  )
  const consent = { personalisation: { granted: true, time: NOW, source: 'branch' } }
  t.strictSame(answer, { customer: KEY, consent })
  t.match(await get(), { attributes: { age: 41 }, consent })
  t.same(await faultsOf(customers.putConsent(KEY, { marketing: {} }, BRANCH, NOW_MS)), [
    '/marketing/granted: must be true or false, not nothing'
  ])
})

test('a customer is found with a profile or with one interaction', async t => {
  const { customers, store } = setUp(t)
  await t.rejects(customers.get(KEY, BRANCH), { code: 'not_found' })
  await t.rejects(customers.export(KEY, BRANCH), { code: 'not_found' })
  await t.rejects(customers.limits(KEY, BRANCH, NOW_MS), { code: 'not_found' })
  await store.append([{ customer: KEY, id: 'e-1', source: 's', type: 'page_view', timeMs: NOW_MS }])
  t.same(await customers.get(KEY, BRANCH), { customer: KEY, attributes: {}, tags: [], consent: {} })
  t.same(await customers.limits(KEY, BRANCH, NOW_MS), {
    customer: KEY,
    limits: [],
    later: [],
    reservations: []
  })
})

test('history is newest first with ids and times, and export has it beside the profile', async t => {
  const { customers, store, put } = setUp(t)
  await put({ attributes: { age: 41 } })
  await store.append([
    {
      customer: KEY,
      id: 'e-1',
      source: 's',
      type: 'later',
      timeMs: NOW_MS - 1000,
      offerId: 'gold-card',
      untilMs: NOW_MS
    },
    {
      customer: KEY,
      id: 'e-2',
      source: 's',
      type: 'cart_add',
      timeMs: NOW_MS,
      value: 5,
      data: { a: 1 }
    }
  ])
  const history = [
    { id: 'e-2', source: 's', type: 'cart_add', value: 5, data: { a: 1 }, time: NOW },
    {
      id: 'e-1',
      source: 's',
      type: 'later',
      offerId: 'gold-card',
      time: '2026-01-15T11:59:59.000Z',
      until: NOW
    }
  ]
  t.same(await customers.history(KEY, 200, BRANCH), { customer: KEY, history })
  t.same(await customers.history(KEY, 1, BRANCH), { customer: KEY, history: history.slice(0, 1) })
  t.same(await customers.export(KEY, BRANCH), {
    customer: KEY,
    attributes: { age: 41 },
    tags: [],
    consent: {},
    history
  })
  for (const limit of [0, 201, 1.5, NaN]) {
    t.match(await faultsOf(customers.history(KEY, limit, BRANCH)), [/^\/limit: /])
  }
})

test('an erased customer is gone until written again', async t => {
  const { customers, put, get } = setUp(t)
  t.equal(await customers.erase(KEY, BRANCH), false)
  await put({ attributes: { age: 41 } })
  t.equal(await customers.erase(KEY, BRANCH), true)
  await t.rejects(get(), { code: 'not_found' })
  await put({ tags: ['finance'] })
  t.match(await get(), { attributes: {}, tags: ['finance'] })
})

test('keys that no customer can have are refused at the parts of the address', async t => {
  const { customers } = setUp(t)
  const get = (namespace: string, id: string): Promise<unknown> =>
    customers.get({ namespace, id }, BRANCH)
  t.same(await faultsOf(get('cmr', 'a\n')), [
    '/namespace: there is no namespace "cmr"; did you mean "crm"?',
    '/id: must not hold control characters'
  ])
  t.same(await faultsOf(get('crm', 'x'.repeat(257))), [
    '/id: must not be longer than 256 bytes of UTF-8'
  ])
})

test('a key outside its namespaces may neither read nor write', async t => {
  const { customers } = setUp(t)
  const cookies = caller({ namespaces: new Set(['cookie']) })
  const asked: Array<Promise<unknown>> = [
    customers.get(KEY, cookies),
    customers.put(KEY, {}, cookies, NOW_MS),
    customers.patch(KEY, {}, cookies, NOW_MS),
    customers.erase(KEY, cookies),
    customers.putConsent(KEY, {}, cookies, NOW_MS),
    customers.history(KEY, 1, cookies),
    customers.limits(KEY, cookies, NOW_MS),
    customers.export(KEY, cookies)
  ]
  for (const each of asked) await t.rejects(each, { code: 'forbidden' })
})

const COOKIE = { namespace: 'cookie', id: 'ck-9' }

test('merged parties are one customer under the canonical key', async t => {
  const { customers, put } = setUp(t)
  await put({ attributes: { age: 41 }, consent: { marketing: { granted: true } } })
  await customers.put(COOKIE, { attributes: { gender: 'f' } }, BRANCH, NOW_MS)
  const merged = { customer: KEY, members: [KEY, COOKIE] }
  t.strictSame(await customers.merge({ from: COOKIE, into: KEY }, BRANCH), merged)
  t.strictSame(await customers.merge({ from: KEY, into: COOKIE }, BRANCH), merged)
  for (const key of [KEY, COOKIE]) {
    const document = await customers.get(key, BRANCH)
    t.strictSame(document.customer, KEY)
    t.strictSame(document.attributes, { age: 41, gender: 'f' })
    t.strictSame((await customers.export(key, BRANCH)).customer, KEY)
    t.strictSame((await customers.limits(key, BRANCH, NOW_MS)).customer, KEY)
  }
  const patched = await customers.patch(COOKIE, { attributes: { age: null } }, BRANCH, NOW_MS)
  t.strictSame([patched.customer, patched.attributes], [KEY, { gender: 'f' }])
  t.equal(await customers.erase(COOKIE, BRANCH), true)
  await t.rejects(customers.get(KEY, BRANCH), { code: 'not_found' })
})

test('the first namespace is meant where a party of a merge names none', async t => {
  const { customers } = setUp(t)
  const { customer } = await customers.merge({ from: COOKIE, into: { id: 'c-7' } }, BRANCH)
  t.strictSame(customer, { namespace: 'crm', id: 'c-7' })
})

test('a body that names no two parties is refused with pointers', async t => {
  const { customers } = setUp(t)
  const faults = (body: unknown) => faultsOf(customers.merge(body, BRANCH))
  t.strictSame(await faults([]), [
    ': must be an object, not a list',
    '/from: must be an object with id, not nothing',
    '/into: must be an object with id, not nothing'
  ])
  t.strictSame(
    await faults({
      from: { namespace: 'cokie', id: 'x', key: 1 },
      into: { namespace: 3, id: '' },
      to: {}
    }),
    [
      '/to: there is no member "to"',
      '/from/key: there is no member "key"',
      '/from/namespace: there is no namespace "cokie"; did you mean "cookie"?',
      '/into/namespace: must be a string, not a number'
    ]
  )
  t.strictSame(await faults({ from: { id: '' }, into: KEY }), ['/from/id: must not be empty'])
})

test('nobody is merged with himself, nor with more than a hundred keys', async t => {
  const { customers } = setUp(t)
  await t.rejects(customers.merge({ from: KEY, into: { id: KEY.id } }, BRANCH), {
    code: 'not_allowed',
    message: 'crm/c-1001 cannot be merged with itself.'
  })
  for (let i = 0; i < 99; i++)
    await customers.merge({ from: { namespace: 'cookie', id: `${i}` }, into: KEY }, BRANCH)
  await t.rejects(customers.merge({ from: COOKIE, into: KEY }, BRANCH), {
    code: 'not_allowed',
    message: 'cookie/ck-9 and crm/c-1001 would be one customer with more than 100 keys.'
  })
})

test('a key that does not reach a namespace of a merged customer reaches none of it', async t => {
  const { customers, put } = setUp(t)
  const web = caller({ id: 'web', namespaces: new Set(['cookie']) })
  await t.rejects(customers.merge({ from: COOKIE, into: KEY }, web), { code: 'forbidden' })
  await put({ attributes: { age: 41 } })
  const other = { namespace: 'cookie', id: 'other' }
  t.equal((await customers.merge({ from: COOKIE, into: other }, web)).members.length, 2)
  await customers.merge({ from: COOKIE, into: KEY }, BRANCH)
  const refused: Array<() => Promise<unknown>> = [
    () => customers.get(COOKIE, web),
    () => customers.put(COOKIE, {}, web, NOW_MS),
    () => customers.patch(COOKIE, {}, web, NOW_MS),
    () => customers.putConsent(COOKIE, {}, web, NOW_MS),
    () => customers.history(COOKIE, 10, web),
    () => customers.limits(COOKIE, web, NOW_MS),
    () => customers.export(COOKIE, web),
    () => customers.erase(COOKIE, web),
    () => customers.merge({ from: other, into: { namespace: 'cookie', id: 'new' } }, web)
  ]
  for (const ask of refused) await t.rejects(ask(), { code: 'forbidden' })
  t.equal((await customers.get(KEY, BRANCH)).attributes['age'], 41)
})
