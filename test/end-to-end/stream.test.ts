import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'tap'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'
import { openStream, type Said, type Stream } from '../helpers/stream.js'

/** Gold is the best until its customer has seen it once or rejected it. */
const RULES = rulesWith({
  offers: [
    offerYaml('gold', { value: 3, suitability: 'seen("reject", "same", "30d") == 0' }),
    offerYaml('silver', { value: 2, purposes: ['marketing'] }),
    offerYaml('bronze', { value: 1 })
  ].join('\n')
})
const FILES = { 'rules/all.yaml': RULES, 'models/.keep': '' }
const PATIENT = { timeoutMs: 10_000 }

const HERO = { channel: 'web', placements: [{ id: 'home_hero' }], options: PATIENT }
const AGENT = { channel: 'call_center', placements: [{ id: 'agent' }], options: PATIENT }

interface Placed {
  readonly placements: ReadonlyArray<{
    readonly offers: ReadonlyArray<{ readonly offerId: string; readonly token: string }>
  }>
}

function offersOf(said: Said): string[] {
  const { placements } = said as unknown as Placed
  return placements.flatMap(({ offers }) => offers.map(({ offerId }) => offerId))
}

function tokenOf(said: Said): string {
  return (said as unknown as Placed).placements[0]!.offers[0]!.token
}

