import { z } from 'zod'
import { ANSWERS } from './answers.js'
import { BODIES } from './bodies.js'
import { PROBLEMS, type ProblemKind } from './errors.js'
import { EXAMPLES } from './examples.js'
import { ROUTE_DOCS, type RouteDoc } from './route-docs.js'
import { SESSION_COOKIE } from './presented.js'
import { id } from './schemas.js'
import { ROLES, SCOPES, type Right } from '../domain/caller.js'

/** A route as the app registered it. */
export interface RegisteredRoute {
  readonly method: string
  /** As Fastify spells it: /v1/decisions/:id. */
  readonly url: string
  readonly right: Right | 'any' | 'open'
  readonly publishable: boolean
}

type Json = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of these routes. Throws when a route is not described or a description has no route. */
export function describeRoutes(routes: readonly RegisteredRoute[], version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {}
  const described = new Set<string>()
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}')
    const name = `${route.method} ${path}`
    const doc = ROUTE_DOCS[name]
    if (doc === undefined)
      throw new Error(`The route ${name} is not described; add it to ROUTE_DOCS.`)
    described.add(name)
    ;(paths[path] ??= {})[route.method.toLowerCase()] = operation(route, path, doc)
  }
  const missing = Object.keys(ROUTE_DOCS).filter(name => !described.has(name))
  if (missing.length > 0)
    throw new Error(`There are no such routes, but ROUTE_DOCS has them: ${missing.join(', ')}.`)
  return {
    openapi: '3.1.0',
    info: {
      title: 'offerd',
      version,
      description: 'Decides the next best offer in real time.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    tags: ['Decide', 'Tell', 'Customers', 'Strategy', 'Run'].map(name => ({ name })),
    paths,
    components: {
      schemas: componentSchemas(),
      responses: problemResponses(),
      securitySchemes: SECURITY_SCHEMES
    }
  }
}

const SECURITY_SCHEMES: Json = {
  key: {
    type: 'http',
    scheme: 'bearer',
    description: 'A key of the key file. Without a key file none is needed on this machine.'
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: 'What POST /v1/session gave a browser, for pages of this service.'
  },
  publishableKey: {
    type: 'apiKey',
    in: 'query',
    name: 'key',
    description: 'A publishable key, for pages that cannot send headers.'
  }
}

function operation(route: RegisteredRoute, path: string, doc: RouteDoc): Json {
  const { tag, summary, description, body, bodyOptional = false, status, answer } = doc
  const access = accessTo(route.right)
  return {
    operationId: operationId(route.method, path),
    tags: [tag],
    summary,
    description: description === undefined ? access : `${description} ${access}`,
    parameters: [
      ...pathParameters(path),
      ...queryParameters(doc.query),
      ...headerParameters(doc.headers)
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: !bodyOptional, content: mapValues(body, mediaType) } }),
    responses: {
      [status]: { description: summary, headers: ANSWER_HEADERS, ...content(answer) },
      ...refusals(route, doc)
    },
    security: security(route)
  }
}

/** Who may come here, in a sentence. */
function accessTo(right: RegisteredRoute['right']): string {
  if (right === 'open') return 'Open to everybody.'
  if (right === 'any') return 'Needs a key, whatever it allows; not a publishable one.'
  const holders = (sets: Readonly<Record<string, readonly Right[]>>): string =>
    Object.keys(sets)
      .filter(name => sets[name]?.includes(right))
      .map(name => `\`${name}\``)
      .join(', ')
  return `Needs the right \`${right}\`: keys with one of the scopes ${holders(SCOPES)} or the roles ${holders(ROLES)}.`
}

/** get_v1_decisions_id: stable as long as the path is. */
function operationId(method: string, path: string): string {
  return `${method.toLowerCase()}${path.replace(/[{}]/g, '').replace(/[/.]/g, '_')}`
}

const ANSWER_HEADERS: Json = {
  'x-request-id': {
    description: 'Names this request in problems and logs.',
    schema: { type: 'string' }
  }
}

function content(answer: RouteDoc['answer']): Json {
  if (answer === undefined) return {}
  if (typeof answer === 'string') return { content: { 'application/json': mediaType(answer) } }
  const schema = { type: answer.contentType === 'application/json' ? 'object' : 'string' }
  return { content: { [answer.contentType]: { schema } } }
}

function mediaType(name: keyof typeof BODIES | keyof typeof ANSWERS): Json {
  return { schema: { $ref: refTo(name) }, example: EXAMPLES[name] }
}

function refTo(name: string): string {
  return `#/components/schemas/${name}`
}

function security({ right, publishable }: RegisteredRoute): readonly Json[] {
  if (right === 'open') return []
  return publishable
    ? [{ key: [] }, { session: [] }, { publishableKey: [] }, {}]
    : [{ key: [] }, { session: [] }, {}]
}

function pathParameters(path: string): Json[] {
  const schema = withoutDialect(z.toJSONSchema(id, { io: 'input' }))
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema
  }))
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (query === undefined) return []
  const { properties = {} } = z.toJSONSchema(query, { io: 'output' })
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema
  }))
}

function headerParameters(headers: Readonly<Record<string, string>> = {}): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string', minLength: 1, maxLength: 256 }
  }))
}

/** The problems of a route by status: those that it names, and those that every route of its kind has. */
function refusals(route: RegisteredRoute, { body, problems = [] }: RouteDoc): Json {
  const kinds: readonly ProblemKind[] = [
    ...problems,
    ...(route.right === 'open' ? [] : (['unauthenticated', 'forbidden', 'too_many'] as const)),
    ...(body === undefined ? [] : (['invalid', 'too_large', 'unsupported_media_type'] as const))
  ]
  const responses: Record<string, Json> = { default: { $ref: '#/components/responses/internal' } }
  for (const kind of kinds)
    responses[PROBLEMS[kind].status] = { $ref: `#/components/responses/${kind}` }
  return responses
}

function problemResponses(): Json {
  const example = EXAMPLES['Problem'] as Json
  return mapValues(PROBLEMS, ({ code, status, title }, kind) => ({
    description: title,
    ...(kind === 'too_many' || status === 503
      ? {
          headers: {
            'retry-after': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } }
          }
        }
      : {}),
    content: {
      'application/problem+json': {
        schema: { $ref: refTo('Problem') },
        example:
          kind === 'invalid'
            ? example
            : {
                ...bare(example),
                type: `urn:offerd:problem:${kind}`,
                title,
                status,
                detail: title,
                code
              }
      }
    }
  }))
}

function bare(problem: Json): Json {
  return Object.fromEntries(Object.entries(problem).filter(([name]) => name !== 'errors'))
}

/** Every schema once, under its name, referring to the others by theirs. */
function componentSchemas(): Json {
  const registry = z.registry<{ id: string }>()
  for (const [name, schema] of Object.entries({ ...BODIES, ...ANSWERS }))
    registry.add(schema, { id: name })
  const { schemas } = z.toJSONSchema(registry, { uri: refTo, io: 'input', unrepresentable: 'any' })
  return mapValues(schemas, withoutDialect)
}

/** Without what a schema says about itself that the document says for all. */
function withoutDialect(schema: object): Json {
  return Object.fromEntries(
    Object.entries(schema).filter(([name]) => name !== '$schema' && name !== '$id')
  )
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To
): Readonly<Record<string, To>> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value, name)])
  )
}
