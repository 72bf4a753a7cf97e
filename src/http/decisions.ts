import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { StageTimings } from '../domain/decision.js'
import type { DecideOnce } from '../decisioning/decide-once.js'
import type { FindDecisions } from '../decisioning/find-decisions.js'
import type { DecisionLookUp } from '../decisioning/look-up.js'
import type { Replay } from '../decisioning/replay/replay.js'
import type { Snapshots } from '../decisioning/snapshot.js'
import { customerText, type CustomerKey } from '../domain/customer.js'
import { Refusal } from '../domain/refusal.js'
import { readAsText, textOf } from './body.js'
import { parseJson } from './json.js'
import type { LookedUp } from './look-ups.js'
import type { Report } from './refuse.js'
import {
  batchRequest,
  decisionRequest,
  decisionsQuery,
  id,
  page,
  replayRequest
} from './schemas.js'
import { BATCH_BYTES } from './settings.js'
import { reader } from './validate.js'

/** Node reserves three bytes for every character of a text that it sends, its head included; above its 16 KiB at hand it takes memory. */
const LONG_TEXT = 5000

const JSON_UTF8 = 'application/json; charset=utf-8'

export interface DecisionRouteNeeds {
  readonly decide: DecideOnce
  readonly lookUp: DecisionLookUp
  readonly findDecisions: FindDecisions
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly replay: Replay
  readonly report: Report
}

/** POST /v1/decisions, the batch, and what was recorded. */
export function decisionRoutes(
  app: FastifyInstance,
  { decide, lookUp, findDecisions, replay, report, snapshots }: DecisionRouteNeeds
): void {
  const readRequest = reader(decisionRequest)
  const readBatch = reader(batchRequest)
  const readId = reader(id)
  const readPage = reader(page)
  const readReplay = reader(replayRequest)
  const readQuery = reader(decisionsQuery)

  const customerOf = ({
    customer: id,
    namespace = snapshots.current().strategy.namespaces[0]!
  }: ReturnType<typeof readQuery>): CustomerKey | undefined =>
    id === undefined ? undefined : { namespace, id }
  const searched = ({ query }: FastifyRequest): LookedUp => {
    const key = customerOf(readQuery(query))
    return key === undefined ? { about: 'the latest decisions' } : { customer: customerText(key) }
  }

  // A page of another origin sends this without a preflight.
  readAsText(app, ['text/plain'])
  app.post(
    '/v1/decisions',
    { config: { right: 'decide', publishable: true, isMeasured: true } },
    async (request, reply) => {
      const requestText = textOf(request.body)
      const asked = readRequest(parseJson(requestText))
      const options = { idempotencyKey: idempotencyKeyOf(request), requestText }
      const { body, timings } = await decide(asked, request.caller, request.receivedAtMs, options)
      reply.header('content-type', JSON_UTF8)
      reply.header('server-timing', serverTiming(timings))
      return body.length > LONG_TEXT ? Buffer.from(body) : body
    }
  )

  app.post(
    '/v1/decisions/batch',
    { config: { right: 'decide_many', publishable: true }, bodyLimit: BATCH_BYTES },
    async (request, reply) => {
      const { requests } = readBatch(parseJson(textOf(request.body)))
      const key = idempotencyKeyOf(request)
      const decideOne = async (item: unknown, i: number): Promise<string> => {
        try {
          const options = {
            idempotencyKey: key && `${key}#${i}`,
            requestText: JSON.stringify(item)
          }
          return (await decide(readRequest(item), request.caller, request.receivedAtMs, options))
            .body
        } catch (error) {
          return JSON.stringify(report(error, request))
        }
      }
      const bodies = await Promise.all(requests.map(decideOne))
      reply.header('content-type', JSON_UTF8)
      return `{"decisions":[${bodies.join(',')}]}`
    }
  )

  app.get(
    '/v1/decisions',
    { config: { right: 'read_decisions', looksUp: searched, load: 'simulation' } },
    async ({ query, caller }) => {
      const asked = readQuery(query)
      return findDecisions(customerOf(asked), asked.limit, caller)
    }
  )

  app.get<{ Params: { id: string } }>(
    '/v1/decisions/:id',
    { config: { right: 'read_decisions', looksUp: decisionOf } },
    async (request, reply) => {
      const body = await lookUp.get(readId(request.params.id), request.caller)
      return reply.header('content-type', JSON_UTF8).send(body)
    }
  )

  app.get<{ Params: { id: string } }>(
    '/v1/decisions/:id/explanation',
    { config: { right: 'read_decisions', looksUp: decisionOf } },
    async (request, reply) => {
      const { params, query, caller } = request
      const body = await lookUp.explanation(readId(params.id), readPage(query), caller)
      return reply.header('content-type', JSON_UTF8).send(body)
    }
  )

  app.post<{ Params: { id: string } }>(
    '/v1/decisions/:id/replay',
    { config: { right: 'replay', looksUp: decisionOf } },
    async request => {
      const text = textOf(request.body)
      const { strategy } = readReplay(text === '' ? {} : parseJson(text))
      return await replay(readId(request.params.id), strategy, request.caller)
    }
  )
}

function decisionOf({ params }: FastifyRequest): LookedUp {
  return { about: `decision ${(params as { id: string }).id.slice(0, 80)}` }
}

/** The key under which the caller may ask again without deciding again. */
function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined || (typeof key === 'string' && /^[\x20-\x7e]{1,256}$/.test(key))) return key
  throw new Refusal(
    'invalid',
    'The header Idempotency-Key takes 1 to 256 printable ASCII characters.'
  )
}

/** Milliseconds with up to three digits after the point, as the Server-Timing header takes them. */
function serverTiming({ profile, policy, model, arbitrate, total }: StageTimings): string {
  return (
    `profile;dur=${rounded(profile)}, policy;dur=${rounded(policy)}, model;dur=${rounded(model)}, ` +
    `arbitrate;dur=${rounded(arbitrate)}, total;dur=${rounded(total)}`
  )
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
