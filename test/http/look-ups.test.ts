import { createHash } from 'node:crypto'
import { test } from 'tap'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import { createLogNames } from '../../src/decisioning/log-names.js'
import { StoreUnavailable } from '../../src/domain/refusal.js'
import { createKeyRing } from '../../src/http/keys.js'
import { REQUEST, serve, type Served } from './stand-ins.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const CANARY = 'anna.meier@example.org'

function start(t: Parameters<typeof serve>[0], allowed: { lookUps?: number } = { lookUps: 3 }) {
  let nowMs = 0
  const key = (id: string, more: object) => ({ id, sha256: sha256(id), ...more })
  const keys = createKeyRing(
    {
      keys: [
        key('agent', { role: 'agent', ...allowed }),
        key('auditor', { role: 'auditor' }),
        key('marketer', { role: 'marketer' })
      ]
    },
    () => nowMs
  )
  const logNameOf = createLogNames(createMemoryStore().documents)
  const served = serve(t, { keys, logNameOf })
  const get = (url: string, id = 'agent') =>
    served.app.inject({ url, headers: { authorization: `Bearer ${id}` } })
  return { served, get, logNameOf, pass: (ms: number) => void (nowMs += ms) }
}

const audited = ({ calls }: Served) => calls.log.filter(line => line['audit'] === 'look_up')

test('a key looks up so many people a minute, each once however often a screen asks', async t => {
  const { get, pass } = start(t)
  for (const id of ['c-1', 'c-2', 'c-3'])
    for (const part of ['', '/history', '/limits'])
      t.equal((await get(`/v1/customers/crm/${id}${part}`)).statusCode, 200)
  const refused = await get('/v1/customers/crm/c-4')
  t.equal(refused.statusCode, 429)
  t.equal(refused.headers['retry-after'], '20')
  t.match(refused.json(), {
    detail: 'This key has looked up as many people as it may; the next in 20 s.'
  })
  t.equal((await get('/v1/customers/crm/c-4/history')).statusCode, 429, 'by whatever address')
  t.equal((await get('/v1/decisions/0199')).statusCode, 429, 'nor by a decision')
  t.equal((await get('/v1/decisions?customer=c-5')).statusCode, 429)
  t.equal((await get('/v1/customers/crm/c-1')).statusCode, 200, 'those on the screen stay')
  t.equal((await get('/v1/customers/crm/c-4', 'auditor')).statusCode, 200, 'another key')
  pass(20_000)
  t.equal((await get('/v1/customers/crm/c-4')).statusCode, 200)
  t.equal((await get('/v1/customers/crm/c-5')).statusCode, 429)
})

test('agents look up sixty people a minute unless their keys say otherwise', async t => {
  const { get } = start(t, {})
  const statuses: number[] = []
  for (let i = 0; i < 62; i++) statuses.push((await get(`/v1/customers/crm/c-${i}`)).statusCode)
  t.equal(statuses.indexOf(429), 60)
  for (let i = 0; i < 62; i++)
    t.equal((await get(`/v1/customers/crm/c-${i}`, 'auditor')).statusCode, 200)
})

test('every look-up of a person is a line of the log that names nobody', async t => {
  const { served, get, logNameOf } = start(t)
  const person = `crm/${CANARY}`
  const name = await logNameOf(person)
  const asked: ReadonlyArray<readonly [url: string, key: string, subject: string]> = [
    [`/v1/customers/${person}`, 'agent', name],
    [`/v1/customers/${person}/history`, 'agent', name],
    [`/v1/customers/${person}/limits`, 'agent', name],
    [`/v1/customers/${person}/export`, 'auditor', name],
    [`/v1/decisions?customer=${CANARY}`, 'agent', name],
    ['/v1/decisions', 'agent', 'the latest decisions'],
    ['/v1/decisions/0199', 'agent', 'decision 0199'],
    ['/v1/decisions/0199/explanation', 'marketer', 'decision 0199']
  ]
  for (const [url, key] of asked) t.equal((await get(url, key)).statusCode, 200, url)
  const supposed = await served.app.inject({
    method: 'POST',
    url: '/v1/what-if',
    headers: { authorization: 'Bearer marketer' },
    payload: { request: { ...REQUEST, customer: { id: CANARY } }, changes: {} }
  })
  t.equal(supposed.statusCode, 200)
  const lines = audited(served)
  t.same(
    lines.map(({ key, subject, refused }) => [key, subject, refused]),
    [...asked.map(([, key, subject]) => [key, subject, false]), ['marketer', name, false]]
  )
  t.equal(lines[0]!['route'], 'GET /v1/customers/:namespace/:id')
  t.ok(lines.every(({ requestId }) => typeof requestId === 'string'))
  t.notMatch(JSON.stringify(served.calls.log), CANARY)
  await get('/v1/customers/crm/another')
  await get('/v1/customers/crm/one-too-many')
  t.match(audited(served).at(-1), { key: 'agent', refused: true, msg: 'a look-up was refused' })
})

test('what cannot be noted is not shown', async t => {
  const keys = createKeyRing({ keys: [{ id: 'a', sha256: sha256('a'), role: 'agent' }] }, () => 0)
  const { app, calls } = serve(t, {
    keys,
    logNameOf: () => Promise.reject(new StoreUnavailable('away'))
  })
  const response = await app.inject({
    url: '/v1/customers/crm/c-1',
    headers: { authorization: 'Bearer a' }
  })
  t.equal(response.statusCode, 503)
  t.same(calls.customers, [])
})

test('the log calls a customer the same at every process of an installation, and otherwise elsewhere', async t => {
  const { documents } = createMemoryStore()
  const name = await createLogNames(documents)('crm/c-1')
  t.match(name, /^[0-9a-f]{32}$/)
  t.equal(await createLogNames(documents)('crm/c-1'), name)
  t.not(await createLogNames(documents)('crm/c-2'), name)
  t.not(await createLogNames(createMemoryStore().documents)('crm/c-1'), name)
})
