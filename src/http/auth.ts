import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LOCAL_CALLER, type Caller, type Right } from '../domain/caller.js'
import { Refusal } from '../domain/refusal.js'
import { RateExceeded } from './errors.js'
import type { Key, KeyRing } from './keys.js'
import type { Bucket } from './rate.js'
import type { Pass } from './passes.js'
import { readPresented, type Presenting } from './presented.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before the handler of any route that is not open runs. */
    caller: Caller
    /** What the caller's key allows a second; undefined where it names no rate. For routes that go on after their request. */
    bucket: Bucket | undefined
    /** The session or ticket that stood for the caller's key. */
    pass: Pass | undefined
  }
  interface FastifyContextConfig {
    /** What the caller's key must allow; `any` asks for a key whatever it allows, `open` for none. */
    right?: Right | 'any' | 'open'
    /** Keys that browsers carry may come here too. */
    publishable?: boolean
    /** Tickets are for this route. */
    ticketed?: boolean
  }
}

/** Asks every route that is registered from here on for its caller, before its body is read. */
export function authenticate(app: FastifyInstance, presenting: Presenting): void {
  const { keys } = presenting
  app.decorateRequest('caller')
  app.decorateRequest('bucket', undefined)
  app.decorateRequest('pass', undefined)
  app.addHook('onRoute', function (route) {
    const { right, publishable = false, ticketed = false } = route.config ?? {}
    if (right === undefined) {
      throw new Error(`The route ${route.url} names no right; say "open" if it needs no key.`)
    }
    if (right === 'open') return
    // Streams are opened without asking first.
    if (publishable && keys.size > 0 && route.method === 'POST')
      answerPreflight(this, route.url, keys)
    const find = keys.size === 0 ? findLocal : findByKey(presenting, { publishable, ticketed })
    route.onRequest = (request: FastifyRequest, reply: FastifyReply, done: Done) => {
      try {
        request.caller = find(request, reply, right)
        done()
      } catch (error) {
        done(error as Error)
      }
    }
  })
}

type Done = (error?: Error) => void

/** Tells browsers that pages of the keys' origins may post here. Which key may come from where is checked with the key. */
function answerPreflight(app: FastifyInstance, url: string, keys: KeyRing): void {
  app.options(url, { config: { right: 'open' } }, async (request, reply) => {
    reply.header('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
    const { origin } = request.headers
    if (origin === undefined || !keys.hasOrigin(origin)) {
      throw new Refusal('forbidden', 'No key may be used by pages of this origin.')
    }
    return reply
      .code(204)
      .headers({ ...PREFLIGHT, 'access-control-allow-origin': origin })
      .send()
  })
}

const PREFLIGHT: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers':
    'authorization, content-type, idempotency-key, traceparent, x-request-id',
  'access-control-max-age': '600'
}

type FindCaller = (request: FastifyRequest, reply: FastifyReply, right: Right | 'any') => Caller

/**
 * Without keys everybody on this machine may do everything, so the checks keep other machines out, and pages of other sites
 * that make this machine's browser ask: by their own name (the Origin) or by a name that they let point here (the Host).
 */
function findLocal(request: FastifyRequest): Caller {
  const { origin, host } = request.headers
  if (!isLoopbackAddress(request.socket.remoteAddress)) {
    throw new Refusal(
      'unauthenticated',
      'There are no keys, so only this machine is served. Name a key file in OFFERD_KEYS.'
    )
  }
  if (!isLoopbackHost(host)) {
    throw new Refusal(
      'forbidden',
      'There are no keys, so the Host must be a name of this machine such as localhost.'
    )
  }
  if (origin !== undefined && !isOwnOrigin(origin, host)) {
    throw new Refusal('forbidden', 'There are no keys, so pages of other origins are refused.')
  }
  return LOCAL_CALLER
}

function findByKey(
  presenting: Presenting,
  { publishable, ticketed }: { readonly publishable: boolean; readonly ticketed: boolean }
): FindCaller {
  return (request, reply, right) => {
    if (publishable) reply.header('vary', 'Origin')
    const { key, pass } = readPresented(request, presenting, ticketed)
    const { caller } = key
    if (caller.publishable) {
      checkOrigin(request, reply, key)
      if (!publishable)
        throw new Refusal('forbidden', 'A publishable key does not reach this route.')
    }
    if (right !== 'any' && !caller.rights.has(right))
      throw new Refusal('forbidden', `This route needs a key with the right "${right}".`)
    request.bucket = key.bucket
    request.pass = pass
    const waitSeconds = key.bucket?.take() ?? 0
    if (waitSeconds > 0) throw new RateExceeded(waitSeconds)
    return caller
  }
}

/** Lets a page read the answer only where its key names the page's origin; a caller without an Origin is no page. */
function checkOrigin(request: FastifyRequest, reply: FastifyReply, key: Key): void {
  const { origin } = request.headers
  if (origin === undefined) {
    // A page's WebSocket always names its origin, and no browser keeps a page from opening one elsewhere.
    if (request.headers.upgrade === undefined) return
    throw new Refusal('forbidden', 'A publishable key on a stream needs the Origin of its page.')
  }
  if (!key.origins.has(origin))
    throw new Refusal('forbidden', 'This key may not be used by pages of this origin.')
  reply.header('access-control-allow-origin', origin)
  reply.header(
    'access-control-expose-headers',
    'retry-after, server-timing, traceparent, x-request-id'
  )
}

/** True for 127.0.0.0/8, ::1 and local sockets. */
function isLoopbackAddress(address: string | undefined): boolean {
  return address === undefined || address === '::1' || /^(::ffff:)?127\./.test(address)
}

/** True for localhost, 127.0.0.0/8 and [::1], with or without a port. */
function isLoopbackHost(host: string | undefined): host is string {
  return host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)
}

function isOwnOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`
}
