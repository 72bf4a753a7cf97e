import { z } from 'zod'
import { RIGHTS } from '../domain/caller.js'
import { STAGES } from '../domain/decision.js'
import { count, customerKey, limitStanding, modelVersions, share } from './answer-parts.js'
import { id, time } from './schemas.js'

/* Answers for people who run the service: how it is doing, what it decides by, and what it decided lately. */

const written = { text: z.string(), place: z.string() }
const writtenPart = z.object(written)
const shareOfCustomers = z.object({ share, salt: z.string() }).nullable()

const offerDetails = z.object({
  id,
  name: z.string(),
  issue: id,
  group: id,
  place: z.string(),
  from: time.nullable(),
  until: time.nullable(),
  fallbackOnly: z.boolean(),
  mandatory: z.boolean(),
  value: z.union([z.number(), writtenPart]),
  cost: z.number(),
  levers: z.object({ issue: z.number(), group: z.number(), offer: z.number() }),
  leverFactor: z.number().min(0),
  tags: z.array(z.string()),
  purposes: z.array(z.string()),
  policies: z.array(z.object({ stage: z.enum(STAGES), owner: id, ...written })),
  propensity: z.object({
    model: z.string().nullable(),
    prior: share,
    evidence: z.number().min(0),
    adapts: z.boolean(),
    positive: z.string()
  }),
  treatments: z.array(z.object({ id: z.string(), placements: z.array(id) })),
  quotas: z.array(z.string())
})

const limitDetails = z.object({ id: z.string(), ...written, strict: z.boolean() })

const strategyDetails = z
  .object({
    name: z.string(),
    version: count,
    hash: z.string(),
    loadedAt: time,
    currency: z.string(),
    timeZone: z.string(),
    formula: writtenPart.nullable().meta({ description: 'null: p * c * v * l.' }),
    groupLimit: count.nullable(),
    exploration: z.looseObject({ method: z.enum(['none', 'epsilon', 'thompson']) }),
    holdout: shareOfCustomers,
    control: shareOfCustomers,
    contextWeights: z.array(z.object({ ...written, weight: z.number(), target: z.string() })),
    issues: z.array(z.object({ id, place: z.string() })),
    groups: z.array(z.object({ id, place: z.string() })),
    channels: z.array(
      z.object({ id, direction: z.string(), activate: z.string(), place: z.string() })
    ),
    placements: z.array(
      z.object({
        id,
        channel: id,
        count,
        multiplier: z.number(),
        fallback: id,
        candidates: count,
        place: z.string()
      })
    ),
    offers: z.array(offerDetails),
    segments: z.array(z.object({ name: id, ...written })),
    contactPolicies: z.array(limitDetails),
    quotas: z.array(limitDetails),
    exclusions: z.array(writtenPart),
    influencers: z.array(writtenPart),
    experiments: z.array(
      z.object({
        name: id,
        layer: z.string().nullable(),
        salt: z.string(),
        when: writtenPart.nullable(),
        place: z.string(),
        arms: z.array(z.object({ name: id, share, changes: z.array(z.string()) }))
      })
    )
  })
  .meta({ description: 'Places are file:line:column.' })

const counts = z.record(z.string(), count)
const strategyInForce = z.object({ version: count, hash: z.string() })

const live = z.object({
  process: z.string().meta({
    description: 'Which service answers, by its process; counts are those of all its workers.'
  }),
  release: z.string(),
  at: time,
  draining: z.boolean(),
  store: z.object({
    kind: z.enum(['redis', 'memory']),
    description: z.string(),
    trouble: z.string().nullable().meta({ description: 'Why it cannot serve; null when it can.' })
  }),
  strategy: strategyInForce.extend({
    name: z.string(),
    loadedAt: time,
    models: modelVersions
  }),
  decisions: z.object({
    byChannel: counts,
    fellBack: counts.meta({
      description: 'Those in which a placement had no offer but its fallback.'
    }),
    degraded: counts
  }),
  events: z.record(z.string(), counts).meta({ description: 'By type and outcome.' }),
  limits: counts.meta({ description: 'What strict limits came to.' }),
  modelFailures: counts,
  shed: counts.meta({
    description: 'What was turned away because the process had enough to do, by class.'
  }),
  stages: z.object({
    boundsMs: z.array(z.number()),
    counts: z.record(z.string(), z.array(count)).meta({
      description: 'By stage and bucket, not cumulative; one more bucket than bounds.'
    })
  })
})

const segments = z.object({
  strategy: strategyInForce,
  sample: z.object({
    customers: count,
    decisions: count,
    passedOver: count,
    from: time.nullable(),
    to: time.nullable()
  }),
  segments: z.array(z.object({ name: id, customers: count }))
})

const foundDecisions = z.object({
  decisions: z.array(
    z.object({
      decisionId: z.string(),
      decidedAt: time,
      strategy: strategyInForce,
      customer: customerKey,
      channel: id,
      placements: z.array(z.object({ id, fallback: z.boolean(), offers: z.array(id) })),
      degraded: z.array(z.string())
    })
  ),
  searched: z
    .object({ decisions: count, backTo: time.nullable(), all: z.boolean() })
    .meta({ description: 'How many of the newest records were looked at, and how far back.' })
})

/** By the name that they have in the document. */
export const OVERVIEW_ANSWERS = {
  FoundDecisions: foundDecisions,
  Live: live,
  Quotas: z.object({ strategy: strategyInForce, quotas: z.array(limitStanding) }),
  Segments: segments,
  Session: z.object({
    key: id.meta({ description: "The key's id." }),
    rights: z.array(z.enum(RIGHTS)).meta({ description: 'What it may do.' }),
    until: time.nullable().meta({ description: 'When the session ends; null without one.' })
  }),
  StrategyDetails: strategyDetails,
  StreamTicket: z.object({ ticket: z.string().nullable(), until: time })
} as const satisfies Readonly<Record<string, z.ZodType>>
