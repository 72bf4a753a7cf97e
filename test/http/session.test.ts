import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { test } from 'tap'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import type { TokenSecret } from '../../src/decisioning/tokens.js'
import { createKeyRing } from '../../src/http/keys.js'
import { openStream } from '../helpers/stream.js'
import { NOW_MS, serve, type Served } from './stand-ins.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const ORIGIN = 'https://shop.example'
const PAGE = {
  id: 'page',
  sha256: sha256('page'),
  scopes: ['decide'],
  publishable: true,
  namespaces: ['crm'],
  channels: ['web'],
  origins: [ORIGIN]
}
const ANNA = { id: 'anna', sha256: sha256('anna'), role: 'agent' }
const ringOf = (...keys: object[]) => createKeyRing({ keys }, () => 0)
const RING = ringOf(ANNA, PAGE)

/** Origins that are not the page's, however near. */
const NEAR = [
  'null',
  'https://evil-shop.example',
  'https://shop.example.evil',
  'https://x.shop.example',
  'https://shop.example:8443',
  'http://shop.example',
  'https://SHOP.example',
  'https://shop.example/'
]

async function signIn({ app }: Served, key = 'anna'): Promise<string> {
  const response = await app.inject({ method: 'POST', url: '/v1/session', headers: bearer(key) })
  return String(response.headers['set-cookie']).split(';')[0]!
}

const SAME = { 'sec-fetch-site': 'same-origin' }

async function statusOf(
  { app }: Served,
  cookie: string,
  headers: Readonly<Record<string, string>> = SAME,
  method: 'GET' | 'POST' = 'GET'
): Promise<number> {
  const url = method === 'GET' ? '/v1/words' : '/v1/events'
  const payload = method === 'GET' ? {} : { payload: { type: 'page_view' } }
  return (await app.inject({ method, url, headers: { ...headers, cookie }, ...payload })).statusCode
}

test('a browser is signed in with a cookie that no script and no other site gets hold of', async t => {
  const served = serve(t, { keys: RING })
  const response = await served.app.inject({
    method: 'POST',
    url: '/v1/session',
    headers: bearer('anna')
  })
  const cookie = String(response.headers['set-cookie'])
  t.match(
    cookie,
    /^__Host-offerd=[\w.-]+; Max-Age=28800; Path=\/; Secure; HttpOnly; SameSite=Strict$/
  )
  t.notMatch(Buffer.from(cookie, 'base64url').toString(), sha256('anna'))
  t.match(response.json(), { key: 'anna', until: '2026-03-01T18:00:00.000Z' })
  const session = await served.app.inject({
    url: '/v1/session',
    headers: { cookie: `other=1; ${cookie.split(';')[0]!}; last=2`, ...SAME }
  })
  t.same(session.json(), response.json())
  t.equal(await statusOf(served, await signIn(served)), 200)
  t.equal(await statusOf(served, await signIn(served), SAME, 'POST'), 202)
  const strategy = { url: '/v1/strategy', headers: { cookie: await signIn(served), ...SAME } }
  t.equal((await served.app.inject(strategy)).statusCode, 403, 'it may do no more than its key')
  const out = await served.app.inject({ method: 'DELETE', url: '/v1/session' })
  t.match(out.headers['set-cookie'], /^__Host-offerd=; Max-Age=0; Path=\/; Secure; HttpOnly/)
})

test('only the key itself signs in', async t => {
  const served = serve(t, { keys: RING })
  const cookie = await signIn(served)
  const ask = async (headers: Record<string, string>) =>
    (await served.app.inject({ method: 'POST', url: '/v1/session', headers })).statusCode
  t.equal(await ask({ cookie, ...SAME }), 401, 'a session does not renew itself')
  t.equal(await ask(bearer('nobody')), 401)
  t.equal(await ask(bearer('page')), 403, 'nor does a publishable key')
  const open = await serve(t).app.inject({ method: 'POST', url: '/v1/session' })
  t.match(open.json(), { key: 'client', until: null }, 'without keys nobody needs to')
  t.notOk('set-cookie' in open.headers)
})

