import { randomBytes } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { FastifyHttpOptions } from 'fastify'

const MEBIBYTE = 2 ** 20
const BODY_BYTES = MEBIBYTE
export const BATCH_BYTES = 8 * MEBIBYTE

/** Until when a request must have arrived, its headers and all of it. The import is exempt (import.ts). */
const REQUEST_TIMEOUT_MS = 5000
const HEADERS_TIMEOUT_MS = 4000
/** A connection on which nothing moves, such as a reader that stopped reading; longer than any decision may take. */
const SILENCE_TIMEOUT_MS = 60_000

/** How the server treats connections, sizes and time; each bound has its reason in slow or hostile clients. */
export function serverSettings(): FastifyHttpOptions<Server> {
  return {
    // Per-request facts are metrics, and faults are logged in refuse.ts; Fastify's own log would cost every request 3 µs.
    logger: false,
    genReqId: createRequestIds(),
    requestIdHeader: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: SILENCE_TIMEOUT_MS,
    // Longer than the 60 s of common proxies, so that it is the proxy that closes an idle connection.
    keepAliveTimeout: 72_000,
    maxRequestsPerSocket: 10_000,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: 1000,
      maxHeaderSize: 8192
    },
    bodyLimit: BODY_BYTES,
    // Requests on open connections are still answered while closing, as problems (edge.ts).
    return503OnClosing: false,
    trustProxy: false,
    // An id of 256 bytes, every byte percent-encoded.
    routerOptions: { maxParamLength: 768 }
  }
}

/** The caller's own x-request-id where it is printable and short, else one that no other process gives. */
function createRequestIds(): (request: IncomingMessage) => string {
  const prefix = randomBytes(6).toString('base64url')
  let count = 0
  return request => {
    const given = request.headers['x-request-id']
    if (typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given)) return given
    return `${prefix}-${(count++).toString(36)}`
  }
}
