import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../decisioning/ports.js'
import { COMMON_HEADERS, type Metrics } from './edge.js'
import {
  headersOf,
  kindOf,
  PROBLEMS,
  problem,
  problemOf,
  type Problem,
  type ProblemKind
} from './errors.js'
import { BATCH_BYTES } from './settings.js'

const PROBLEM_JSON = 'application/problem+json; charset=utf-8'

/** Makes every error of a request a problem, also that there is no such route. */
export function answerErrors(app: FastifyInstance, metrics: Metrics, report: Report): void {
  const nowhere = metrics.route('none', 'any')
  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const kind = kindOf(error)
    if (kind === 'too_large') await drain(request)
    // Fastify closes after every unreadable body; a body that has arrived whole leaves nothing to be confused about.
    if (request.raw.complete) reply.removeHeader('connection')
    return sendProblem(reply, report(error, request), headersOf(kind, error))
  })
  app.setNotFoundHandler((request, reply) => {
    const body = problem(
      'not_found',
      'There is no such route; /openapi.json names them all.',
      request.id
    )
    nowhere(body.status, (performance.now() - request.receivedAtMs) / 1000)
    return sendProblem(reply, body)
  })
}

/** Answers what cannot even be routed, such as a path with a broken percent-encoding. */
export function refuseUnroutable(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply
): void {
  const detail =
    error.code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? 'A part of the path is too long.'
      : 'The path cannot be decoded.'
  void reply.headers({ ...COMMON_HEADERS, 'x-request-id': request.id })
  void sendProblem(reply, problem('malformed', detail, request.id))
}

/** Sends a problem, with what a route adds to it, as the answer of a request. */
export function sendProblem(
  reply: FastifyReply,
  body: Problem,
  headers: Readonly<Record<string, string>> = {}
): FastifyReply {
  return reply
    .code(body.status)
    .headers(headers)
    .header('content-type', PROBLEM_JSON)
    .send(JSON.stringify(body))
}

/** Tells what an error of a request is answered with; what is the service's own fault goes to the log on the way. */
export type Report = (error: unknown, request: FastifyRequest) => Problem

/** The route's pattern stands for the URL in the log: URLs hold keys and the ids of customers. */
export function createReport(log: Log): Report {
  return (error, request) => {
    const body = problemOf(error, request.id)
    if (body.status >= 500) {
      const { id, method, routeOptions } = request
      const facts = { err: error, requestId: id, method, route: routeOptions.url }
      if (body.status === 500) log.error(facts, 'a request failed')
      else log.debug(facts, 'a request found a part away')
    }
    return body
  }
}

/** Reads on and forgets, so that a client that is still sending sees the answer; up to 8 MiB in all. */
async function drain({ raw }: FastifyRequest): Promise<void> {
  if (Number(raw.headers['content-length'] ?? 0) > BATCH_BYTES) return
  let bytes = 0
  await new Promise<void>(resolve => {
    raw.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > BATCH_BYTES) resolve()
    })
    raw.on('close', resolve)
    raw.on('end', resolve)
    if (raw.readableEnded || raw.destroyed) resolve()
    raw.resume()
  })
}

interface ClientError extends Error {
  readonly code?: string
}

/** Answers, and closes, a connection whose request the parser gave up on. `patient` sockets may take their time. */
export function createClientErrorHandler(
  patient: WeakSet<Socket>
): (error: ClientError, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    const kind = clientErrorKind(error)
    if (kind === 'request_timeout' && patient.has(socket)) return
    if (socket.writable) socket.write(rawProblem(kind))
    socket.destroySoon()
  }
}

function clientErrorKind(error: ClientError): ProblemKind {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout'
  return error.code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'malformed'
}

const RAW_DETAILS: Readonly<Record<string, string>> = {
  request_timeout: 'Headers must arrive within 4 s and a whole request within 5 s.',
  headers_too_large: 'The headers of one request come to more than 8 kB.',
  malformed: 'This is not HTTP/1.1.',
  too_many:
    'There are too many connections from this address; use those that are open, or close some.'
}

/** A problem as the bytes of a whole answer, for connections that have no request. */
export function rawProblem(kind: ProblemKind): string {
  const { status } = PROBLEMS[kind]
  const body = JSON.stringify(problem(kind, RAW_DETAILS[kind] ?? '', 'none'))
  const headers = {
    ...COMMON_HEADERS,
    'content-type': PROBLEM_JSON,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...headersOf(kind, undefined)
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`
}
