import { z } from 'zod'
import { STAGES } from '../domain/decision.js'
import { count, customerKey, limitStanding, modelVersions, share } from './answer-parts.js'
import { LEARNING_ANSWERS } from './learning-answers.js'
import { OVERVIEW_ANSWERS } from './overview-answers.js'
import { WORDS_ANSWERS } from './words-answers.js'
import { id, time } from './schemas.js'

/*
 * What answers look like. Nothing is checked against these while serving (use cases write their answers); the document at
 * /openapi.json is made of them, and tests hold real answers against them. Members may be added at any time.
 */

const json = z.record(z.string(), z.unknown())

const placedOffer = z.object({
  offerId: id,
  treatmentId: z.string(),
  rank: z.int().min(1),
  priority: z.number().min(0).optional(),
  factors: z
    .object({ p: share, c: z.number().min(0), v: z.number().min(0), l: z.number().min(0) })
    .optional()
    .meta({ description: 'Propensity, context weight, value and lever. Absent on a fallback.' }),
  propensity: z
    .object({
      value: share,
      source: z.enum(['model', 'blend', 'adaptive', 'prior']),
      model: z.string().optional(),
      evidence: z.number().min(0).meta({
        description: 'Impressions that it was learnt from, those that are forgotten taken off.'
      }),
      variance: z
        .number()
        .min(0)
        .optional()
        .meta({ description: 'Of what is known of it, where it adapts.' })
    })
    .optional()
    .meta({ description: 'Absent on a fallback.' }),
  probability: share.nullable().optional().meta({
    description:
      'That this policy puts this offer here, given the slots before; null where that is worked out after the answer, and stands in its record.'
  }),
  token: z.string().optional().meta({
    description: 'Send it back with the interaction; good for seven days. Absent in mode test.'
  }),
  expiresAt: time,
  content: z.unknown(),
  labels: z.unknown()
})

const decision = z
  .object({
    decisionId: z.string(),
    decidedAt: time,
    strategy: z.object({ version: count, hash: z.string() }),
    customer: customerKey.extend({
      known: z.boolean(),
      holdout: z.boolean(),
      control: z.boolean(),
      experiments: z.record(z.string(), z.string())
    }),
    placements: z.array(z.object({ id, fallback: z.boolean(), offers: z.array(placedOffer) })),
    degraded: z.array(z.string()).meta({
      description:
        'What was done without: profile, limits, filling, model:NAME. Empty when all is well.'
    }),
    explanation: json.optional().meta({ description: 'When options.explain asks for it.' })
  })
  .meta({
    description:
      'Publishable keys see no priority, factors, propensity and probability. A placement always holds offers or its fallback.'
  })

const fault = z.object({
  pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) into the body.' }),
  detail: z.string()
})

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    instance: z.string().meta({ description: 'Holds the x-request-id of the request.' }),
    code: z.string().regex(/^OFFERD_[A-Z_]+$/),
    errors: z.array(fault).max(20).optional()
  })
  .meta({ description: 'RFC 9457.' })

const needed = z.number().nullable().optional()

const replay = z.object({
  decisionId: z.string(),
  same: z.boolean(),
  difference: z
    .object({
      stage: z.string(),
      offer: id.optional(),
      placement: id.optional(),
      recorded: z.unknown(),
      now: z.unknown()
    })
    .optional()
    .meta({
      description:
        'The first one, in the order of a decision. The stage is that of a candidate, or request, profile, holdout, candidates, control, ' +
        'experiments, propensity, contextWeight, lever, priority, filling, exploration, limits, answer or explanation.'
    }),
  scores: z
    .object({ compared: count, largestDifference: z.number().min(0) })
    .meta({ description: "The models' scores now beside the recorded ones; equal up to 1e-6." }),
  strategy: z
    .object({ version: count, hash: z.string() })
    .meta({ description: 'The one that decided again.' })
})

const explanation = z.object({
  decisionId: z.string(),
  decidedAt: time,
  candidates: count,
  holdout: z.boolean(),
  control: z.boolean(),
  experiments: z
    .array(z.object({ name: id, arm: id, exposed: z.boolean() }))
    .optional()
    .meta({ description: 'Of the customer; exposed where the arm could matter.' }),
  exploration: z
    .looseObject({
      method: z.enum(['epsilon', 'thompson']),
      share: share.optional(),
      text: z.string()
    })
    .optional()
    .meta({
      description: 'Where a part was left to chance; each selected offer says how it came in.'
    }),
  shadows: z
    .array(z.object({ model: id, offers: z.record(z.string(), share) }))
    .optional()
    .meta({ description: 'What models that decide nothing would have said; first page only.' }),
  contextWeights: z
    .array(z.object({ when: z.string(), weight: z.number(), target: z.string() }))
    .optional()
    .meta({ description: 'Those that held.' }),
  funnel: z.array(z.object({ stage: z.enum(STAGES), removed: count, left: count })),
  outcomes: z
    .array(z.looseObject({ offerId: id, stage: z.enum(STAGES) }))
    .meta({ description: 'The selected and the removed.' }),
  outranked: z
    .object({ columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) })
    .optional()
    .meta({ description: 'Those that others won against, the best first, as rows of a table.' }),
  whatItTakes: z
    .array(
      z.looseObject({
        offerId: id,
        stage: z.enum(STAGES),
        placement: id
          .optional()
          .meta({ description: 'Where the least is enough, if several were asked for.' }),
        priority: needed.meta({ description: 'The priority that is enough.' }),
        value: needed.meta({ description: 'The value that is enough.' }),
        lever: needed.meta({ description: 'All levers together, in percent.' }),
        contextWeight: needed.meta({ description: 'Percent to be added to those that hold.' }),
        reason: z.string().optional().meta({ description: 'Why nothing is enough.' })
      })
    )
    .optional()
    .meta({
      description:
        'For the three best outranked: any one of these, all else being equal, is the least that would win; null where nothing would. For the first three removed: the rule that stands in the way. On the first page only.'
    }),
  next: count.optional().meta({ description: '`from` of the following page; absent on the last.' })
})

