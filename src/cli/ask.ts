import { z } from 'zod'
import type { Config } from '../config.js'
import { LOCAL_CALLER } from '../domain/caller.js'
import type { DecisionRequest } from '../domain/decision.js'
import { Refusal, StoreUnavailable } from '../domain/refusal.js'
import { Answer } from './answer.js'
import type { Parts } from './parts.js'
import type { Service } from './service.js'
import { CommandRefused } from './shell.js'

/** A decision as it came, and read. */
export interface Asked {
  /** JSON text. */
  readonly body: string
  readonly answer: Answer
  /** Milliseconds inside the service; undefined where it does not tell. */
  readonly tookMs: number | undefined
}

/** Asks for a decision. Throws CommandRefused with what was wrong. */
export type Ask = (request: DecisionRequest) => Promise<Asked>

/** Asks a service of this process. */
export function askWithin(service: Pick<Service, 'decide'>, clock: Parts['clock']): Ask {
  return async request => {
    try {
      const { body, timings } = await service.decide(request, LOCAL_CALLER, clock.monotonicMs())
      return { body, answer: readAnswer(body), tookMs: timings.total }
    } catch (error) {
      throw refusalFor(error)
    }
  }
}

/** What a command says where a use case refused, or where the store is away. */
export function refusalFor(error: unknown): unknown {
  if (error instanceof StoreUnavailable)
    return new CommandRefused(`the store does not answer: ${error.message}`)
  if (!(error instanceof Refusal)) return error
  return new CommandRefused([error.message, ...error.faults.map(describeFault)].join('\n'))
}

const Problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional()
})

/** Asks a running service over HTTP, with the key of the configuration where there is one. */
export function askOver(url: string, config: Config): Ask {
  const target = new URL('/v1/decisions', url)
  const authorization: Record<string, string> =
    config.key === undefined ? {} : { authorization: `Bearer ${config.key}` }
  return async request => {
    const response = await post(target, JSON.stringify(request), authorization)
    const body = await response.text()
    if (!response.ok) throw new CommandRefused(problemText(target, response.status, body))
    return {
      body,
      answer: readAnswer(body),
      tookMs: totalOf(response.headers.get('server-timing'))
    }
  }
}

async function post(
  target: URL,
  body: string,
  headers: Readonly<Record<string, string>>
): Promise<Response> {
  try {
    return await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body
    })
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new CommandRefused(`${target.origin} does not answer (${cause}): is the service running?`)
  }
}

function problemText(target: URL, status: number, body: string): string {
  const problem = Problem.safeParse(parsed(body))
  if (!problem.success)
    return `${target.href} answered ${status}, which is not the answer of an offerd service`
  const { title, detail, errors = [] } = problem.data
  return [`${status} ${detail ?? title ?? ''}`, ...errors.map(describeFault)].join('\n')
}

function describeFault({
  pointer,
  detail
}: {
  readonly pointer: string
  readonly detail: string
}): string {
  return `${pointer === '' ? 'the request' : pointer}: ${detail}`
}

function readAnswer(body: string): Answer {
  const answer = Answer.safeParse(parsed(body))
  if (!answer.success)
    throw new CommandRefused(`the answer is not one of an offerd service: ${body.slice(0, 200)}`)
  return answer.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whatever is no JSON fails the schema that reads it, with a sentence.
    return undefined
  }
}

/** The total of a Server-Timing header, in milliseconds. */
function totalOf(timing: string | null): number | undefined {
  const [, ms] = /\btotal;dur=([\d.]+)/.exec(timing ?? '') ?? []
  return ms === undefined ? undefined : Number(ms)
}
