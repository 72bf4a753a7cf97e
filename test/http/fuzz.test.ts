import { createHash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import type { InjectOptions } from 'fastify'
import { test } from 'tap'
import { createKeyRing } from '../../src/http/keys.js'
import { bodyFrom } from './fuzz-bodies.js'
import { serveForReal } from './real-parts.js'

const RUNS = Number(process.env['OFFERD_FUZZ_RUNS'] ?? 2000)

const CUSTOMER = { id: 'c-1001', namespace: 'crm' }
const REQUEST = {
  customer: CUSTOMER,
  channel: 'web',
  placements: [{ id: 'home_hero', count: 1, filter: { group: ['cards'], tag: ['finance'] } }],
  context: { device: 'mobile' },
  attributes: {
    age: 41,
    balance: 12.5,
    job: 'admin',
    since: '2026-01-01T00:00:00Z',
    products: ['a']
  },
  events: [{ type: 'cart_add', value: 9.5, data: { page: '/' } }],
  exclude: ['gold-card'],
  language: 'de-AT',
  options: {
    timeoutMs: 100,
    explain: 'full',
    mode: 'test',
    activate: 'on_decision',
    seed: 's',
    at: '2026-01-01T00:00:00Z'
  }
}
const EVENT = {
  id: 'e-1',
  source: 's',
  type: 'cart_add',
  time: '2026-01-01T00:00:00Z',
  customer: CUSTOMER,
  channel: 'web',
  value: 2,
  data: {}
}
const INTERACTION = {
  type: 'later',
  customer: CUSTOMER,
  offerId: 'gold-card',
  channel: 'web',
  placement: 'home_hero',
  until: '2027-01-01T00:00:00Z'
}
const CLOUD = {
  specversion: '1.0',
  id: '1',
  source: 's',
  type: 'com.example.offerd.click',
  subject: 'crm/c-1001',
  data: { offerId: 'gold-card' }
}
const PROFILE = {
  attributes: { age: 41 },
  tags: ['finance/credit'],
  consent: { marketing: { granted: true, time: '2026-01-01T00:00:00Z', source: 'branch' } }
}

/** Routes with bodies that are right, from which wrong ones are made. */
const ROUTES: ReadonlyArray<
  readonly [method: NonNullable<InjectOptions['method']>, path: string, bodies: readonly unknown[]]
> = [
  ['POST', '/v1/decisions', [REQUEST, { ...REQUEST, options: {} }]],
  ['POST', '/v1/decisions/batch', [{ requests: [REQUEST, REQUEST] }]],
  ['GET', '/v1/decisions/@', [undefined]],
  ['GET', '/v1/decisions/@/explanation', [undefined]],
  ['POST', '/v1/decisions/@/replay', [{ strategy: 'current' }]],
  [
    'POST',
    '/v1/events',
    [EVENT, [EVENT, INTERACTION], CLOUD, [CLOUD, CLOUD], { type: 'click', token: 'AAAA' }]
  ],
  ['GET', '/v1/customers/@/@', [undefined]],
  ['PUT', '/v1/customers/crm/@', [PROFILE]],
  ['PATCH', '/v1/customers/@/c-1001', [PROFILE, { attributes: { age: null }, tags: null }]],
  ['DELETE', '/v1/customers/@/@', [undefined]],
  ['PUT', '/v1/customers/crm/c-1001/consent', [PROFILE.consent]],
  ['GET', '/v1/customers/crm/@/history', [undefined]],
  ['GET', '/v1/customers/crm/@/limits', [undefined]],
  ['GET', '/v1/customers/crm/@/export', [undefined]],
  ['POST', '/v1/customers/import', [{ ...CUSTOMER, ...PROFILE }]],
  ['GET', '/v1/strategy', [undefined]],
  ['GET', '/v1/experiments', [undefined]],
  ['GET', '/v1/learning', [undefined]],
  ['GET', '/v1/learning/offers/@', [undefined]],
  ['GET', '/v1/learning/report', [undefined]],
  ['GET', '/v1/what-if', [undefined]],
  [
    'POST',
    '/v1/what-if',
    [{ request: REQUEST, changes: { attributes: { age: null }, context: {}, levers: {} } }]
  ],
  ['POST', '/v1/strategy/reload', [undefined]],
  ['POST', '/v1/strategy/validate', [undefined]],
  ['GET', '/metrics', [undefined]],
  ['GET', '/openapi.json', [undefined]],
  ['GET', '/docs', [undefined]],
  ['OPTIONS', '/v1/events', [undefined]],
  ['GET', '/@/@', [undefined]]
]

const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/merge-patch+json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'application/x-ndjson',
  'text/plain',
  'multipart/form-data; boundary=x',
  'nonsense',
  ''
]
const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)),
  maxLength: 300
})
const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  fc.constantFrom(...TYPES)
)
const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const moreHeaders = fc.record(
  {
    'idempotency-key': fc.oneof(fc.constantFrom('a', 'b'), printable),
    'x-request-id': printable,
    traceparent: fc.oneof(fc.constant(trace), printable),
    origin: fc.constantFrom('null', 'https://evil.example', 'http://localhost:80'),
    authorization: fc.oneof(fc.constantFrom('Bearer all', 'Bearer page'), printable),
    'ce-specversion': fc.constant('1.0'),
    'ce-id': printable,
    'ce-type': fc.constantFrom('click', 'page_view', '%', '%zz'),
    ['__proto__']: printable
  },
  { requiredKeys: [] }
)
const headers = fc
  .tuple(contentType, fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, moreHeaders))
  .map(([type, more]) => ({ 'content-type': type, ...more }))
