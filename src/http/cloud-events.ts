import type { IncomingHttpHeaders } from 'node:http'
import { isObject } from '../decisioning/faults.js'
import { Refusal } from '../domain/refusal.js'
import { pointerTo } from './json.js'

type Members = Readonly<Record<string, unknown>>

/** Members of our events that a CloudEvent may carry as extension attributes, whose names are in lower case. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map(
  ['token', 'offerId', 'channel', 'placement', 'value', 'reason', 'until'].map(name => [
    name.toLowerCase(),
    name
  ])
)

/**
 * Our event from a CloudEvent 1.0 (structured): id, source, type and time are the same in both. `data` that holds a token
 * or a customer is the rest of our event; any other `data` is the event's own data. What `data` leaves open may stand in
 * extension attributes, and the customer in `subject`, as namespace/id. Throws a Refusal on what is no CloudEvent.
 */
export function fromCloudEvent(value: unknown, pointer = ''): Members {
  const event = membersOf(value, pointer)
  if (event['specversion'] !== '1.0') fail(pointerTo(pointer, 'specversion'), 'must be "1.0"')
  for (const name of ['id', 'source', 'type']) {
    if (typeof event[name] !== 'string' || event[name] === '')
      fail(pointerTo(pointer, name), 'must be a text')
  }
  if (event['data_base64'] !== undefined)
    fail(pointerTo(pointer, 'data_base64'), 'is not read here; send JSON as data')
  const { id, source, type, time, data } = event
  const rest =
    isObject(data) && ('token' in data || 'customer' in data)
      ? data
      : data === undefined
        ? {}
        : { data }
  const own = { ...extensionsOf(event), ...rest, id, source, type }
  return { ...customerOf(event, own), ...own, ...(time === undefined ? {} : { time }) }
}

/** The CloudEvent of a request in binary mode: attributes in ce- headers, data in the body. undefined: not in that mode. */
export function binaryCloudEvent(headers: IncomingHttpHeaders, data: unknown): Members | undefined {
  if (headers['ce-specversion'] === undefined) return undefined
  const event: Record<string, unknown> = data === undefined ? {} : { data }
  for (const [name, text] of Object.entries(headers)) {
    if (/^ce-[a-z0-9]{1,20}$/.test(name) && name !== 'ce-data')
      event[name.slice(3)] = decodeText(String(text), name)
  }
  return event
}

function extensionsOf(event: Members): Members {
  const found: Record<string, unknown> = {}
  for (const [name, ours] of EXTENSIONS) {
    if (event[name] !== undefined)
      found[ours] = ours === 'value' ? Number(event[name]) : event[name]
  }
  return found
}

function customerOf({ subject }: Members, own: Members): Members {
  if (typeof subject !== 'string' || 'token' in own) return {}
  const slash = subject.indexOf('/')
  return slash < 1
    ? {}
    : { customer: { namespace: subject.slice(0, slash), id: subject.slice(slash + 1) } }
}

/** Header values are percent-encoded where they are not printable ASCII. */
function decodeText(text: string, name: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return fail(`/${name}`, 'has a broken percent-encoding')
  }
}

function membersOf(value: unknown, pointer: string): Members {
  return isObject(value) ? value : fail(pointer, 'is not a CloudEvent')
}

function fail(pointer: string, detail: string): never {
  throw new Refusal(
    'invalid',
    `The CloudEvent${pointer === '' ? '' : ` at ${pointer}`} ${detail}.`,
    [{ pointer, detail }]
  )
}