test('a session serves pages of its own origin, and requests that other pages cause are refused', async t => {
  const served = serve(t, { keys: RING })
  const cookie = await signIn(served)
  for (const method of ['GET', 'POST'] as const) {
    const good = method === 'GET' ? 200 : 202
    for (const site of ['cross-site', 'same-site', ''])
      t.equal(await statusOf(served, cookie, { 'sec-fetch-site': site }, method), 403, site)
    // A browser that does not say from where names the origin, and the host is this one.
    const host = 'shop.example'
    t.equal(await statusOf(served, cookie, { host, origin: ORIGIN }, method), good)
    t.equal(await statusOf(served, cookie, { host }, method), 403, 'none')
    for (const origin of NEAR.filter(each => each !== 'http://shop.example'))
      t.equal(await statusOf(served, cookie, { host, origin }, method), 403, origin)
  }
  t.equal(await statusOf(served, cookie, { 'sec-fetch-site': 'none' }), 200, 'a typed address')
  t.equal(await statusOf(served, cookie, { 'sec-fetch-site': 'none' }, 'POST'), 403)
})

test('a session with a flipped bit, cut short or drawn out is none', async t => {
  const served = serve(t, { keys: RING })
  const cookie = await signIn(served)
  const head = '__Host-offerd='.length
  let taken = 0
  for (let at = head; at < cookie.length; at++)
    for (let bit = 0; bit < 7; bit++) {
      const flipped = String.fromCharCode(cookie.charCodeAt(at) ^ (1 << bit))
      // What ends a cookie leaves another one, which is refused as well, or is no header.
      if (!/[!-~]/.test(flipped)) continue
      const forged = cookie.slice(0, at) + flipped + cookie.slice(at + 1)
      if ((await statusOf(served, forged)) !== 401) taken++
    }
  t.equal(taken, 0)
  t.equal(await statusOf(served, cookie.slice(0, -1)), 401)
  t.equal(await statusOf(served, `${cookie}A`), 401)
  t.equal(await statusOf(served, '__Host-offerd='), 401)
  t.equal(await statusOf(served, `x${cookie}`), 401)
})

test('a session ends with its time, with its key, and with a leaked secret', async t => {
  let nowMs = NOW_MS
  let secrets: readonly TokenSecret[] = [
    { secret: 'the first secret', signsFromMs: 0, opensUntilMs: Infinity }
  ]
  const parts = { nowMs: () => nowMs, secrets: () => secrets }
  const served = serve(t, { ...parts, keys: RING })
  const cookie = await signIn(served)
  t.equal(await statusOf(serve(t, { ...parts, keys: RING }), cookie), 200, 'at any process')
  t.equal(await statusOf(serve(t, { ...parts, keys: ringOf(PAGE) }), cookie), 401, 'key gone')
  const renewed = ringOf({ ...ANNA, sha256: sha256('another') })
  t.equal(await statusOf(serve(t, { ...parts, keys: renewed }), cookie), 401, 'key replaced')
  const old = { ...secrets[0]!, opensUntilMs: NOW_MS + 10 }
  secrets = [{ secret: 'the second secret', signsFromMs: NOW_MS + 5, opensUntilMs: Infinity }, old]
  t.equal(await statusOf(served, cookie), 200)
  nowMs += 11
  t.equal(await statusOf(served, cookie), 401, 'its secret has leaked')
  const fresh = await signIn(served)
  nowMs += 8 * 3_600_000
  t.equal(await statusOf(served, fresh), 200)
  nowMs += 1
  t.equal(await statusOf(served, fresh), 401, 'eight hours are over')
})

interface Ticketing {
  readonly url: string
  /** A ticket for a page of this origin. */
  ticket(headers: Readonly<Record<string, string>>): Promise<string>
  /** Offers a ticket from this origin, and answers 101 or what was answered instead. */
  open(ticket: string, origin?: string): Promise<number>
}

