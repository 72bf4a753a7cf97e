import { Script } from 'node:vm'
import { test } from 'tap'
import { ANSWERS } from '../../src/http/answers.js'
import { BODIES } from '../../src/http/bodies.js'
import { EXAMPLES } from '../../src/http/examples.js'
import { describeRoutes } from '../../src/http/openapi.js'
import { serve } from './stand-ins.js'

type Json = Record<string, unknown>
interface Operation {
  readonly operationId: string
  readonly parameters: ReadonlyArray<{ name: string; in: string }>
  readonly responses: Readonly<Record<string, Json>>
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Json; readonly responses: Json }
}

async function documentOf(
  t: Parameters<typeof serve>[0]
): Promise<{ document: Document; printed: string }> {
  const { app } = serve(t)
  const document = (await app.inject('/openapi.json')).json<Document>()
  return { document, printed: app.printRoutes({ commonPrefix: false }) }
}

test('every route that is registered is in the document, and every route of the document is registered', async t => {
  const { app } = serve(t)
  const document = (await app.inject('/openapi.json')).json<Document>()
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`)
  )
  t.equal(described.length, 52)
  for (const name of described) {
    const [method = '', path = ''] = name.split(' ')
    t.ok(app.hasRoute({ method, url: path.replace(/\{(\w+)\}/g, ':$1') }), name)
  }
  // Fastify prints one line a route, with its methods in brackets.
  const registered = [
    ...app.printRoutes({ commonPrefix: false }).matchAll(/\(([A-Z, ]+)\)/g)
  ].flatMap(([, methods = '']) => methods.split(', ').filter(method => method !== 'HEAD'))
  t.equal(registered.length, described.length)
})

test('an undescribed route and a description without a route keep the app from starting', async t => {
  t.throws(
    () => describeRoutes([{ method: 'GET', url: '/new', right: 'open', publishable: false }], '1'),
    /GET \/new is not described/
  )
  t.throws(() => describeRoutes([], '1'), /There are no such routes, .*POST \/v1\/decisions/)
})

for (const [name, schema] of Object.entries({ ...BODIES, ...ANSWERS })) {
  test(`the example of ${name} is one`, async t => {
    t.ok(name in EXAMPLES)
    const parsed = schema.safeParse(EXAMPLES[name])
    t.ok(parsed.success, parsed.error?.message ?? 'it is')
  })
}

test('every reference leads somewhere, and every schema is referred to', async t => {
  const { document } = await documentOf(t)
  const text = JSON.stringify(document)
  const references = new Set(
    [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path)
  )
  for (const reference of references) {
    const found = reference
      .split('/')
      .reduce<unknown>((part, step) => (part as Json | undefined)?.[step], document)
    t.ok(found, reference)
  }
  t.notMatch(text, /"\$(id|schema)"/)
  for (const name of Object.keys(document.components.schemas))
    t.ok(references.has(`components/schemas/${name}`), name)
})

test('operations have their parameters, a success, and names of their own', async t => {
  const { document } = await documentOf(t)
  t.equal(document.openapi, '3.1.0')
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map(each => [path, each] as const)
  )
  t.equal(new Set(operations.map(([, each]) => each.operationId)).size, operations.length)
  for (const [path, { parameters, responses, operationId }] of operations) {
    const inPath = parameters.filter(each => each.in === 'path').map(each => each.name)
    t.same(
      inPath,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      operationId
    )
    t.ok(
      Object.keys(responses).some(status => /^(2|101)/.test(status)),
      operationId
    )
  }
})

test('the page asks nobody but this service', async t => {
  const { app } = serve(t)
  const page = await app.inject('/docs')
  t.match(page.headers['content-type'], /^text\/html/)
  t.match(page.headers['content-security-policy'], /default-src 'self'/)
  t.notMatch(page.headers['content-security-policy'], /unsafe/)
  const script = await app.inject('/docs/page.js')
  const style = await app.inject('/docs/page.css')
  t.match(script.headers['content-type'], /^text\/javascript/)
  t.match(style.headers['content-type'], /^text\/css/)
  for (const { body } of [page, script, style])
    t.notMatch(body, /https?:|innerHTML|<script>|style=|\son\w+=/)
  t.doesNotThrow(() => new Script(script.body))
})
