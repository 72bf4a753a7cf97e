import { createHash } from 'node:crypto'
import { test } from 'tap'
import { createKeyRing, type KeyRing } from '../../src/http/keys.js'
import { REQUEST, serve, type Served } from './stand-ins.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const ORIGIN = 'https://shop.example'
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

function ring(rate?: number): KeyRing {
  const page = { publishable: true, namespaces: ['crm'], channels: ['web'] }
  return createKeyRing(
    {
      keys: [
        {
          id: 'all',
          sha256: sha256('all'),
          scopes: ['decide', 'events', 'customers', 'admin'],
          ...(rate === undefined ? {} : { rate })
        },
        ...(['decide', 'events', 'customers', 'admin'] as const).map(scope => ({
          id: scope,
          sha256: sha256(scope),
          scopes: [scope]
        })),
        {
          id: 'page',
          sha256: sha256('page'),
          scopes: ['decide', 'events'],
          origins: [ORIGIN],
          ...page
        },
        {
          id: 'other',
          sha256: sha256('other'),
          scopes: ['events'],
          origins: ['https://other.example'],
          ...page
        }
      ]
    },
    () => 0
  )
}

test('health, document and page are open', async t => {
  const { app } = serve(t, { keys: ring() })
  for (const url of [
    '/livez',
    '/readyz',
    '/openapi.json',
    '/docs',
    '/docs/page.js',
    '/docs/page.css',
    '/favicon.ico'
  ]) {
    t.equal(
      (await app.inject({ url, headers: { host: 'pod.internal', origin: 'https://evil.example' } }))
        .statusCode,
      200,
      url
    )
  }
})

test('an unknown key is told how to present one', async t => {
  const { app } = serve(t, { keys: ring() })
  for (const authorization of [
    'Bearer nobody',
    'Basic YTpi',
    'Bearer',
    'Bearer a b',
    `Bearer ${'x'.repeat(513)}`
  ]) {
    const response = await app.inject({ url: '/v1/strategy', headers: { authorization } })
    t.equal(response.statusCode, 401)
    t.equal(response.headers['www-authenticate'], 'Bearer realm="offerd"')
    t.match(response.json(), { code: 'OFFERD_UNAUTHENTICATED' })
  }
})

test('a publishable key may come in the query, another may not', async t => {
  const { app } = serve(t, { keys: ring() })
  const statusOf = async (key: string) =>
    (await app.inject({ method: 'POST', url: `/v1/decisions?key=${key}`, payload: REQUEST }))
      .statusCode
  t.equal(await statusOf('page'), 200)
  t.equal(await statusOf('all'), 401)
  t.equal(await statusOf('nobody'), 401)
  t.equal(await statusOf('page&key=page'), 401)
})

test('the use case learns which key asked', async t => {
  const { app, calls } = serve(t, { keys: ring() })
  await app.inject({
    method: 'POST',
    url: '/v1/decisions',
    headers: bearer('page'),
    payload: REQUEST
  })
  const caller = calls.decide[0]![1]
  t.equal(caller.id, 'page')
  t.equal(caller.publishable, true)
  t.same([...(caller.channels ?? [])], ['web'])
})

const post = async ({ app }: Served, key: string, origin: string | undefined) =>
  app.inject({
    method: 'POST',
    url: '/v1/events',
    headers: { ...bearer(key), ...(origin === undefined ? {} : { origin }) },
    payload: { type: 'page_view' }
  })

test('a page reads the answer only when its exact origin is named by the key', async t => {
  const served = serve(t, { keys: ring() })
  const own = await post(served, 'page', ORIGIN)
  t.equal(own.statusCode, 202)
  t.equal(own.headers['access-control-allow-origin'], ORIGIN)
  t.equal(own.headers['vary'], 'Origin')
  t.notOk('access-control-allow-credentials' in own.headers)
  for (const origin of [
    'null',
    'https://evil.example',
    'https://shop.example.evil',
    'https://x.shop.example',
    'https://shop.example:8443',
    'http://shop.example',
    'https://SHOP.example',
    'https://shop.example/',
    '*',
    'https://other.example'
  ]) {
    const foreign = await post(served, 'page', origin)
    t.equal(foreign.statusCode, 403, origin)
    t.notOk('access-control-allow-origin' in foreign.headers, origin)
  }
  t.equal((await post(served, 'page', undefined)).statusCode, 202)
  t.notOk(
    'access-control-allow-origin' in (await post(served, 'all', ORIGIN)).headers,
    'a server key opens nothing to pages'
  )
})

