import { test } from 'tap'
import { Refusal, StoreUnavailable } from '../../src/domain/refusal.js'
import { ANSWER, REQUEST, serve } from './stand-ins.js'

interface ProblemBody {
  readonly type: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly instance: string
  readonly errors?: ReadonlyArray<{ pointer: string; detail: string }>
}

test('decisions are searched for by customer, in the first namespace unless another is named', async t => {
  const { app, calls } = serve(t)
  for (const query of ['', '?customer=c%2F1&limit=7', '?customer=ck-9&namespace=cookie'])
    t.equal((await app.inject(`/v1/decisions${query}`)).statusCode, 200)
  t.same(
    calls.customers.map(([name, key, limit]) => [name, key ?? null, limit]),
    [
      ['find', null, 20],
      ['find', { namespace: 'crm', id: 'c/1' }, 7],
      ['find', { namespace: 'cookie', id: 'ck-9' }, 20]
    ]
  )
  for (const query of ['?limit=101', '?who=c-1'])
    t.equal((await app.inject(`/v1/decisions${query}`)).statusCode, 400, query)
})

test('a decision is answered as the use case wrote it', async t => {
  const { app, calls } = serve(t)
  const payload = JSON.stringify({ ...REQUEST, options: { timeoutMs: 25 } })
  const response = await app.inject({
    method: 'POST',
    url: '/v1/decisions',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
    payload
  })
  t.equal(response.statusCode, 200)
  t.equal(response.body, ANSWER)
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8')
  t.equal(
    response.headers['server-timing'],
    'profile;dur=1, policy;dur=0.5, model;dur=0.25, arbitrate;dur=0.125, total;dur=2'
  )
  const [request, caller, receivedAtMs, options] = calls.decide[0]!
  t.same(request, { ...REQUEST, options: { timeoutMs: 25 } })
  t.equal(caller.id, 'client')
  t.ok(receivedAtMs > 0 && receivedAtMs <= performance.now())
  t.same(options, { idempotencyKey: 'once', requestText: payload })
})

const WRONG: ReadonlyArray<readonly [what: string, change: object, pointer: string]> = [
  ['an unknown member', { customers: 1 }, '/customers'],
  ['an unknown member of an option', { options: { timeOut: 1 } }, '/options/timeOut'],
  ['an empty id', { customer: { id: '' } }, '/customer/id'],
  ['an id of 257 bytes', { customer: { id: 'é'.repeat(129) } }, '/customer/id'],
  ['an id with a control character', { customer: { id: 'a\u0000b' } }, '/customer/id'],
  ['an id with a lone surrogate', { customer: { id: 'a\ud800' } }, '/customer/id'],
  ['no placements', { placements: [] }, '/placements'],
  ['a placement twice', { placements: [{ id: 'a' }, { id: 'a' }] }, '/placements'],
  [
    'eleven placements',
    { placements: Array.from({ length: 11 }, (_, i) => ({ id: `p${i}` })) },
    '/placements'
  ],
  ['a count of 0', { placements: [{ id: 'a', count: 0 }] }, '/placements/0/count'],
  ['a count of 11', { placements: [{ id: 'a', count: 11 }] }, '/placements/0/count'],
  ['a broken timeout', { options: { timeoutMs: 0.5 } }, '/options/timeoutMs'],
  ['a timeout beyond 10 s', { options: { timeoutMs: 10_001 } }, '/options/timeoutMs'],
  ['an unlisted mode', { options: { mode: 'dry' } }, '/options/mode'],
  ['a seed in mode live', { options: { seed: 'x' } }, '/options/seed'],
  [
    'an instant in mode live',
    { options: { mode: 'live', at: '2026-01-01T00:00:00Z' } },
    '/options/at'
  ],
  ['101 events', { events: Array.from({ length: 101 }, () => ({ type: 'page_view' })) }, '/events'],
  ['an event without a type', { events: [{}] }, '/events/0/type'],
  ['attributes in a list', { attributes: [] }, '/attributes'],
  ['a language that is none', { language: 'de_AT' }, '/language'],
  ['1,001 exclusions', { exclude: Array.from({ length: 1001 }, () => 'a') }, '/exclude']
]