async function listen(t: Test, changes: Parameters<typeof serve>[1] = {}): Promise<Ticketing> {
  const { app } = serve(t, { keys: RING, ...changes })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    async ticket(headers) {
      const response = await fetch(`${url}/v1/stream/tickets`, { method: 'POST', headers })
      return ((await response.json()) as { ticket: string }).ticket
    },
    open: (ticket, origin) => upgraded(t, url, [`offerd.ticket.${ticket}`], origin)
  }
}

async function upgraded(
  t: Test,
  url: string,
  protocols: readonly string[],
  origin?: string,
  headers: Readonly<Record<string, string>> = {}
): Promise<number> {
  try {
    const options = { protocols: ['offerd', ...protocols], headers }
    const stream = await openStream(t, url, origin === undefined ? options : { ...options, origin })
    t.equal(stream.socket.protocol, 'offerd', 'what was presented is not sent back')
    await stream.close()
    return 101
  } catch (error) {
    return Number(/response: (\d+)/.exec(String(error))?.[1])
  }
}

test('a ticket opens one stream, from the origin that asked for it and no other', async t => {
  const { ticket, open } = await listen(t)
  for (const key of ['page', 'anna']) {
    const first = await ticket({ ...bearer(key), origin: ORIGIN })
    for (const origin of NEAR) t.equal(await open(first, origin), 403, origin)
    t.equal(await open(first), 403, 'none')
    t.equal(await open(first, ORIGIN), 101)
    t.equal(await open(first, ORIGIN), 401, 'twice')
  }
  const server = await ticket(bearer('anna'))
  t.equal(await open(server, ORIGIN), 403, 'one of no page')
  t.equal(await open(server), 101)
  t.equal(await open('none', ORIGIN), 401)
})

test('a publishable key opens streams from its exact origin only, and none without an origin', async t => {
  const { url } = await listen(t)
  const open = (origin?: string) => upgraded(t, url, ['offerd.key.page'], origin)
  t.equal(await open(ORIGIN), 101)
  t.equal(await open(), 403)
  for (const origin of NEAR) t.equal(await open(origin), 403, origin)
})

test('a ticket is taken once over all processes, and is over after a minute', async t => {
  let nowMs = NOW_MS
  const claims = createMemoryStore().documents
  const shared = { claims, nowMs: () => nowMs }
  const [one, other] = [await listen(t, shared), await listen(t, shared)]
  const ticket = await one.ticket(bearer('anna'))
  const statuses = await Promise.all([one.open(ticket), other.open(ticket), one.open(ticket)])
  t.same(statuses.sort(), [101, 401, 401])
  const late = await one.ticket(bearer('anna'))
  nowMs += 60_001
  t.equal(await other.open(late), 401)
})

test('tickets and sessions do not stand for each other, and neither for a key elsewhere', async t => {
  const served = serve(t, { keys: RING })
  const session = (await signIn(served)).slice('__Host-offerd='.length)
  const url = await served.app.listen({ port: 0, host: '127.0.0.1' })
  const cookie = `__Host-offerd=${session}`
  const response = await fetch(`${url}/v1/stream/tickets`, {
    method: 'POST',
    headers: { cookie, ...SAME }
  })
  const { ticket } = (await response.json()) as { ticket: string }
  t.equal(await statusOf(served, `__Host-offerd=${ticket}`), 401)
  t.equal(await upgraded(t, url, [`offerd.ticket.${session}`]), 401)
  t.equal(await upgraded(t, url, [], undefined, { cookie, ...SAME }), 401, 'a cookie opens none')
  const words = {
    url: '/v1/words',
    headers: { 'sec-websocket-protocol': `offerd.ticket.${ticket}` }
  }
  t.equal((await served.app.inject(words)).statusCode, 401)
  t.equal(await upgraded(t, url, [`offerd.ticket.${ticket}`]), 101)
})
