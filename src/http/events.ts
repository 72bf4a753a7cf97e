import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fromCloudEvent, isCloudEvent } from '../decisioning/events/cloud-events.js'
import { looksLikeEvent, MOST_EVENTS } from '../decisioning/events/event-schema.js'
import type { RecordEvents } from '../decisioning/events/record-events.js'
import { Refusal } from '../domain/refusal.js'
import { readAsText, textOf } from './body.js'
import { problem } from './errors.js'
import { parseJson } from './json.js'
import { sendProblem } from './refuse.js'

const CLOUD_EVENT = 'application/cloudevents+json'
const CLOUD_EVENTS = 'application/cloudevents-batch+json'

/** Which member of a lone event a rejection is about; the whole event where there is none. */
const POINTERS: ReadonlyMap<string, string> = new Map([
  ['token_invalid', '/token'],
  ['token_expired', '/token'],
  ['token_required', '/token'],
  ['unknown_type', '/type'],
  ['unknown_offer', '/offerId'],
  ['unknown_channel', '/channel'],
  ['unknown_namespace', '/customer/namespace'],
  ['invalid_time', '/time'],
  ['in_future', '/time']
])

/** POST /v1/events: one event, many, or CloudEvents in any of their three modes. */
export function eventRoutes(
  app: FastifyInstance,
  recordEvents: RecordEvents,
  nowMs: () => number
): void {
  // navigator.sendBeacon sends text/plain, which needs no preflight.
  readAsText(app, [CLOUD_EVENT, CLOUD_EVENTS, 'text/plain'])
  app.post(
    '/v1/events',
    { config: { right: 'tell', publishable: true } },
    async (request, reply) => {
      const { events, lone } = readEvents(request)
      const receipt = await recordEvents(events, request.caller, nowMs())
      const [rejection] = receipt.rejected
      if (!lone || rejection === undefined) return reply.code(202).send(receipt)
      const refusal = problem('not_allowed', rejection.detail, request.id)
      const errors = [{ pointer: POINTERS.get(rejection.code) ?? '', detail: rejection.detail }]
      const body = { ...refusal, errors, rejected: receipt.rejected }
      return sendProblem(reply, body)
    }
  )
}

interface Told {
  readonly events: readonly unknown[]
  /** One event that came without a list around it. */
  readonly lone: boolean
}

/** The events of a body, each known to be an event at all; what they say is judged one by one. */
function readEvents(request: FastifyRequest): Told {
  const { headers } = request
  const text = textOf(request.body)
  if (headers['ce-specversion'] !== undefined) {
    return { events: [readEvent(binaryCloudEvent(headers, text), '', true)], lone: true }
  }
  const value = parseJson(text)
  const cloud = /^application\/cloudevents(-batch)?\+json/i.test(headers['content-type'] ?? '')
  if (!Array.isArray(value)) return { events: [readEvent(value, '', cloud)], lone: true }
  if (value.length === 0 || value.length > MOST_EVENTS) {
    throw new Refusal(
      'invalid',
      `Send 1 to ${MOST_EVENTS} events at once; these are ${value.length}.`
    )
  }
  return { events: value.map((each, i) => readEvent(each, `/${i}`, cloud)), lone: false }
}

/** One event as the use case takes it. `cloud`: the content type says that it is a CloudEvent. */
function readEvent(value: unknown, pointer: string, cloud: boolean): unknown {
  if (isCloudEvent(value)) return fromCloudEvent(value)
  if (!cloud && looksLikeEvent(value)) return value
  const detail = cloud
    ? 'is not a CloudEvent: specversion must be "1.0"'
    : 'is not an event: it needs a type'
  throw new Refusal(
    'invalid',
    `${pointer === '' ? 'The body' : `The item ${pointer}`} ${detail}.`,
    [{ pointer, detail }]
  )
}

/** The envelope of a CloudEvent in binary mode: attributes in ce- headers, percent-encoded, and data in the body. */
function binaryCloudEvent(headers: IncomingHttpHeaders, text: string): unknown {
  const attributes = Object.entries(headers).filter(([name]) => /^ce-[a-z0-9]+$/.test(name))
  const envelope = Object.fromEntries(
    attributes.map(([name, value]) => [name.slice(3), decode(name, String(value))])
  )
  return text === '' ? envelope : { ...envelope, data: parseJson(text) }
}

function decode(name: string, value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw new Refusal('malformed', `The header ${name} has a broken percent-encoding.`)
  }
}
