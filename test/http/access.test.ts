import { createHash } from 'node:crypto'
import { test } from 'tap'
import { createKeyRing, type KeyRing } from '../../src/http/keys.js'
import { attribute, strategy } from '../helpers/build.js'
import { serveForReal } from './real-parts.js'
import { serve, type Ending } from './stand-ins.js'

/** Who asks: the roles of people, the scopes of systems, and a key that browsers carry. */
const COLUMNS = [
  'agent',
  'marketer',
  'analyst',
  'operator',
  'administrator',
  'auditor',
  'decide',
  'events',
  'customers',
  'admin',
  'page'
] as const
const ROLES: ReadonlySet<string> = new Set(COLUMNS.slice(0, 6))

/**
 * Every route that asks for a key, and who gets in: x, or p where the answer holds personal attributes in the clear. In the order of
 * COLUMNS: people | systems | browsers.
 */
const TABLE: Readonly<Record<string, string>> = {
  'POST /v1/decisions': 'x...x. | x... | x',
  'POST /v1/decisions/batch': '....x. | x... | x',
  'GET /v1/stream': 'x...x. | x... | x',
  'POST /v1/stream/tickets': 'x...x. | x... | x',
  'GET /v1/session': 'xxxxxx | xxxx | .',
  'POST /v1/session': 'xxxxxx | xxxx | .',
  'GET /v1/decisions': 'xxx.xx | x... | .',
  'GET /v1/decisions/{id}': 'xxx.pp | p... | .',
  'GET /v1/decisions/{id}/explanation': 'xxx.xx | x... | .',
  'POST /v1/decisions/{id}/replay': '.xx.xx | x... | .',
  'POST /v1/events': 'x...x. | .x.. | x',
  'GET /v1/customers/{namespace}/{id}': 'x...pp | ..p. | .',
  'PUT /v1/customers/{namespace}/{id}': '....p. | ..p. | .',
  'PATCH /v1/customers/{namespace}/{id}': '....p. | ..p. | .',
  'DELETE /v1/customers/{namespace}/{id}': '....x. | ..x. | .',
  'PUT /v1/customers/{namespace}/{id}/consent': '....x. | ..x. | .',
  'GET /v1/customers/{namespace}/{id}/history': 'x...xx | ..x. | .',
  'GET /v1/customers/{namespace}/{id}/limits': 'x...xx | ..x. | .',
  'GET /v1/customers/{namespace}/{id}/export': '....pp | ..p. | .',
  'POST /v1/customers/import': '....x. | ..x. | .',
  'POST /v1/customers/merge': '....x. | ..x. | .',
  'GET /v1/words': 'xxxxxx | x... | .',
  'GET /v1/strategy': '.xxxxx | ...x | .',
  'GET /v1/strategy/details': '.xxxxx | ...x | .',
  'GET /v1/quotas': '.xxxxx | ...x | .',
  'GET /v1/segments': '.xxxxx | ...x | .',
  'POST /v1/strategy/reload': '...xx. | ...x | .',
  'POST /v1/strategy/validate': '.x.xx. | ...x | .',
  'GET /v1/experiments': '.xxxxx | ...x | .',
  'GET /v1/live': '..xxxx | ...x | .',
  'GET /v1/learning': '.xxxxx | ...x | .',
  'GET /v1/learning/offers/{id}': '.xxxxx | ...x | .',
  'GET /v1/learning/report': '.xxxxx | ...x | .',
  'GET /v1/what-if': '.xxxxx | ...x | .',
  'POST /v1/what-if': '.x..x. | ...x | .',
  'GET /metrics': '..xxxx | ...x | .'
}

/** Routes that ask for no key. */
const OPEN = [
  'GET /livez',
  'DELETE /v1/session',
  'GET /readyz',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/page.js',
  'GET /docs/page.css',
  'GET /demo',
  'GET /demo/page.js',
  'GET /demo/page.css',
  'GET /sdk.js',
  'GET /sdk.umd.js',
  'GET /favicon.ico',
  'GET /console',
  'GET /console/{screen}',
  'GET /console/assets/{file}'
]

/** About whom a route is asked in its body. */
const CUSTOMER = { id: 'c-1', namespace: 'crm' }
const DECIDE = { customer: CUSTOMER, channel: 'web', placements: [{ id: 'home_hero' }] }
/** Personal, and found nowhere but where it is told. */
const CANARY = '+49 170 5550123'
const STORED = { attributes: { phone: CANARY } }