for (const [what, change, pointer] of WRONG) {
  test(`${what} is refused with a pointer`, async t => {
    const { app, calls } = serve(t)
    const response = await app.inject({
      method: 'POST',
      url: '/v1/decisions',
      payload: { ...REQUEST, ...change }
    })
    const body = response.json<ProblemBody>()
    t.equal(response.statusCode, 400)
    t.match(response.headers['content-type'], /^application\/problem\+json/)
    t.ok(
      body.errors?.some(fault => fault.pointer === pointer),
      JSON.stringify(body)
    )
    t.equal(calls.decide.length, 0)
  })
}

test('seed and instant are allowed in mode test, and a request at every limit passes', async t => {
  const { app } = serve(t)
  const payload = {
    customer: { id: 'é'.repeat(128), namespace: 'crm' },
    channel: 'web',
    placements: Array.from({ length: 10 }, (_, i) => ({
      id: `p${i}`,
      count: 1,
      filter: { group: ['cards'] }
    })),
    context: { page: '/' },
    attributes: { age: 41 },
    events: Array.from({ length: 100 }, () => ({ type: 'page_view', data: { page: '/' } })),
    exclude: Array.from({ length: 1000 }, (_, i) => `o${i}`),
    language: 'de-AT',
    options: {
      mode: 'test',
      seed: 's',
      at: '2026-01-01T00:00:00Z',
      timeoutMs: 10_000,
      explain: 'full',
      activate: 'on_decision'
    }
  }
  const response = await app.inject({ method: 'POST', url: '/v1/decisions', payload })
  t.equal(response.statusCode, 200, response.body)
})

test('at most twenty faults are named', async t => {
  const { app } = serve(t)
  const placements = Array.from({ length: 10 }, () => ({ id: '', count: 0, filter: { x: 1 } }))
  const response = await app.inject({
    method: 'POST',
    url: '/v1/decisions',
    payload: { ...REQUEST, placements }
  })
  t.equal(response.json<ProblemBody>().errors?.length, 20)
})

const UNREADABLE: ReadonlyArray<readonly [what: string, payload: string | Buffer]> = [
  ['no JSON', '{'],
  ['an empty body', ''],
  ['a number that no double holds', '{"context":{"lat":1e400}}'],
  ['NaN', '{"context":{"lat":NaN}}'],
  ['a member __proto__', '{"context":{"__proto__":{"admin":true}}}'],
  ['an escaped member __proto__', '{"context":{"__pr\\u006fto__":{}}}'],
  ['a constructor with a prototype', '{"context":{"constructor":{"prototype":{}}}}'],
  ['33 levels', '['.repeat(33) + ']'.repeat(33)],
  ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['1,001 members', `{${Array.from({ length: 1001 }, (_, i) => `"m${i}":1`).join(',')}}`],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])]
]

for (const [what, payload] of UNREADABLE) {
  test(`a body with ${what} is malformed`, async t => {
    const { app } = serve(t)
    const headers = { 'content-type': 'application/json' }
    const response = await app.inject({ method: 'POST', url: '/v1/decisions', headers, payload })
    t.equal(response.statusCode, 400)
    t.equal(response.json<ProblemBody>().code, 'OFFERD_MALFORMED')
    t.notMatch(response.body, /stack|node_modules|SyntaxError/)
  })
}

test('a batch answers in order, and one bad request does not fail the others', async t => {
  const { app, calls } = serve(t, {
    async decide(request, ...rest) {
      if (request.channel === 'fax')
        throw new Refusal('invalid', 'There is no channel "fax".', [
          { pointer: '/channel', detail: 'unknown' }
        ])
      if (request.channel === 'broken') throw new TypeError('secret')
      calls.decide.push([request, ...rest])
      return {
        timings: { profile: 0, policy: 0, model: 0, arbitrate: 0, total: 0 },
        body: `{"decisionId":"${request.customer.id}"}`
      }
    }
  })
  const requests = [
    REQUEST,
    7,
    { ...REQUEST, channel: 'fax' },
    { ...REQUEST, channel: 'broken' },
    { ...REQUEST, customer: { id: 'c-2' } }
  ]
  const response = await app.inject({
    method: 'POST',
    url: '/v1/decisions/batch',
    headers: { 'idempotency-key': 'k' },
    payload: { requests }
  })
  t.equal(response.statusCode, 200)
  const { decisions } = response.json<{
    decisions: Array<{ decisionId?: string; code?: string; status?: number }>
  }>()
  t.same(
    decisions.map(each => each.decisionId ?? each.code),
    ['c-1', 'OFFERD_INVALID', 'OFFERD_INVALID', 'OFFERD_INTERNAL', 'c-2']
  )
  t.notMatch(response.body, /secret/)
  t.same(
    calls.decide.map(([, , , options]) => options.idempotencyKey),
    ['k#0', 'k#4']
  )
  t.equal(calls.log.filter(line => line['level'] === 50).length, 1)
})

