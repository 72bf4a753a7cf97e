import type { FastifyRequest } from 'fastify'
import { Refusal } from '../domain/refusal.js'
import type { Key, KeyRing } from './keys.js'
import type { Pass, Passes } from './passes.js'
import { KEY_PROTOCOL, TICKET_PROTOCOL } from './stream-protocol.js'

/** The cookie of a session. Browsers take one of this prefix from encrypted pages and this machine only, for this very host and all its paths. */
export const SESSION_COOKIE = '__Host-offerd'

/** What keys are found by. */
export interface Presenting {
  readonly keys: KeyRing
  readonly passes: Passes
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
}

/** A key, and the pass that stood for it, if one did. */
export interface Presented {
  readonly key: Key
  readonly pass: Pass | undefined
}

/**
 * The key of the Authorization header, of a WebSocket's protocols, a publishable one in ?key= (neither WebSockets nor beacons can send
 * headers from browsers), or the one behind a ticket or a session. Throws a Refusal.
 * @param takesTickets whether this is what tickets are for
 */
export function readPresented(
  request: FastifyRequest,
  presenting: Presenting,
  takesTickets: boolean
): Presented {
  const { keys } = presenting
  const { authorization, 'sec-websocket-protocol': protocols, cookie } = request.headers
  if (authorization !== undefined) {
    const presented = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1]
    return known(
      presented === undefined ? undefined : keys.find(presented),
      'The Authorization header holds no key that is known here. Send "Bearer KEY".'
    )
  }
  const spoken = protocols?.split(/\s*,\s*/) ?? []
  const ticket = spoken.find(one => one.startsWith(TICKET_PROTOCOL))
  if (ticket !== undefined && takesTickets)
    return ofTicket(ticket.slice(TICKET_PROTOCOL.length), request, presenting)
  const key = spoken.find(one => one.startsWith(KEY_PROTOCOL))
  if (key !== undefined)
    return known(
      keys.find(key.slice(KEY_PROTOCOL.length)),
      `The protocol "${KEY_PROTOCOL}KEY" holds no key that is known here.`
    )
  const named = (request.query as Readonly<Record<string, unknown>>)['key']
  if (named !== undefined) return ofQuery(named, keys)
  if (cookie !== undefined && cookie.includes(SESSION_COOKIE)) return ofSession(request, presenting)
  throw new Refusal(
    'unauthenticated',
    'Send a key as "Authorization: Bearer KEY", or a publishable one as ?key=KEY.'
  )
}

function known(key: Key | undefined, otherwise: string): Presented {
  if (key === undefined) throw new Refusal('unauthenticated', otherwise)
  return { key, pass: undefined }
}

function ofQuery(named: unknown, keys: KeyRing): Presented {
  const key = typeof named === 'string' && named.length <= 512 ? keys.find(named) : undefined
  return known(
    key?.caller.publishable === true ? key : undefined,
    'The parameter "key" holds no publishable key that is known here.'
  )
}

/** A ticket is for the page that asked for it. Whether it was used before is for the route to say. */
function ofTicket(
  text: string,
  { headers }: FastifyRequest,
  { passes, nowMs }: Presenting
): Presented {
  const pass = passes.open('ticket', text, nowMs())
  if (pass === undefined)
    throw new Refusal('unauthenticated', 'This ticket is none, or too old; ask for a new one.')
  if (pass.origin !== (headers.origin ?? ''))
    throw new Refusal('forbidden', 'This ticket may not be used by pages of this origin.')
  return { key: pass.key, pass }
}

/**
 * Browsers send the cookie with requests of this site's pages only (SameSite=Strict). Those of another origin of the same site are told
 * by what browsers say of a request, and streams, which any page may open, are opened with tickets.
 */
function ofSession(request: FastifyRequest, { passes, nowMs }: Presenting): Presented {
  const { headers } = request
  const text = COOKIE.exec(headers.cookie ?? '')?.[1]
  const pass = text === undefined ? undefined : passes.open('session', text, nowMs())
  if (pass === undefined)
    throw new Refusal('unauthenticated', 'The session has ended; present the key again.')
  if (headers.upgrade !== undefined)
    throw new Refusal('unauthenticated', 'A session opens no stream; ask for a ticket first.')
  if (!isOfOwnPage(request))
    throw new Refusal('forbidden', 'A session is for pages of this very origin.')
  return { key: pass.key, pass }
}

const COOKIE = new RegExp(`(?:^|; *)${SESSION_COOKIE}=([\\w.-]+)`)

/** Whether a page of this origin asks, or somebody who typed the address; by Sec-Fetch-Site, and by Origin in browsers without. */
function isOfOwnPage({ headers, method }: FastifyRequest): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && method === 'GET')
  return origin !== undefined && (origin === `https://${host}` || origin === `http://${host}`)
}