const BODIES: Readonly<Record<string, unknown>> = {
  'POST /v1/decisions': DECIDE,
  'POST /v1/decisions/batch': { requests: [DECIDE] },
  'POST /v1/decisions/{id}/replay': {},
  'POST /v1/events': { type: 'page_view', customer: CUSTOMER },
  'PUT /v1/customers/{namespace}/{id}': STORED,
  'PATCH /v1/customers/{namespace}/{id}': { tags: [] },
  'PUT /v1/customers/{namespace}/{id}/consent': {},
  'POST /v1/customers/merge': { from: CUSTOMER, into: { ...CUSTOMER, id: 'c-2' } },
  'POST /v1/what-if': { request: DECIDE, changes: { attributes: { phone: CANARY } } }
}

/** Routes about one customer, by address, body or decision; keys bound to other namespaces are refused there. */
const OBJECTS = Object.keys(TABLE).filter(
  route =>
    /\{namespace\}|merge|what-if|decisions$|decisions\/\{id\}/.test(route) &&
    !['GET /v1/what-if', 'GET /v1/decisions'].includes(route)
)

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

/** A key for each column by its name, and one that is bound to another namespace than the customer's. */
function ring(): KeyRing {
  const entry = (name: string, id: string) => ({
    id,
    sha256: sha256(id),
    ...(ROLES.has(name) ? { role: name } : { scopes: [name] })
  })
  const page = {
    ...entry('page', 'page'),
    scopes: ['decide', 'events'],
    publishable: true,
    namespaces: ['crm'],
    channels: ['web'],
    origins: ['https://shop.example']
  }
  const others = COLUMNS.filter(name => name !== 'page')
  return createKeyRing(
    {
      keys: [
        page,
        { ...page, id: 'page-elsewhere', sha256: sha256('page-elsewhere'), namespaces: ['cookie'] },
        ...others.map(name => entry(name, name)),
        ...others.map(name => ({ ...entry(name, `${name}-elsewhere`), namespaces: ['cookie'] }))
      ]
    },
    () => 0
  )
}

async function startReal(t: Ending) {
  const current = strategy({
    namespaces: ['crm', 'cookie'],
    attributes: [attribute({ name: 'phone', personal: true }), attribute({ name: 'city' })],
    context: [attribute({ name: 'ip', personal: true })]
  })
  const app = serveForReal(t, { keys: ring() }, current)
  const put = () =>
    app.inject({
      method: 'PUT',
      url: '/v1/customers/crm/c-1',
      headers: { ...bearer('administrator'), 'content-type': 'application/json' },
      payload: STORED
    })
  await put()
  const decided = await app.inject({
    method: 'POST',
    url: '/v1/decisions',
    headers: bearer('administrator'),
    payload: { ...DECIDE, attributes: STORED.attributes, context: { ip: CANARY } }
  })
  const { decisionId } = decided.json<{ decisionId: string }>()
  const ask = async (route: string, key: string | undefined) => {
    const [method = '', path = ''] = route.split(' ')
    const url = path
      .replace('{namespace}', 'crm')
      .replace('{id}', path.includes('decisions') ? decisionId : 'c-1')
    const isImport = path.endsWith('/import')
    return app.inject({
      method: method as 'GET',
      url,
      headers: {
        ...(key === undefined ? {} : bearer(key)),
        ...(isImport ? { 'content-type': 'application/x-ndjson' } : {})
      },
      ...(isImport ? { payload: '' } : method === 'GET' ? {} : { payload: BODIES[route] ?? {} })
    })
  }
  // A decision's record is written beside the requests.
  while ((await ask('GET /v1/decisions/{id}', 'administrator')).statusCode === 404)
    await new Promise(setImmediate)
  return { app, ask, put }
}