const rejection = z.object({
  index: count,
  code: z
    .string()
    .meta({ description: 'invalid_event, unknown_type, token_expired and the like.' }),
  detail: z.string()
})

const consent = z.record(z.string(), z.object({ granted: z.boolean(), time, source: z.string() }))

const customer = z.object({
  customer: customerKey,
  attributes: json,
  tags: z.array(z.string()),
  consent
})

const historyEntry = z.looseObject({ id: z.string(), source: z.string(), type: z.string(), time })
const history = z.object({ customer: customerKey, history: z.array(historyEntry) })

const place = z.object({ file: z.string(), line: z.int(), column: z.int() })
const loadReport = z.object({
  outcome: z.enum(['swapped', 'unchanged', 'refused', 'valid']),
  version: count.meta({ description: 'Of the strategy in force afterwards.' }),
  hash: z.string(),
  problems: z.array(
    place.extend({
      message: z.string(),
      hint: z.string().optional(),
      severity: z.enum(['error', 'warning'])
    })
  )
})

const processReport = z.object({
  process: z.string(),
  outcome: loadReport.shape.outcome,
  version: count,
  hash: z.string(),
  errors: count
})
const processes = z
  .array(processReport)
  .meta({ description: 'The processes that share the store, this one first.' })

const strategy = z.looseObject({
  name: z.string(),
  version: count,
  hash: z.string(),
  loadedAt: time,
  currency: z.string(),
  timeZone: z.string(),
  namespaces: z.array(z.string()),
  counts: z.record(z.string(), count),
  models: modelVersions,
  offers: z.array(
    z.object({
      id,
      name: z.string(),
      issue: z.string(),
      group: z.string(),
      fallbackOnly: z.boolean(),
      mandatory: z.boolean(),
      model: z.string().nullable()
    })
  ),
  lastLoad: loadReport.nullable(),
  processes
})

const experiment = z.object({
  name: id,
  layer: z.string().nullable(),
  salt: z.string(),
  when: z.string().nullable(),
  exposed: count,
  arms: z.array(
    z.object({
      name: id,
      share: z.number().min(0).max(1).meta({ description: 'Of all customers.' }),
      exposed: count,
      expectedShare: z
        .number()
        .min(0)
        .max(1)
        .meta({ description: 'Of the exposed customers of the experiment.' }),
      expected: z.number().min(0)
    })
  ),
  sampleRatio: z.object({
    chiSquare: z.number().min(0),
    degreesOfFreedom: count,
    pValue: z.number().min(0).max(1),
    verdict: z.enum(['match', 'mismatch', 'too_few'])
  })
})

/** Answers by the name that they have in the document. */
export const ANSWERS = {
  Alive: z.object({ status: z.literal('alive'), version: z.string() }),
  Customer: customer,
  CustomerConsent: z.object({ customer: customerKey, consent }),
  CustomerExport: customer.extend({ history: z.array(historyEntry) }),
  CustomerHistory: history,
  CustomerIdentity: z.object({
    customer: customerKey.meta({ description: 'The canonical key.' }),
    members: z.array(customerKey).meta({ description: 'All keys, the canonical one first.' })
  }),
  CustomerLimits: z.object({
    customer: customerKey,
    limits: z.array(limitStanding).meta({
      description: 'Contact policies where something counts or is suppressed, and all quotas.'
    }),
    later: z
      .array(z.object({ offerId: id, time, suppressedUntil: time }))
      .meta({ description: 'Offers that the customer wanted to see later.' }),
    reservations: z
      .array(
        z.object({
          id: z.string(),
          offerId: id.optional(),
          type: z.string().optional(),
          channel: id.optional(),
          time,
          until: time
        })
      )
      .meta({ description: 'Offers promised under strict contact policies.' })
  }),
  Decision: decision,
  DecisionBatchAnswer: z.object({
    decisions: z.array(z.union([decision, problem])).meta({
      description: 'In the order of the requests; a problem where a request was wrong.'
    })
  }),
  EventsReceipt: z.object({ accepted: count, duplicates: count, rejected: z.array(rejection) }),
  Experiments: z.object({
    strategy: z.object({ version: count, hash: z.string() }),
    experiments: z.array(experiment)
  }),
  Explanation: explanation,
  ImportReceipt: z.object({
    imported: count,
    failed: count,
    errors: z.array(z.object({ line: z.int().min(1), detail: z.string() })).max(1000)
  }),
  LoadReport: loadReport,
  ReloadReport: loadReport.extend({ processes }),
  Problem: problem,
  Ready: z.object({
    status: z.literal('ready'),
    strategy: z.object({ version: count, hash: z.string() })
  }),
  Replay: replay,
  RecordedDecision: decision.extend({ request: z.unknown() }),
  Strategy: strategy,
  WhatIf: z.object({
    seed: z.string().meta({ description: 'Of the random choices of both.' }),
    before: decision,
    after: decision
  }),
  ...LEARNING_ANSWERS,
  ...OVERVIEW_ANSWERS,
  ...WORDS_ANSWERS
} as const satisfies Readonly<Record<string, z.ZodType>>
