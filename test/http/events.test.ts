import { test } from 'tap'
import { serve } from './stand-ins.js'

const URL = '/v1/events'
const EVENT = { id: 'e-1', type: 'page_view', customer: { id: 'c-1' }, data: { page: '/' } }
const CLOUD = { specversion: '1.0', id: 'e-1', source: 'shop', type: 'click', data: { token: 't' } }

test('one event and a list of events reach the use case as they are', async t => {
  const { app, calls } = serve(t)
  const one = await app.inject({ method: 'POST', url: URL, payload: EVENT })
  const many = await app.inject({ method: 'POST', url: URL, payload: [EVENT, EVENT] })
  t.equal(one.statusCode, 202)
  t.same(one.json(), { accepted: 1, duplicates: 0, rejected: [] })
  t.same(many.json(), { accepted: 2, duplicates: 0, rejected: [] })
  t.same(calls.events[0]![0], [EVENT])
  t.same(calls.events[1]![0], [EVENT, EVENT])
})

test('a beacon of text is read as JSON', async t => {
  const { app, calls } = serve(t)
  const headers = { 'content-type': 'text/plain;charset=UTF-8' }
  const payload = JSON.stringify(EVENT)
  t.equal((await app.inject({ method: 'POST', url: URL, headers, payload })).statusCode, 202)
  t.same(calls.events[0]![0], [EVENT])
})

test('text is read only where browsers send it: events and decisions', async t => {
  const { app } = serve(t)
  const headers = { 'content-type': 'text/plain' }
  const response = await app.inject({
    method: 'POST',
    url: '/v1/customers/merge',
    headers,
    payload: '{}'
  })
  t.equal(response.statusCode, 415)
  t.equal(response.json<{ code: string }>().code, 'OFFERD_UNSUPPORTED_MEDIA_TYPE')
})

test('a CloudEvent is read in structured, batch and binary mode', async t => {
  const { app, calls } = serve(t)
  const post = async (headers: Record<string, string>, payload: unknown) =>
    app.inject({ method: 'POST', url: URL, headers, payload: JSON.stringify(payload) })
  const said = { id: 'e-1', source: 'shop', type: 'click', token: 't' }
  await post({ 'content-type': 'application/cloudevents+json; charset=utf-8' }, CLOUD)
  await post({ 'content-type': 'application/cloudevents-batch+json' }, [CLOUD, CLOUD])
  await post({ 'content-type': 'application/json' }, CLOUD)
  const binary = {
    'ce-specversion': '1.0',
    'ce-id': 'e%2D1',
    'ce-source': 'shop',
    'ce-type': 'click'
  }
  await post({ 'content-type': 'application/json', ...binary }, { token: 't' })
  t.same(
    calls.events.map(([events]) => events),
    [[said], [said, said], [said], [said]]
  )
})

test('a CloudEvent in binary mode may come without data', async t => {
  const { app, calls } = serve(t)
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-source': 's',
    'ce-type': 'page_view',
    'ce-subject': 'crm/c-1'
  }
  t.equal((await app.inject({ method: 'POST', url: URL, headers })).statusCode, 202)
  t.same(calls.events[0]![0], [
    { id: '1', source: 's', type: 'page_view', customer: { namespace: 'crm', id: 'c-1' } }
  ])
})

for (const [what, type, payload, pointer] of [
  ['a number', 'application/json', '7', ''],
  ['an event without a type', 'application/json', '{}', ''],
  ['a list with something else', 'application/json', '[{"type":"click"},3]', '/1'],
  ['an envelope without a version', 'application/cloudevents+json', '{"type":"click"}', ''],
  [
    'a batch with an envelope of another version',
    'application/cloudevents-batch+json',
    '[{"specversion":"0.3"}]',
    '/0'
  ]
] as const) {
  test(`${what} is no event, and nothing is written`, async t => {
    const { app, calls } = serve(t)
    const response = await app.inject({
      method: 'POST',
      url: URL,
      headers: { 'content-type': type },
      payload
    })
    t.equal(response.statusCode, 400)
    t.match(response.json(), { code: 'OFFERD_INVALID', errors: [{ pointer }] })
    t.equal(calls.events.length, 0)
  })
}

test('no events and more than 1,000 events are refused', async t => {
  const { app } = serve(t)
  for (const count of [0, 1001]) {
    const payload = Array.from({ length: count }, () => EVENT)
    t.equal((await app.inject({ method: 'POST', url: URL, payload })).statusCode, 400)
  }
  const payload = Array.from({ length: 1000 }, () => EVENT)
  t.equal((await app.inject({ method: 'POST', url: URL, payload })).statusCode, 202)
})

test('a lone event that is rejected is a 422, one of a list is told in the receipt', async t => {
  const rejected = [{ index: 0, code: 'unknown_type', detail: 'there is no event type "x"' }]
  const { app } = serve(t, { recordEvents: async () => ({ accepted: 0, duplicates: 0, rejected }) })
  const lone = await app.inject({ method: 'POST', url: URL, payload: EVENT })
  t.equal(lone.statusCode, 422)
  t.match(lone.headers['content-type'], /^application\/problem\+json/)
  t.match(lone.json(), { code: 'OFFERD_NOT_ALLOWED', detail: rejected[0]!.detail, rejected })
  const listed = await app.inject({ method: 'POST', url: URL, payload: [EVENT] })
  t.equal(listed.statusCode, 202)
  t.same(listed.json(), { accepted: 0, duplicates: 0, rejected })
})
