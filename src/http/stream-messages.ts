import { z } from 'zod'
import type { DecisionRequest } from '../domain/decision.js'
import { Refusal } from '../domain/refusal.js'
import { parseJson } from './json.js'
import { decisionRequest } from './schemas.js'
import { reader } from './validate.js'

const MOST_EVENTS = 100

/** A message as the library hands it over. */
type RawData = Buffer | ArrayBuffer | Buffer[]

/** What a client says on the stream. `ref` comes back in what answers it. */
export type StreamMessage =
  | { readonly type: 'decide'; readonly ref: string | undefined; readonly request: DecisionRequest }
  | {
      readonly type: 'subscribe'
      /** Names the subscription on its connection. */
      readonly ref: string
      readonly request: DecisionRequest
      /** The id of the newest answer of a subscription that broke off. */
      readonly last: string | undefined
    }
  | { readonly type: 'unsubscribe'; readonly ref: string }
  | {
      readonly type: 'event'
      readonly ref: string | undefined
      readonly events: readonly unknown[]
    }

/** A message that could not be read: what is wrong, and the ref to say it to where there is one. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused'
  readonly refusal: unknown
  readonly ref: string | undefined

  constructor(refusal: unknown, ref: string | undefined) {
    super('a message of a stream was refused', { cause: refusal })
    this.refusal = refusal
    this.ref = ref
  }
}

const TYPES = ['decide', 'subscribe', 'unsubscribe', 'event'] as const
const name = z.string().min(1).max(64)
const readHead = reader(z.looseObject({ type: z.enum(TYPES), ref: name.optional() }))
const readRef = reader(z.looseObject({ ref: name }))
const readLast = reader(z.looseObject({ last: z.uuid().optional() }))
const readRequest = reader(decisionRequest)
const readUnsubscribe = reader(z.strictObject({ type: z.literal('unsubscribe'), ref: name }))
const readEvents = reader(
  z
    .strictObject({
      type: z.literal('event'),
      ref: name.optional(),
      event: z.record(z.string(), z.unknown()).optional(),
      events: z.array(z.unknown()).min(1).max(MOST_EVENTS).optional()
    })
    .refine(
      ({ event, events }) => (event === undefined) !== (events === undefined),
      'needs either "event" or "events"'
    )
)

/** Reads one message. Throws MessageRefused. */
export function readMessage(data: RawData, isBinary: boolean): StreamMessage {
  let ref: string | undefined
  try {
    if (isBinary) throw new Refusal('malformed', 'Messages are text; this one is binary.')
    const value = parseJson(textOf(data))
    ref = refOf(value)
    return meaningOf(value)
  } catch (error) {
    throw new MessageRefused(error, ref)
  }
}

function meaningOf(value: unknown): StreamMessage {
  const head = readHead(value)
  switch (head.type) {
    case 'decide': {
      const { type, ref, ...request } = head
      return { type, ref, request: readRequest(request) }
    }
    case 'subscribe': {
      const { type, ref: _, last: _last, ...request } = head
      const { ref } = readRef(value)
      const { last } = readLast(value)
      return { type, ref, last, request: readRequest(request) }
    }
    case 'unsubscribe':
      return readUnsubscribe(value)
    case 'event': {
      const { type, ref, event, events = [event] } = readEvents(value)
      return { type, ref, events }
    }
  }
}

function textOf(data: RawData): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data
  return bytes instanceof ArrayBuffer ? Buffer.from(bytes).toString() : bytes.toString('utf8')
}

/** The ref of a message that may be wrong otherwise. */
function refOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('ref' in value)) return undefined
  return name.safeParse(value.ref).data
}