test('a batch takes 500 requests and no more', async t => {
  const { app } = serve(t)
  const batch = (count: number) => ({ requests: Array.from({ length: count }, () => REQUEST) })
  const most = await app.inject({ method: 'POST', url: '/v1/decisions/batch', payload: batch(500) })
  t.equal(most.json<{ decisions: unknown[] }>().decisions.length, 500)
  const more = await app.inject({ method: 'POST', url: '/v1/decisions/batch', payload: batch(501) })
  t.equal(more.statusCode, 400)
})

test('a recorded decision and its explanation are found by id, the explanation by pages of at most 200', async t => {
  const { app } = serve(t)
  t.equal((await app.inject('/v1/decisions/0199')).body, ANSWER)
  t.equal((await app.inject('/v1/decisions/none')).statusCode, 404)
  const url = '/v1/decisions/0199/explanation'
  t.same((await app.inject(url)).json(), { id: '0199', from: 0, limit: 200 })
  t.same((await app.inject(`${url}?from=200&limit=50`)).json(), {
    id: '0199',
    from: 200,
    limit: 50
  })
  for (const query of ['limit=201', 'limit=0', 'from=-1', 'from=x', 'page=2', 'from=1&from=2']) {
    t.equal((await app.inject(`${url}?${query}`)).statusCode, 400, query)
  }
})

test('a recorded decision is replayed under its own strategy, or under the one in force', async t => {
  const { app } = serve(t)
  const replay = (payload?: object, id = '0199') =>
    app.inject({ method: 'POST', url: `/v1/decisions/${id}/replay`, payload })
  t.match((await replay()).json(), { decisionId: '0199', same: true, strategy: { version: 3 } })
  t.match((await replay({ strategy: 'current' })).json(), { strategy: { version: 4 } })
  t.equal((await replay({ strategy: 'yesterday' })).statusCode, 400)
  t.equal((await replay({ rules: 'current' })).statusCode, 400)
  t.equal((await replay({}, 'none')).statusCode, 404)
})

test('an idempotency key of more than 256 characters or with others than printable ones is refused', async t => {
  const { app } = serve(t)
  for (const key of ['', 'k'.repeat(257), 'käse']) {
    const headers = { 'idempotency-key': key }
    const response = await app.inject({
      method: 'POST',
      url: '/v1/decisions',
      headers,
      payload: REQUEST
    })
    t.equal(response.statusCode, 400, key)
  }
})

test('a store that is away is a 503 that says when to try again', async t => {
  const { app } = serve(t, {
    lookUp: {
      get: async () => {
        throw new StoreUnavailable('redis://secret')
      },
      explanation: async () => ''
    }
  })
  const response = await app.inject('/v1/decisions/0199')
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '1')
  t.equal(response.json<ProblemBody>().code, 'OFFERD_UNAVAILABLE')
  t.notMatch(response.body, /secret/)
})

test('an unexpected error is a 500 that says nothing, and the log says everything under the same id', async t => {
  const { app, calls } = serve(t, {
    async decide() {
      throw new TypeError('secret detail')
    }
  })
  const response = await app.inject({
    method: 'POST',
    url: '/v1/decisions',
    headers: { 'x-request-id': 'r-1' },
    payload: REQUEST
  })
  t.equal(response.statusCode, 500)
  t.equal(response.json<ProblemBody>().instance, 'urn:offerd:request:r-1')
  t.notMatch(response.body, /secret|stack/)
  t.match(calls.log[0], {
    level: 50,
    requestId: 'r-1',
    route: '/v1/decisions',
    err: { message: 'secret detail' }
  })
})
