import { Refusal, StoreUnavailable, type Fault, type RefusalCode } from '../domain/refusal.js'

/** Every kind of answer that is not what the caller asked for: refusals, and what only the wire knows. */
export type ProblemKind =
  | RefusalCode
  | 'unsupported_media_type'
  | 'request_timeout'
  | 'upgrade_required'
  | 'headers_too_large'
  | 'not_ready'
  | 'internal'

/** What the wire says about one kind of problem. */
export interface ProblemWords {
  readonly code: string
  readonly status: number
  readonly title: string
}

/** The one table of codes: what callers may rely on, with its HTTP status and its title. */
export const PROBLEMS: Readonly<Record<ProblemKind, ProblemWords>> = {
  malformed: words('OFFERD_MALFORMED', 400, 'The request cannot be read'),
  invalid: words('OFFERD_INVALID', 400, 'The request does not say what it must'),
  unauthenticated: words('OFFERD_UNAUTHENTICATED', 401, 'A valid key is needed'),
  forbidden: words('OFFERD_FORBIDDEN', 403, 'The key does not allow this'),
  not_found: words('OFFERD_NOT_FOUND', 404, 'There is nothing here'),
  request_timeout: words('OFFERD_REQUEST_TIMEOUT', 408, 'The request took too long to arrive'),
  conflict: words('OFFERD_CONFLICT', 409, 'The request conflicts with what is going on'),
  too_large: words('OFFERD_TOO_LARGE', 413, 'The request is too large'),
  unsupported_media_type: words(
    'OFFERD_UNSUPPORTED_MEDIA_TYPE',
    415,
    'This content type is not read here'
  ),
  not_allowed: words('OFFERD_NOT_ALLOWED', 422, 'Understood, but not allowed'),
  upgrade_required: words('OFFERD_UPGRADE_REQUIRED', 426, 'A WebSocket is spoken here'),
  too_many: words('OFFERD_TOO_MANY', 429, 'Too many requests with this key'),
  headers_too_large: words('OFFERD_HEADERS_TOO_LARGE', 431, 'The headers are too large'),
  internal: words('OFFERD_INTERNAL', 500, 'Something went wrong here'),
  unavailable: words('OFFERD_UNAVAILABLE', 503, 'A part that this needs does not answer'),
  overloaded: words('OFFERD_OVERLOADED', 503, 'More is asked of this process than it can do'),
  not_ready: words('OFFERD_NOT_READY', 503, 'Not ready to serve')
}

function words(code: string, status: number, title: string): ProblemWords {
  return { code, status, title }
}

/** RFC 9457, with the code and the places that are wrong. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly errors?: readonly Fault[]
}

/** A refusal because what the key allows in a while is used up; without a detail, its requests per second. */
export class RateExceeded extends Refusal {
  /** Whole seconds until the next request passes, at least 1. */
  readonly retryAfterSeconds: number

  constructor(
    retryAfterSeconds: number,
    detail = `This key's requests per second are used up; try again in ${retryAfterSeconds} s.`
  ) {
    super('too_many', detail)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** More faults than this help nobody and cost memory. */
const MOST_FAULTS = 20

/** Fastify's own errors whose status alone does not say what they are. */
const FASTIFY_KINDS: ReadonlyMap<string, ProblemKind> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'too_large'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'unsupported_media_type']
])

/** What kind of problem an error is. Whatever is not known to be the caller's doing is internal. */
export function kindOf(error: unknown): ProblemKind {
  if (error instanceof Refusal) return error.code
  if (error instanceof StoreUnavailable) return 'unavailable'
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  const known = typeof code === 'string' ? FASTIFY_KINDS.get(code) : undefined
  if (known !== undefined) return known
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
    ? 'malformed'
    : 'internal'
}

/** The problem that answers an error of the request with this id. Says nothing that only the operator should know. */
export function problemOf(error: unknown, requestId: string): Problem {
  const kind = kindOf(error)
  const faults = error instanceof Refusal ? error.faults : []
  return problem(kind, detailOf(kind, error), requestId, faults)
}

export function problem(
  kind: ProblemKind,
  detail: string,
  requestId: string,
  faults: readonly Fault[] = []
): Problem {
  const { code, status, title } = PROBLEMS[kind]
  const type = `urn:offerd:problem:${kind}`
  const instance = `urn:offerd:request:${encodeURIComponent(requestId)}`
  const base = { type, title, status, detail, instance, code }
  return faults.length === 0 ? base : { ...base, errors: faults.slice(0, MOST_FAULTS) }
}

/** Headers that go with a problem. */
export function headersOf(kind: ProblemKind, error: unknown): Record<string, string> {
  if (kind === 'unauthenticated') return { 'www-authenticate': 'Bearer realm="offerd"' }
  if (error instanceof RateExceeded) return { 'retry-after': String(error.retryAfterSeconds) }
  return PROBLEMS[kind].status === 503 || kind === 'too_many' ? { 'retry-after': '1' } : {}
}

function detailOf(kind: ProblemKind, error: unknown): string {
  if (error instanceof Refusal) return error.message
  switch (kind) {
    case 'unavailable':
      return 'The store does not answer. Try again; what was asked may or may not have happened.'
    case 'too_large':
      return 'The body is larger than this route takes. Send less at once.'
    case 'unsupported_media_type':
      return 'This route does not read that content type. Send application/json, or what /openapi.json names.'
    case 'malformed':
      return error instanceof Error ? error.message : PROBLEMS.malformed.title
    default:
      return 'The fault is on this side and has been logged under the request id in "instance".'
  }
}
