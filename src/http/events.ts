import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readAsText, textOf } from './body.js'
import { binaryCloudEvent, fromCloudEvent } from './cloud-events.js'
import { parseJson } from './json.js'
import { anyEvent, anyEvents } from './schemas.js'
import type { RecordEvents } from './use-cases.js'
import { reader } from './validate.js'

const CLOUD_EVENT = 'application/cloudevents+json'
const CLOUD_EVENTS = 'application/cloudevents-batch+json'

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
    { config: { scope: 'events', publishable: true } },
    async (request, reply) => {
      const receipt = await recordEvents(readEvents(request), request.caller, nowMs())
      return reply.code(202).send(receipt)
    }
  )
}

/** The events of a body. Each is known to be an event at all; what else they say is judged one by one. */
function readEvents(request: FastifyRequest): readonly unknown[] {
  const text = textOf(request.body)
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type === CLOUD_EVENT) return [fromCloudEvent(parseJson(text))]
  if (type === CLOUD_EVENTS)
    return readMany(parseJson(text)).map((event, i) => fromCloudEvent(event, `/${i}`))
  const value = text === '' ? undefined : parseJson(text)
  const binary = binaryCloudEvent(request.headers, value)
  if (binary !== undefined) return [fromCloudEvent(binary)]
  return Array.isArray(value) ? readMany(value) : [readOne(value)]
}

const readOne = reader(anyEvent)
const readMany = reader(anyEvents)