const segment = fc.oneof(
  fc.constantFrom('crm', 'c-1001', '%', '%00', '%E0%A4%A', '..', '%2F', '__proto__'),
  fc.string({ unit: 'grapheme', maxLength: 90 }).map(encodeURIComponent)
)
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.constantFrom(
    '?limit=5',
    '?from=-1&limit=x',
    '?key=page',
    '?key=%',
    '?__proto__=1',
    '?limit=1&limit=2'
  ),
  fc.webQueryParameters().map(text => `?${text}`)
)

const asked: fc.Arbitrary<InjectOptions> = fc
  .constantFrom(...ROUTES)
  .chain(([method, path, bodies]) =>
    fc
      .tuple(
        fc.constantFrom(...bodies).chain(bodyFrom),
        headers,
        fc.array(segment, { minLength: 2, maxLength: 2 }),
        query
      )
      .map(([payload, sent, segments, search]) => ({
        method,
        url: [...segments].reduce((url, each) => url.replace('@', () => each), path) + search,
        headers: path.endsWith('import')
          ? { ...sent, 'content-type': 'application/x-ndjson' }
          : sent,
        ...(payload === undefined || method === 'GET' ? {} : { payload })
      }))
  )

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What is in use after everything that can go has gone. */
function heapMegabytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1e6
}

test(`none of ${RUNS} requests makes the service fail, and it serves the next one`, {
  timeout: 60_000 + RUNS * 20
}, async t => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const scopes = ['decide', 'events', 'customers', 'admin']
  const page = {
    id: 'page',
    sha256: sha256('page'),
    scopes: ['decide', 'events'],
    publishable: true,
    namespaces: ['crm'],
    channels: ['web'],
    origins: ['https://shop.example']
  }
  const keys = createKeyRing(
    { keys: [{ id: 'all', sha256: sha256('all'), scopes }, page] },
    () => 0
  )
  const [open, keyed] = [serveForReal(t), serveForReal(t, { keys })]
  const statuses = new Map<number, number>()
  let count = 0
  let warmMegabytes = 0
  await fc.assert(
    fc.asyncProperty(asked, fc.nat(9), async (request, dice) => {
      const response = await (dice < 2 ? keyed : open).inject(request)
      const { statusCode, body } = response
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
      if (statusCode >= 500) throw new Error(`${statusCode}: ${body}`)
      if (statusCode >= 400 && request.method !== 'HEAD') {
        if (!String(response.headers['content-type']).startsWith('application/problem+json'))
          throw new Error(`no problem: ${body}`)
        if (response.json<{ status: number }>().status !== statusCode)
          throw new Error(`another status: ${body}`)
      }
      if (/node_modules|\.ts:\d|\\n +at /.test(body)) throw new Error(`a stack: ${body}`)
      if (++count === Math.floor(RUNS / 4)) warmMegabytes = heapMegabytes()
      if (count % 20 === 0) {
        const payload = { customer: CUSTOMER, channel: 'web', placements: [{ id: 'home_hero' }] }
        const next = await open.inject({ method: 'POST', url: '/v1/decisions', payload })
        if (next.statusCode !== 200) throw new Error(`the next request: ${next.body}`)
      }
    }),
    { numRuns: RUNS, includeErrorInReport: true }
  )
  const grownMegabytes = heapMegabytes() - warmMegabytes
  t.comment(
    `heap after a quarter ${warmMegabytes.toFixed(1)} MB, at the end ${grownMegabytes.toFixed(1)} MB more`
  )
  // What is left are the customers, events and decisions that the requests stored.
  t.ok(grownMegabytes < 8 + RUNS * 0.004, `the heap grew by ${grownMegabytes.toFixed(1)} MB`)
  t.comment(
    `answers by status: ${JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b)))}`
  )
  t.ok(
    statuses.has(200) && statuses.has(202) && statuses.has(400),
    'right and wrong requests were among them'
  )
})
