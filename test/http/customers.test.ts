import { test } from 'tap'
import { StoreUnavailable } from '../../src/domain/refusal.js'
import { NOW_MS, serve } from './stand-ins.js'

const PATH = '/v1/customers/crm/c%2F1'
const KEY = { namespace: 'crm', id: 'c/1' }
const BODY = { attributes: { age: 41 } }

test('every route of a customer calls its use case with the decoded key', async t => {
  const { app, calls } = serve(t)
  const requests = [
    ['GET', PATH],
    ['PUT', PATH, BODY],
    ['PATCH', PATH, BODY],
    ['DELETE', PATH],
    ['PUT', `${PATH}/consent`, BODY],
    ['GET', `${PATH}/history?limit=7`],
    ['GET', `${PATH}/limits`],
    ['GET', `${PATH}/export`],
    ['POST', '/v1/customers/merge', BODY]
  ] as const
  const statuses: number[] = []
  for (const [method, url, payload] of requests) {
    statuses.push(
      (await app.inject({ method, url, ...(payload === undefined ? {} : { payload }) })).statusCode
    )
  }
  t.same(statuses, [200, 200, 200, 204, 200, 200, 200, 200, 200])
  t.same(calls.customers.pop()?.slice(0, 2), ['merge', BODY])
  t.same(
    calls.customers.map(([name, key, what, ...rest]) => [
      name,
      { ...(key as object) },
      name === 'history' ? what : (rest.at(-1) ?? null)
    ]),
    [
      ['get', KEY, { masked: false }],
      ['put', KEY, NOW_MS],
      ['patch', KEY, NOW_MS],
      ['erase', KEY, null],
      ['putConsent', KEY, NOW_MS],
      ['history', KEY, 7],
      ['limits', KEY, NOW_MS],
      ['export', KEY, null]
    ]
  )
})

test('personal attributes are masked where that is asked for', async t => {
  const { app, calls } = serve(t)
  await app.inject(`${PATH}?personal=masked`)
  t.same(calls.customers.at(-1)?.at(-1), { masked: true })
  t.equal((await app.inject(`${PATH}?personal=no`)).statusCode, 400)
})

test('a patch is read as a merge patch and as JSON, a replacement as JSON only', async t => {
  const { app } = serve(t)
  const send = async (method: 'PATCH' | 'PUT', type: string) =>
    (await app.inject({ method, url: PATH, headers: { 'content-type': type }, payload: '{}' }))
      .statusCode
  t.equal(await send('PATCH', 'application/merge-patch+json'), 200)
  t.equal(await send('PATCH', 'application/json'), 200)
  t.equal(await send('PATCH', 'application/xml'), 415)
})

test('a body is needed where something is written', async t => {
  const { app } = serve(t)
  const response = await app.inject({ method: 'PUT', url: PATH })
  t.equal(response.statusCode, 400)
})

test('a key with a broken percent-encoding or beyond the longest id is a problem', async t => {
  const { app } = serve(t)
  const broken = await app.inject('/v1/customers/crm/%E0%A4%A')
  t.equal(broken.statusCode, 400)
  t.match(broken.headers['content-type'], /^application\/problem\+json/)
  t.equal(broken.headers['x-content-type-options'], 'nosniff')
  const long = await app.inject(`/v1/customers/crm/${'a'.repeat(769)}`)
  t.equal(long.statusCode, 400)
  t.match(long.json(), { code: 'OFFERD_MALFORMED' })
  const longest = await app.inject(`/v1/customers/crm/${encodeURIComponent('客'.repeat(85))}`)
  t.equal(longest.statusCode, 200)
})

test('lines are imported as they stream in, without a limit on their sum', async t => {
  const { app, calls } = serve(t)
  const line = `${JSON.stringify({ id: 'c-1', attributes: { note: 'x'.repeat(1000) } })}\n`
  const payload = line.repeat(3000)
  const headers = { 'content-type': 'application/x-ndjson' }
  const response = await app.inject({
    method: 'POST',
    url: '/v1/customers/import',
    headers,
    payload
  })
  t.equal(response.statusCode, 200)
  t.equal(calls.imported.join('').length, payload.length)
})

test('an import takes lines only', async t => {
  const { app } = serve(t)
  const url = '/v1/customers/import'
  t.equal((await app.inject({ method: 'POST', url, payload: [] })).statusCode, 415)
  t.equal((await app.inject({ method: 'POST', url })).statusCode, 400)
  const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' }
  t.equal((await app.inject({ method: 'POST', url, headers, payload: 'x' })).statusCode, 400)
})

test('an import that loses the store says how far it came', async t => {
  const { app } = serve(t, {
    importCustomers: async () => {
      throw new StoreUnavailable('3 of 5 lines are in.')
    }
  })
  const headers = { 'content-type': 'application/x-ndjson' }
  const response = await app.inject({
    method: 'POST',
    url: '/v1/customers/import',
    headers,
    payload: '{}\n'
  })
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '1')
  t.match(response.json(), { detail: '3 of 5 lines are in.' })
})
