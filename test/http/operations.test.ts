import { test } from 'tap'
import { serve } from './stand-ins.js'

const PLACE = { file: 'rules/a.yaml', line: 3, column: 5 }

test('the service is alive and ready', async t => {
  const { app } = serve(t)
  t.same((await app.inject('/livez')).json(), { status: 'alive', version: '0.0.0-test' })
  t.same((await app.inject('/readyz')).json(), {
    status: 'ready',
    strategy: { version: 3, hash: 'abc' }
  })
})

test('a store in trouble makes the service not ready, and it says why', async t => {
  const { app } = serve(t, {
    store: {
      kind: 'redis',
      description: 'Redis',
      trouble: async () => 'Redis evicts keys; set maxmemory-policy noeviction.'
    }
  })
  const response = await app.inject('/readyz')
  t.equal(response.statusCode, 503)
  t.match(response.json(), {
    code: 'OFFERD_NOT_READY',
    detail: 'Redis evicts keys; set maxmemory-policy noeviction.'
  })
  t.ok(response.headers['retry-after'])
  t.equal((await app.inject('/livez')).statusCode, 200)
})

test('a draining service is not ready but serves on', async t => {
  const { app } = serve(t, { isDraining: () => true })
  t.equal((await app.inject('/readyz')).statusCode, 503)
  t.equal((await app.inject('/v1/decisions/0199')).statusCode, 200)
})

test('the strategy in force is shown with the problems of the last load', async t => {
  const { app } = serve(t)
  t.match((await app.inject('/v1/strategy')).json(), {
    version: 3,
    hash: 'abc',
    loadedAt: '2026-03-01T10:00:00.000Z',
    lastLoad: { outcome: 'unchanged', problems: [] }
  })
})

test('a reload that is refused is a 422 with every problem; a validation tells the same as 200', async t => {
  const problems = [
    { ...PLACE, message: 'there is no group "card"', hint: 'cards', severity: 'error' as const }
  ]
  const report = { outcome: 'refused' as const, version: 3, hash: 'abc', problems }
  const strategyLoader = {
    load: async () => ({ ...report, processes: [] }),
    validate: async () => report,
    lastLoad: () => report,
    processes: () => [],
    close: async () => undefined
  }
  const { app } = serve(t, { strategyLoader })
  const refused = await app.inject({ method: 'POST', url: '/v1/strategy/reload' })
  t.equal(refused.statusCode, 422)
  t.match(refused.json(), { code: 'OFFERD_NOT_ALLOWED', status: 422, outcome: 'refused', problems })
  const validated = await app.inject({ method: 'POST', url: '/v1/strategy/validate' })
  t.equal(validated.statusCode, 200)
  t.same(validated.json(), report)
})

test('a reload takes an empty body of any kind that JSON clients send', async t => {
  const { app } = serve(t)
  for (const payload of ['', '{}']) {
    const headers = { 'content-type': 'application/json' }
    const response = await app.inject({
      method: 'POST',
      url: '/v1/strategy/reload',
      headers,
      payload
    })
    t.equal(response.statusCode, 200)
  }
})

test('figures are given out and requests counted by route, never by URL', async t => {
  const { app, calls } = serve(t)
  const response = await app.inject('/metrics')
  t.equal(response.body, '# nothing\n')
  t.match(response.headers['content-type'], /^text\/plain; version=0.0.4/)
  await app.inject('/v1/customers/crm/c-1?personal=masked')
  await app.inject('/nowhere/c-1')
  await app.inject('/v1/customers/crm/%')
  t.same(
    calls.answered.map(([route, method, status]) => [route, method, status]),
    [
      ['/metrics', 'GET', 200],
      ['/v1/customers/:namespace/:id', 'GET', 200],
      ['none', 'any', 404]
    ]
  )
})

test('how the process is doing is shown with what decides and whether it can', async t => {
  const store = { kind: 'redis', description: 'Redis at a:1', trouble: async () => 'It is away.' }
  const { app } = serve(t, { store: { ...store, kind: 'redis' }, isDraining: () => true })
  const response = await app.inject('/v1/live')
  t.equal(response.statusCode, 200)
  t.match(response.json(), {
    process: 'host:4711:k2',
    at: '2026-03-01T10:00:00.000Z',
    draining: true,
    store: { kind: 'redis', description: 'Redis at a:1', trouble: 'It is away.' },
    strategy: { version: 3, hash: 'abc', models: [] },
    decisions: { byChannel: {} }
  })
})

test('every answer carries the same headers', async t => {
  const { app } = serve(t)
  for (const url of [
    '/livez',
    '/v1/decisions/0199',
    '/v1/decisions/none',
    '/nowhere',
    '/v1/customers/crm/%',
    '/docs'
  ]) {
    const { headers } = await app.inject(url)
    t.equal(headers['x-content-type-options'], 'nosniff', url)
    t.match(headers['content-security-policy'], /default-src '(none|self)'/, url)
    t.ok(headers['x-request-id'], url)
  }
})

test('a printable request id is taken over, another is replaced', async t => {
  const { app } = serve(t)
  const idOf = async (id: string) =>
    (await app.inject({ url: '/livez', headers: { 'x-request-id': id } })).headers['x-request-id']
  t.equal(await idOf('req-1'), 'req-1')
  t.not(await idOf('a b'), 'a b')
  t.not(await idOf('a'.repeat(129)), 'a'.repeat(129))
})

test('a trace is continued with a span of our own; what is no trace is left alone', async t => {
  const { app } = serve(t)
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const answer = async (traceparent: string) =>
    (await app.inject({ url: '/livez', headers: { traceparent } })).headers['traceparent']
  const continued = await answer(`00-${trace}-00f067aa0ba902b7-01`)
  t.match(continued, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`))
  t.notMatch(continued, '00f067aa0ba902b7')
  t.equal(await answer(`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`), undefined)
  t.equal(await answer('nonsense'), undefined)
})

test('what is not there is a problem, whatever the method', async t => {
  const { app } = serve(t)
  for (const [method, url] of [
    ['GET', '/'],
    ['DELETE', '/v1/decisions'],
    ['POST', '/v1/decisions/0199/again']
  ] as const) {
    const response = await app.inject({ method, url })
    t.equal(response.statusCode, 404, url)
    t.match(response.json(), { code: 'OFFERD_NOT_FOUND', status: 404 })
  }
})

test('a plain request to the stream is told what is spoken there', async t => {
  const { app } = serve(t)
  const response = await app.inject('/v1/stream')
  t.equal(response.statusCode, 426)
  t.equal(response.headers['upgrade'], 'websocket')
  t.match(response.json(), { code: 'OFFERD_UPGRADE_REQUIRED', status: 426 })
})

test('nothing that was read is kept by caches on the way', async t => {
  const { app } = serve(t)
  for (const url of ['/v1/customers/crm/c-1', '/v1/decisions/0199', '/readyz']) {
    t.equal((await app.inject(url)).headers['cache-control'], 'no-store', url)
  }
})