async function put(service: RunningService, id: string, body: object): Promise<void> {
  const response = await fetch(`${service.url}/v1/customers/crm/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  })
  if (!response.ok) throw new Error(await response.text())
}

async function tell(service: RunningService, event: object): Promise<void> {
  const response = await service.post('/v1/events', event)
  if (response.status !== 202) throw new Error(await response.text())
}

/** Asks something whose answer comes after everything that was said before. */
async function nothingMore(stream: Stream): Promise<boolean> {
  await new Promise(resolve => setTimeout(resolve, 150))
  return stream.waiting() === 0
}

test('a stream decides, takes events, and says what is wrong without closing', async t => {
  const service = await startService(t, { files: FILES, env: { PATH: '' } })
  const stream = await openStream(t, service.url)
  stream.say({ type: 'decide', ref: 'a', customer: { id: 'c-1' }, ...HERO })
  const decision = await stream.next()
  t.match(decision, { type: 'decision', ref: 'a', customer: { id: 'c-1', namespace: 'crm' } })
  t.same(offersOf(decision), ['gold'])

  const reject = { id: 'r-1', type: 'reject', token: tokenOf(decision) }
  stream.say({ type: 'event', ref: 'b', event: reject })
  t.same(await stream.next(), { type: 'ack', ref: 'b', accepted: 1, duplicates: 0, rejected: [] })
  stream.say({ type: 'event', events: [reject, { type: 'nonsense' }] })
  t.match(await stream.next(), { type: 'ack', duplicates: 1, rejected: [{ index: 1 }] })
  stream.say({ type: 'decide', customer: { id: 'c-1' }, ...HERO })
  const [second = ''] = offersOf(await stream.next())
  t.equal(second, 'bronze', 'what the stream told is seen by its next decision')

  const wrong: ReadonlyArray<readonly [message: object | string, ref: string | undefined]> = [
    ['{', undefined],
    ['[]', undefined],
    [{ ref: 'c' }, 'c'],
    [{ type: 'decide', ref: 'd', customer: { id: 'c-1' } }, 'd'],
    [{ type: 'decide', ref: 'e', customer: { id: 'c-1' }, ...HERO, channel: 'moon' }, 'e'],
    [{ type: 'subscribe', customer: { id: 'c-1' }, ...HERO }, undefined],
    [{ type: 'event', ref: 'f' }, 'f'],
    [{ type: 'unsubscribe', ref: 'g' }, 'g']
  ]
  for (const [message, ref] of wrong) {
    stream.say(message)
    const said = await stream.next()
    t.equal(said.type, 'error', JSON.stringify(message))
    t.equal(said.ref, ref)
    t.match(said['problem'], { status: Number, code: /^OFFERD_/, detail: String })
  }
  stream.socket.send(Buffer.from('{}'))
  t.match(await stream.next(), { type: 'error', problem: { detail: /binary/ } })
  stream.say({ type: 'decide', ref: 'h', customer: { id: 'c-1' }, ...HERO })
  t.match(await stream.next(), { type: 'decision', ref: 'h' }, 'the stream is still open')
  stream.say(`{"type":"decide","page":"${'x'.repeat(70_000)}"}`)
  const [code] = (await once(stream.socket, 'close')) as [number]
  t.equal(code, 1009, 'only what is too large to be read closes it')
})

test('what is told anywhere of a customer changes the answer that an agent sees', {
  skip: redisMissing
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const [here, there] = await Promise.all([
    startService(t, { files: FILES, redisUrl }),
    startService(t, { files: FILES, redisUrl })
  ])
  const stream = await openStream(t, here.url)
  stream.say({ type: 'subscribe', ref: 's', customer: { id: 'c-1' }, ...HERO })
  const first = await stream.next()
  t.match(first, { type: 'decision', ref: 's' })
  t.same(offersOf(first), ['gold'])

  const reject = { type: 'reject', customer: { id: 'c-1' }, offerId: 'gold', channel: 'web' }
  await tell(there, { id: 'v-1', type: 'page_view', customer: { id: 'c-1' } })
  t.ok(await nothingMore(stream), 'what changes nothing is not said')
  await tell(there, { ...reject, id: 'r-1' })
  const second = await stream.next()
  t.match(second, { type: 'decision', ref: 's' })
  t.same(offersOf(second), ['bronze'])
  t.not(second['decisionId'], first['decisionId'])

  await put(there, 'c-1', {
    consent: { marketing: { granted: true, time: '2026-01-01T00:00:00Z', source: 'branch' } }
  })
  t.same(offersOf(await stream.next()), ['silver'], 'consent counts as soon as it is given')
  await put(there, 'c-1', {})
  t.same(offersOf(await stream.next()), ['bronze'], 'and as soon as it is taken back')

  stream.say({ type: 'unsubscribe', ref: 's' })
  t.same(await stream.next(), { type: 'ack', ref: 's' })
  await put(there, 'c-1', { consent: { marketing: { granted: true } } })
  t.ok(await nothingMore(stream), 'who no longer waits hears nothing')
})

test('a customer is followed under all keys, also those that come later', {
  skip: redisMissing
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const service = await startService(t, { files: FILES, redisUrl })
  const stream = await openStream(t, service.url)
  stream.say({ type: 'subscribe', ref: 's', customer: { id: 'c-1' }, ...HERO })
  t.same(offersOf(await stream.next()), ['gold'])
  const cookie = { id: 'k-1', namespace: 'cookie' }
  const merged = await service.post('/v1/customers/merge', { from: cookie, into: { id: 'c-1' } })
  t.equal(merged.status, 200, await merged.text())
  t.ok(await nothingMore(stream))
  const event = { id: 'r', type: 'reject', offerId: 'gold', channel: 'web', customer: cookie }
  await tell(service, event)
  t.same(offersOf(await stream.next()), ['bronze'])
})

test('a stream that broke off goes on from the answer that its client has', {
  skip: redisMissing
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const [one, other] = await Promise.all([
    startService(t, { files: FILES, redisUrl }),
    startService(t, { files: FILES, redisUrl })
  ])
  const before = await openStream(t, one.url)
  const subscribe = { type: 'subscribe', ref: 's', customer: { id: 'c-1' }, ...HERO }
  before.say(subscribe)
  const first = await before.next()
  await before.close()
  await new Promise(resolve => setTimeout(resolve, 500))

  const after = await openStream(t, other.url)
  after.say({ ...subscribe, last: first['decisionId'] })
  t.same(await after.next(), first, 'the same answer, tokens and all')
  await after.close()
  await tell(one, {
    id: 'r-1',
    type: 'reject',
    customer: { id: 'c-1' },
    offerId: 'gold',
    channel: 'web'
  })
  const late = await openStream(t, one.url)
  late.say({ ...subscribe, last: first['decisionId'] })
  t.same(await late.next(), first)
  t.same(offersOf(await late.next()), ['bronze'], 'what happened in between comes at once')
  late.say({ ...subscribe, ref: 'other', customer: { id: 'c-2' }, last: first['decisionId'] })
  const [theirs] = [await late.next()]
  t.match(
    theirs,
    { ref: 'other', customer: { id: 'c-2' } },
    "another customer's answer is no start"
  )
})

test('where the answer is the impression, an offer that stays is counted once', {
  skip: redisMissing
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const service = await startService(t, { files: FILES, redisUrl })
  const stream = await openStream(t, service.url)
  stream.say({ type: 'subscribe', ref: 's', customer: { id: 'c-1' }, ...AGENT })
  t.same(offersOf(await stream.next()), ['gold', 'bronze'])
  await put(service, 'c-1', { consent: { marketing: { granted: true } } })
  t.same(offersOf(await stream.next()), ['gold', 'silver'])
  t.ok(await nothingMore(stream), 'what a renewed answer counts makes no other')
  const { history } = (await (await service.get('/v1/customers/crm/c-1/history')).json()) as {
    history: ReadonlyArray<{ type: string; offerId: string }>
  }
  t.same(history.map(({ type, offerId }) => `${type} ${offerId}`).sort(), [
    'impression bronze',
    'impression gold',
    'impression silver'
  ])
})

test('a renewed answer is recorded with what it went on from, so that it can be decided again', {
  skip: redisMissing
}, async t => {
  const { url: redisUrl } = await startRedis(t)
  const quotas = [{ limit: 100, window: 'day', counts: 'impression', strict: true }]
  const rules = rulesWith({
    offers: ['gold', 'silver', 'bronze', 'iron']
      .map(id => offerYaml(id, { suitability: 'seen("reject", "same", "30d") == 0', quotas }))
      .join('\n'),
    rest: `arbitration: {exploration: {method: epsilon, share: 1}}
contactPolicies: [{id: often, counts: [impression], scope: offer, limit: 2, window: 7d, strict: true}]`
  })
  const files = { 'rules/all.yaml': rules, 'models/.keep': '' }
  const service = await startService(t, { files, redisUrl })
  const stream = await openStream(t, service.url)
  stream.say({ type: 'subscribe', ref: 's', customer: { id: 'c-1' }, ...AGENT })
  let answer = await stream.next()
  for (let i = 0; i < 2; i++) {
    const [offerId] = offersOf(answer)
    await tell(service, { id: `r-${i}`, type: 'reject', customer: { id: 'c-1' }, offerId })
    answer = await stream.next()
    const replay = await service.post(`/v1/decisions/${String(answer['decisionId'])}/replay`, {})
    t.match(await replay.json(), { same: true })
  }
})

test('a stream asks for a key as every route does, and browsers give it as a protocol', async t => {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const origin = 'https://shop.example'
  const keys = `keys:
  - {id: agent, sha256: ${sha256('agent')}, scopes: [decide, events]}
  - {id: reader, sha256: ${sha256('reader')}, scopes: [decide]}
  - {id: page, sha256: ${sha256('page')}, scopes: [decide], publishable: true, namespaces: [crm], channels: [web], origins: ['${origin}']}
`
  const files = { ...FILES, 'keys.yaml': keys }
  const env = (dir: string) => ({ PATH: '', OFFERD_KEYS: join(dir, 'keys.yaml') })
  const service = await startService(t, { files, env })
  const asKey = (key: string) => ['offerd', `offerd.key.${key}`]
  const agent = await openStream(t, service.url, { protocols: asKey('agent') })
  t.equal(agent.socket.protocol, 'offerd', 'the key is not sent back')
  agent.say({ type: 'event', event: { id: '1', type: 'page_view', customer: { id: 'c-1' } } })
  t.match(await agent.next(), { type: 'ack', accepted: 1 })
  const reader = await openStream(t, service.url, { headers: { authorization: 'Bearer reader' } })
  reader.say({ type: 'event', event: { id: '2', type: 'page_view', customer: { id: 'c-1' } } })
  t.match(await reader.next(), { type: 'error', problem: { status: 403 } })
  const page = await openStream(t, service.url, { protocols: asKey('page'), origin })
  page.say({ type: 'decide', customer: { id: 'c-1' }, ...HERO, options: {} })
  const { placements } = (await page.next()) as unknown as Placed
  t.notHas(placements[0]?.offers[0], { priority: Number }, 'a page sees no figures')

  const refused: ReadonlyArray<readonly [Parameters<typeof openStream>[2], number]> = [
    [{}, 401],
    [{ protocols: asKey('wrong') }, 401],
    [{ protocols: asKey('page') }, 403],
    [{ protocols: asKey('page'), origin: 'null' }, 403],
    [{ protocols: asKey('page'), origin: 'https://evil-shop.example' }, 403],
    [{ protocols: asKey('page'), origin: `${origin}:8443` }, 403]
  ]
  for (const [options, status] of refused)
    await t.rejects(openStream(t, service.url, options), new RegExp(`${status}`))
})

test('without keys a page of another site opens no stream', async t => {
  const service = await startService(t, { files: FILES, env: { PATH: '' } })
  await t.rejects(openStream(t, service.url, { origin: 'https://evil.example' }), /403/)
  const own = await openStream(t, service.url, { origin: service.url })
  own.say({ type: 'decide', customer: { id: 'c-1' }, ...HERO })
  t.match(await own.next(), { type: 'decision' })
})