test('every cell of route and role: who gets in, and who sees personal attributes', {
  timeout: 120_000
}, async t => {
  const { ask, put } = await startReal(t)
  for (const [route, row] of Object.entries(TABLE)) {
    t.equal((await ask(route, undefined)).statusCode, 401, `${route} without a key`)
    t.equal((await ask(route, 'nobody')).statusCode, 401, `${route} with a foreign key`)
    const cells: string[] = []
    for (const key of COLUMNS) {
      // What the one before may have changed or erased.
      if (/customers/.test(route)) await put()
      const { statusCode, body } = await ask(route, key)
      t.not(statusCode, 401, `${route} with ${key}`)
      cells.push(statusCode === 403 ? '.' : body.includes(CANARY) ? 'p' : 'x')
    }
    t.equal(cells.join(''), row.replaceAll(/[ |]/g, ''), route)
  }
})

test('a key that is bound to other namespaces reaches no customer and no decision of this one', {
  timeout: 120_000
}, async t => {
  const { ask, put } = await startReal(t)
  for (const route of OBJECTS) {
    for (const key of COLUMNS) {
      if (/customers/.test(route)) await put()
      const { statusCode, body } = await ask(route, `${key}-elsewhere`)
      t.equal(statusCode, 403, `${route} with ${key}`)
      t.notMatch(body, CANARY)
    }
  }
  const found = await ask('GET /v1/decisions', 'auditor-elsewhere')
  t.same(found.json<{ decisions: unknown[] }>().decisions, [])
  const told = await ask('POST /v1/events', 'agent-elsewhere')
  t.equal(told.statusCode, 422)
  const batch = await ask('POST /v1/decisions/batch', 'administrator-elsewhere')
  t.match(batch.json(), { decisions: [{ code: 'OFFERD_FORBIDDEN' }] })
})

test('the tables above name every route', async t => {
  const { app } = serve(t)
  const { paths } = (await app.inject('/openapi.json')).json<{
    paths: Record<string, Record<string, { security: unknown[] }>>
  }>()
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      route: `${method.toUpperCase()} ${path}`,
      isOpen: security.length === 0
    }))
  )
  const named = (isOpen: boolean) =>
    routes
      .filter(each => each.isOpen === isOpen)
      .map(({ route }) => route)
      .sort()
  t.same(named(false), Object.keys(TABLE).sort())
  t.same(named(true), [...OPEN].sort())
})

/** Every member of a request and of its options: something that it may hold, and whether a key that browsers carry may say it. */
const MEMBERS: Readonly<Record<string, readonly [value: unknown, allowed: boolean]>> = {
  customer: [CUSTOMER, true],
  channel: ['web', true],
  placements: [DECIDE.placements, true],
  context: [{ ip: '192.0.2.1' }, true],
  attributes: [{ city: 'Berlin' }, false],
  events: [[{ type: 'page_view' }], true],
  exclude: [['gold-card'], true],
  language: ['en', true],
  'options.timeoutMs': [5000, true],
  'options.explain': ['full', false],
  'options.mode': ['test', false],
  'options.activate': ['on_impression', true],
  // For mode test only, which a publishable key may not choose either.
  'options.seed': ['1', false],
  'options.at': ['2026-03-01T10:00:00Z', false]
}

interface Properties {
  readonly properties: Readonly<Record<string, Properties>>
}

test('what a publishable key may say in a request is a list, and all else is refused', async t => {
  const { app } = await startReal(t)
  const { components } = (await app.inject('/openapi.json')).json<{
    components: { schemas: { DecisionRequest: Properties } }
  }>()
  const { properties } = components.schemas.DecisionRequest
  const { options } = properties
  const members = [
    ...Object.keys(properties).filter(name => name !== 'options'),
    ...Object.keys(options!.properties).map(name => `options.${name}`)
  ]
  t.same(members.sort(), Object.keys(MEMBERS).sort(), 'the table names every member')
  for (const [name, [value, allowed]] of Object.entries(MEMBERS)) {
    const [, option] = name.split('.')
    const said = option === undefined ? { [name]: value } : { options: { [option]: value } }
    const payload = { ...DECIDE, ...said }
    const ask = (key: string) =>
      app.inject({ method: 'POST', url: '/v1/decisions', headers: bearer(key), payload })
    const { statusCode, body } = await ask('page')
    if (!allowed) {
      t.ok([400, 403].includes(statusCode), `${name}: ${statusCode}`)
      continue
    }
    t.equal(statusCode, 200, `${name}: ${body}`)
    t.match(Object.keys((await ask('agent')).json()), ['decisionId'])
    t.notMatch(body, /"(priority|factors|propensity|probability)"/, 'nor is it told how it came')
  }
})
