import { z } from 'zod'
import type { BehaviourEvent, DecisionRequest } from '../domain/decision.js'
import type { WhatIfRequest } from '../decisioning/what-if/what-if.js'
import { checkId, LONGEST_ID_BYTES } from '../decisioning/values.js'

export const MOST_REQUESTS = 500

/** Nearly every id is printable ASCII, which one pattern can tell. */
const PLAIN_ID = /^[ -~]{1,256}$/

/** Ids and names; checkId knows what they may be. */
export const id = z
  .string()
  .refine(text => PLAIN_ID.test(text) || checkId(text) === undefined, {
    error: ({ input }) => checkId(input)
  })
  .meta({
    minLength: 1,
    maxLength: LONGEST_ID_BYTES,
    description: '1 to 256 bytes of UTF-8 without control characters and lone surrogates.'
  })

/** A time as RFC 3339 writes it; the use cases read it, with the strategy's limits. */
export const time = z.string().min(1).max(64).meta({ format: 'date-time' })

const names = z.array(id).min(1).max(100)
const facts = z.record(z.string().min(1).max(256), z.unknown())

const customerRef = z.strictObject({
  id,
  namespace: id.optional().meta({ description: "The strategy's first namespace when absent." })
})

const behaviourEvent: z.ZodType<BehaviourEvent> = z.strictObject({
  type: id,
  id: id.optional(),
  time: time.optional(),
  value: z.number().optional(),
  data: z.unknown().optional()
})

const placement = z.strictObject({
  id,
  count: z.int().min(1).max(10).optional(),
  filter: z
    .strictObject({
      group: names.optional(),
      issue: names.optional(),
      offer: names.optional(),
      tag: names.optional()
    })
    .optional()
})

const options = z
  .strictObject({
    timeoutMs: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .meta({ description: 'Counted from receipt; 100 when absent.' }),
    explain: z.enum(['none', 'summary', 'full']).optional(),
    mode: z.enum(['live', 'test']).optional(),
    activate: z.enum(['on_impression', 'on_decision']).optional(),
    seed: id.optional().meta({ description: 'Mode test only.' }),
    at: time.optional().meta({ description: 'Mode test only.' })
  })
  .superRefine((given, context) => {
    if (given.mode === 'test') return
    for (const name of ['seed', 'at'] as const) {
      if (given[name] !== undefined)
        context.addIssue({ code: 'custom', path: [name], message: 'is for mode "test" only' })
    }
  })

/** Body of POST /v1/decisions and an item of a batch. */
export const decisionRequest: z.ZodType<DecisionRequest> = z.strictObject({
  customer: customerRef,
  channel: id,
  placements: z
    .array(placement)
    .min(1)
    .max(10)
    .refine(
      list => list.length < 2 || new Set(list.map(each => each.id)).size === list.length,
      'names a placement twice'
    ),
  context: facts.optional(),
  attributes: facts
    .optional()
    .meta({ description: 'For this request only, over the stored profile.' }),
  events: z.array(behaviourEvent).max(100).optional(),
  exclude: z.array(id).max(1000).optional(),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/, 'is not a language tag such as de-AT')
    .optional(),
  options: options.optional()
})

/** The items of a batch are checked one by one: one bad request does not fail the others. */
export const batchRequest = z.strictObject({
  requests: z.array(z.unknown()).min(1).max(MOST_REQUESTS)
})

/** Body of a replay, which may be left out. */
export const replayRequest = z.strictObject({
  strategy: z.enum(['recorded', 'current']).default('recorded').meta({
    description:
      'recorded: the strategy that made the decision. current: the one in force, to see what today’s rules say.'
  })
})

/** Body of a what-if; what its names may be, the use case knows. */
export const whatIfRequest: z.ZodType<WhatIfRequest> = z.strictObject({
  request: decisionRequest.meta({
    description: 'A decision request; it is decided in mode test, whatever it says.'
  }),
  changes: z
    .strictObject({
      attributes: facts.optional().meta({
        description: 'A merge patch (RFC 7396) of the customer: null takes one away.'
      }),
      tags: z.array(z.string()).optional().meta({ description: "In the place of the customer's." }),
      consent: z
        .record(id, z.strictObject({ granted: z.boolean() }).nullable())
        .optional()
        .meta({ description: 'By purpose.' }),
      context: facts.optional().meta({ description: "Over the request's; null takes one away." }),
      at: time.optional().meta({ description: 'The instant to decide at.' }),
      levers: z.record(id, z.number().min(-1000).max(1000)).optional().meta({
        description:
          "By offer, in percent: takes the place of the offer's own lever; those of its group and issue stay."
      })
    })
    .default({})
})

/** Most outcomes of an explanation, and most entries of a history, in one answer. */
const PAGE_LIMIT = 200

/** Query of an explanation. */
export const page = z.strictObject({
  from: whole(0, 999_999_999).default(0),
  limit: whole(1, PAGE_LIMIT).default(PAGE_LIMIT)
})

/** Query of a search for decisions. */
export const decisionsQuery = z.strictObject({
  customer: id.optional().meta({ description: 'Whose; all customers where left out.' }),
  namespace: id.optional().meta({ description: "The customer's; the first where left out." }),
  limit: whole(1, 100).default(20)
})

/** Query of one customer. */
export const customerQuery = z.strictObject({
  personal: z.enum(['shown', 'masked']).default('shown').meta({
    description: 'masked: of personal attributes only the ends, enough to compare.'
  })
})

/** Query of a history. */
export const historyQuery = z.strictObject({ limit: whole(1, PAGE_LIMIT).default(50) })

/** Query of the report on what came of decisions. */
export const learningReportQuery = z.strictObject({ days: whole(1, 366).default(30) })

/** A whole number as a query string spells it. */
function whole(smallest: number, largest: number): z.ZodType<number> {
  const digits = /^\d{1,9}$/
  return z.preprocess(
    text => (typeof text === 'string' && digits.test(text) ? Number(text) : text),
    z.int('is not a whole number').min(smallest).max(largest)
  )
}