test('a preflight lets the origins of the keys in and no others', async t => {
  const { app } = serve(t, { keys: ring() })
  const ask = async (url: string, origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization'
      }
    })
  const allowed = await ask('/v1/decisions', ORIGIN)
  t.equal(allowed.statusCode, 204)
  t.equal(allowed.headers['access-control-allow-origin'], ORIGIN)
  t.match(allowed.headers['access-control-allow-headers'], 'authorization')
  t.match(allowed.headers['vary'], 'Origin')
  const refused = await ask('/v1/decisions', 'https://evil.example')
  t.equal(refused.statusCode, 403)
  t.notOk('access-control-allow-origin' in refused.headers)
  t.equal((await ask('/v1/customers/crm/c-1', ORIGIN)).statusCode, 404)
})

test('a key that names a rate is held to it, and told when to come back', async t => {
  const { app } = serve(t, { keys: ring(2) })
  const statuses: number[] = []
  for (let i = 0; i < 3; i++)
    statuses.push((await app.inject({ url: '/v1/strategy', headers: bearer('all') })).statusCode)
  t.same(statuses, [200, 200, 429])
  const response = await app.inject({ url: '/v1/strategy', headers: bearer('all') })
  t.equal(response.headers['retry-after'], '1')
  t.match(response.json(), { code: 'OFFERD_TOO_MANY' })
  t.equal((await app.inject({ url: '/v1/strategy', headers: bearer('admin') })).statusCode, 200)
})

test('without keys this machine may do everything, under a name of its own', async t => {
  const { app } = serve(t)
  const statusOf = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/v1/strategy', headers })).statusCode
  for (const host of ['localhost', 'LOCALHOST:8484', '127.0.0.1:8484', '127.9.9.9', '[::1]:8484'])
    t.equal(await statusOf({ host }), 200, host)
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    '[::2]'
  ])
    t.equal(await statusOf({ host }), 403, host)
})

test('without keys another machine is refused', async t => {
  const { app } = serve(t)
  for (const [remoteAddress, status] of [
    ['127.0.0.1', 200],
    ['::1', 200],
    ['::ffff:127.0.0.1', 200],
    ['10.0.0.7', 401],
    ['::ffff:10.0.0.7', 401]
  ] as const) {
    t.equal(
      (await app.inject({ url: '/v1/strategy', remoteAddress })).statusCode,
      status,
      remoteAddress
    )
  }
})

test('without keys pages of other origins are refused', async t => {
  const { app } = serve(t)
  const statusOf = async (origin: string) =>
    (
      await app.inject({
        method: 'POST',
        url: '/v1/events',
        headers: { host: 'localhost:8484', origin, 'content-type': 'text/plain' },
        payload: '{"type":"page_view"}'
      })
    ).statusCode
  t.equal(await statusOf('http://localhost:8484'), 202)
  for (const origin of [
    'null',
    'https://evil.example',
    'http://localhost:9999',
    'http://localhost:8484.evil.example'
  ])
    t.equal(await statusOf(origin), 403, origin)
})

test('keys never reach the log', async t => {
  const { app, calls } = serve(t, {
    keys: ring(),
    async decide() {
      throw new Error('broken')
    }
  })
  await app.inject({ method: 'POST', url: '/v1/decisions?key=page', payload: REQUEST })
  await app.inject({
    method: 'POST',
    url: '/v1/decisions',
    headers: bearer('all'),
    payload: REQUEST
  })
  t.equal(calls.log.length, 2)
  t.notMatch(JSON.stringify(calls.log), /key=|Bearer/)
})
