import { z } from 'zod'
import type { IncomingEvent } from '../../domain/interaction.js'
import { checkId } from '../values.js'

/** Most events in one call. */
export const MOST_EVENTS = 1000
const LONGEST_REASON = 500
/** Most bytes of an event's `data`, as compact JSON in UTF-8. */
const LARGEST_DATA_BYTES = 8 * 1024

const Id = z.string().superRefine((id, context) => {
  const fault = checkId(id)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
})

const Data = z.unknown().refine(fitsData, {
  message: `must not be larger than ${LARGEST_DATA_BYTES} bytes of JSON`
})

/** One told event by its shape; read-event.ts looks its names up. Published in the API's description. */
export const EventSchema = z
  .strictObject({
    id: Id.optional().describe('With source the duplicate key for seven days; made when absent.'),
    source: Id.optional().describe("Who tells; the key's id when absent."),
    type: z
      .string()
      .min(1)
      .max(256)
      .describe(
        'impression, click, accept, reject, later, ignore, convert, or a declared behaviour type.'
      ),
    time: z.string().optional().describe('RFC 3339; now when absent. It counts at this time.'),
    token: z
      .string()
      .min(1)
      .optional()
      .describe('From the answer: says the customer, the decision and the offer.'),
    customer: z.strictObject({ id: Id, namespace: Id.optional() }).optional(),
    offerId: Id.optional().describe('Of an interaction without a token; server keys only.'),
    channel: Id.optional(),
    placement: Id.optional(),
    value: z
      .number()
      .optional()
      .describe('With accept, convert and behaviour types that have one.'),
    reason: z.string().max(LONGEST_REASON).optional().describe('With reject.'),
    until: z.string().optional().describe('RFC 3339; with later.'),
    data: Data.optional()
  })
  .describe('One fact about a customer: an interaction with an offer, or behaviour.')

/** Whether a body can be taken for an event at all; what cannot is malformed and not merely rejected. */
export function looksLikeEvent(body: unknown): boolean {
  return (
    typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string'
  )
}

/** The event, or one sentence with everything that is wrong about its shape. */
export function parseEvent(raw: unknown): { event: IncomingEvent } | { fault: string } {
  const parsed = EventSchema.safeParse(raw)
  if (parsed.success) return { event: parsed.data }
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`
  )
  return { fault: faults.slice(0, 5).join('; ') }
}

function fitsData(data: unknown): boolean {
  const json = JSON.stringify(data) as string | undefined
  return json === undefined || Buffer.byteLength(json) <= LARGEST_DATA_BYTES
}
