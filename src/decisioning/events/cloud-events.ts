import { isInteractionType } from '../../domain/interaction.js'
import { isObject } from '../faults.js'

/** Whether a body is a CloudEvents 1.0 envelope (structured mode, or one of a batch). */
export function isCloudEvent(body: unknown): body is Readonly<Record<string, unknown>> {
  return isObject(body) && body['specversion'] === '1.0'
}

/**
 * The event that a CloudEvents 1.0 envelope carries, in the form of POST /v1/events; its faults are found where all events are
 * checked.
 *
 * - `id`, `source` and `time` are the event's; what stands before and including `offerd.` in `type` is dropped, so that
 *   `click`, `offerd.click` and `com.example.offerd.click` are all clicks.
 * - `data` of an interaction holds the other members: `token`, or `customer`, `offerId` and so on.
 * - `subject` is the customer as `namespace/id`, or an id of the first namespace. A behaviour event with a subject has its own
 *   data in `data`; without one, `data` holds the other members (`token` or `customer`, `value`, `data`).
 *
 * Binary mode is the same envelope made of the ce- headers by the caller.
 */
export function fromCloudEvent(envelope: Readonly<Record<string, unknown>>): unknown {
  const { id, source, time, subject, data, data_base64 } = envelope
  const type =
    typeof envelope['type'] === 'string'
      ? envelope['type'].replace(/^(?:.*\.)?offerd\./s, '')
      : envelope['type']
  const own = defined({ id, source, type, time, data_base64 })
  const customer = typeof subject === 'string' ? { customer: customerOf(subject) } : {}
  const isBehaviour = typeof type === 'string' && !isInteractionType(type)
  if (isBehaviour && typeof subject === 'string')
    return { ...customer, ...defined({ data }), ...own }
  if (data !== undefined && !isObject(data)) return { ...customer, data, ...own }
  const saysWhom =
    data !== undefined && (data['token'] !== undefined || data['customer'] !== undefined)
  return { ...(saysWhom ? {} : customer), ...data, ...own }
}

function customerOf(subject: string): { namespace?: string; id: string } {
  const slash = subject.indexOf('/')
  return slash < 0
    ? { id: subject }
    : { namespace: subject.slice(0, slash), id: subject.slice(slash + 1) }
}

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined))
}
