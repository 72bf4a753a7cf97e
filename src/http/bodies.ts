import { z } from 'zod'
import { EventSchema, MOST_EVENTS } from '../decisioning/events/event-schema.js'
import { MOST_TAGS } from '../decisioning/customers/profile-body.js'
import {
  decisionRequest,
  id,
  MOST_REQUESTS,
  replayRequest,
  time,
  whatIfRequest
} from './schemas.js'

/*
 * What bodies look like, for the document at /openapi.json. Decisions are checked against these very schemas (those of a batch one by one). Events and
 * customers are checked by their use cases, which know what the strategy declares; here stands what holds for any strategy.
 */

const attributes = z.record(z.string(), z.unknown())
const tags = z.array(z.string()).max(MOST_TAGS)
const consentGiven = z.strictObject({
  granted: z.boolean(),
  time: time.optional().meta({ description: 'Now when absent.' }),
  source: id.optional().meta({ description: "The key's id when absent." })
})

const party = z.strictObject({
  namespace: id.optional().meta({ description: "The strategy's first when absent." }),
  id
})

const cloudEvent = z
  .looseObject({
    specversion: z.literal('1.0'),
    id,
    source: id,
    type: z.string().meta({ description: 'click, offerd.click or com.example.offerd.click.' }),
    time: time.optional(),
    subject: z.string().optional().meta({ description: 'The customer as namespace/id.' }),
    data: z.unknown().optional().meta({
      description:
        'The other members of the event; with a subject, the own data of a behaviour event.'
    })
  })
  .meta({ description: 'CloudEvents 1.0.' })

/** Bodies by the name that they have in the document. */
export const BODIES = {
  CloudEvent: cloudEvent,
  CloudEventBatch: z.array(cloudEvent).min(1).max(MOST_EVENTS),
  Consent: z.record(z.string(), consentGiven).meta({ description: 'By purpose; replaces all.' }),
  CustomerBody: z.strictObject({
    attributes: attributes.optional(),
    tags: tags.optional(),
    consent: z.record(z.string(), consentGiven).optional()
  }),
  CustomerLine: z
    .looseObject({ namespace: id.optional(), id })
    .meta({ description: 'One line: a CustomerBody with namespace and id.' }),
  CustomerPatch: z
    .strictObject({
      attributes: attributes.nullish(),
      tags: tags.nullish(),
      consent: z.record(z.string(), consentGiven.nullable()).nullish()
    })
    .meta({ description: 'A merge patch (RFC 7396): null removes.' }),
  CustomerMerge: z.strictObject({ from: party, into: party }).meta({
    description: 'Which is which makes no difference: the answer names the canonical key.'
  }),
  DecisionBatch: z.strictObject({ requests: z.array(decisionRequest).min(1).max(MOST_REQUESTS) }),
  DecisionRequest: decisionRequest,
  Event: EventSchema,
  Events: z.union([EventSchema, z.array(EventSchema).min(1).max(MOST_EVENTS)]),
  ReplayRequest: replayRequest,
  WhatIfRequest: whatIfRequest
} as const satisfies Readonly<Record<string, z.ZodType>>
