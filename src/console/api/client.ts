import type { z } from 'zod'
import type { ANSWERS } from '../../http/answers.js'
import { keyAskedFor } from './key-asked-for.js'

type AnswerName = keyof typeof ANSWERS

/** An answer of the service, by the name that it has in /openapi.json. */
export type Answer<Name extends AnswerName> = z.infer<(typeof ANSWERS)[Name]>

/** A request that got a problem for an answer, or none at all. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  /** Of HTTP; 0 where the service could not be reached. */
  readonly status: number
  /** OFFERD_…, or UNREACHABLE. */
  readonly code: string
  /** What is wrong at which place of the body. */
  readonly faults: readonly { readonly pointer: string; readonly detail: string }[]

  constructor({ status, code, detail, errors = [] }: Answer<'Problem'>) {
    super(detail)
    this.status = status
    this.code = code
    this.faults = errors
  }
}

export const UNREACHABLE = 'UNREACHABLE'

/** Asks for the answer of that name. Throws ApiProblem; the sign-in form comes up where a key is missing. */
export async function get<Name extends AnswerName>(
  _name: Name,
  path: string,
  signal?: AbortSignal
): Promise<Answer<Name>> {
  const reply = await ask(path, { signal: signal ?? null })
  return (await reply.json()) as Answer<Name>
}

/** Sends a body as JSON and takes the answer of that name. Throws ApiProblem as get does. */
export async function post<Name extends AnswerName>(
  _name: Name,
  path: string,
  body: unknown,
  signal?: AbortSignal
): Promise<Answer<Name>> {
  const reply = await ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal ?? null
  })
  return (await reply.json()) as Answer<Name>
}

/** Sends a request as it is. Throws ApiProblem as get does. */
export async function ask(path: string, request: RequestInit): Promise<Response> {
  let reply: Response
  try {
    reply = await fetch(path, request)
  } catch (error) {
    if (request.signal?.aborted === true) throw error
    throw unreachable(error)
  }
  if (reply.ok) return reply
  const problem = await problemOf(reply)
  if (problem.status === 401) keyAskedFor.set(problem.message)
  throw problem
}

async function problemOf(reply: Response): Promise<ApiProblem> {
  if (reply.headers.get('content-type')?.startsWith('application/problem+json') === true)
    return new ApiProblem((await reply.json()) as Answer<'Problem'>)
  // Not the service's own word: a proxy between, for instance.
  return new ApiProblem({
    ...NO_WORDS,
    status: reply.status,
    detail: `${reply.status} ${reply.statusText}`
  })
}

const NO_WORDS = { type: 'about:blank', title: '', instance: '', code: UNREACHABLE } as const

function unreachable(error: unknown): ApiProblem {
  const detail = error instanceof Error ? error.message : String(error)
  return new ApiProblem({ ...NO_WORDS, status: 0, detail })
}
