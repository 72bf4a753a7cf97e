import { z } from 'zod'
import { Example } from './schema-examples.js'
import { ContactPolicy, Exclusion, Influencer, quotas } from './schema-limits.js'
import {
  amount,
  condition,
  count,
  duration,
  fixed,
  id,
  identifier,
  instant,
  json,
  lever,
  named,
  outcome,
  policies,
  positive,
  share,
  size
} from './schema-parts.js'

/** The shape of every key of a rules file. What names stand for is checked by the compiler. */

const ValueTypes = z.enum([
  'number',
  'integer',
  'string',
  'boolean',
  'timestamp',
  'list<string>',
  'list<number>'
])

const Declaration = fixed({
  type: ValueTypes,
  values: z.array(z.string()).min(1).optional().describe('The only values that are known'),
  default: z.unknown().optional().describe('Stands in where nothing is stored'),
  protected: z
    .boolean()
    .optional()
    .describe('Never in a condition, a value or a model; only in fairness reports'),
  personal: z.boolean().optional().describe('Not in logs, explanations and exports of others')
})

const Channel = fixed({
  direction: z.enum(['inbound', 'outbound']).optional().describe('inbound (default) or outbound'),
  activate: z
    .enum(['on_impression', 'on_decision'])
    .optional()
    .describe('What records the impression; on_impression when absent'),
  quotas
})

const Placement = fixed({
  channel: id,
  count: z.int().min(1).max(10).optional().describe('Slots, 1 when absent'),
  multiplier: positive.optional().describe('What a priority is worth here, 1 when absent'),
  fallback: id.describe('The fallbackOnly offer shown when no other is left'),
  groups: z.array(id).min(1).optional().describe('Groups that may stand here; all when absent'),
  quotas
})

const Issue = fixed({ lever: lever.optional(), ...policies, quotas })
const Group = fixed({ issue: id, lever: lever.optional(), ...policies, quotas })

const Adapt = z.union(
  [
    z.boolean(),
    fixed({
      features: z.array(z.string().min(1)).min(1).optional(),
      forget: z.number().gt(0).max(1).optional()
    })
  ],
  { error: 'must be true, or a map with "features"' }
)

const Propensity = fixed({
  model: id.optional().describe('Name of a model; the prior decides when absent'),
  prior: share.optional().describe('What stands in where no model scores; 0.5 when absent'),
  evidence: z.number().nonnegative().optional().describe('Impressions that the start is worth'),
  adapt: Adapt.optional()
})

const Treatment = fixed({
  placements: z.array(id).min(1),
  content: json.optional(),
  languages: named(
    z.string().regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, {
      error: 'must be a language tag such as de or de-AT'
    }),
    json
  ).optional(),
  labels: json.optional()
})

const Offer = fixed({
  group: id,
  name: z.string().min(1).max(1000).optional(),
  value: amount.optional().describe('What a success is worth; 1 when absent'),
  cost: z.number().nonnegative().optional().describe('What one accept costs, for quotas in money'),
  lever: lever.optional(),
  mandatory: z.boolean().optional().describe('Comes before all others'),
  fallbackOnly: z
    .boolean()
    .optional()
    .describe('Never competes; fills placements that got no offer'),
  tags: z.array(z.string()).optional(),
  purposes: z.array(id).optional().describe('Consent that the customer must have granted'),
  from: instant.optional(),
  until: instant.optional().describe('Exclusive'),
  ...policies,
  propensity: Propensity.optional(),
  positive: outcome.optional().describe('accept when absent'),
  quotas,
  treatments: named(id, Treatment).optional()
})

const ContextWeight = fixed({
  when: condition,
  offer: id.optional(),
  group: id.optional(),
  issue: id.optional(),
  weight: z.number().describe('Percent')
}).refine(
  weight =>
    [weight.offer, weight.group, weight.issue].filter(target => target !== undefined).length === 1,
  {
    error: 'must name exactly one of "offer", "group" and "issue"'
  }
)

const Exploration = z.discriminatedUnion('method', [
  fixed({ method: z.literal('none') }),
  fixed({
    method: z.literal('epsilon'),
    share: share.describe('Of the slots that chance fills, each fitting offer alike')
  }),
  fixed({ method: z.literal('thompson') })
])

const Arbitration = fixed({
  formula: z
    .union([z.string().min(1), z.number()], {
      error: 'must be an expression such as p * c * v * l'
    })
    .optional(),
  groupLimit: count.optional().describe('Most offers of one group in an answer'),
  exploration: Exploration.optional()
})

const Share = fixed({ share, salt: z.string().min(1).max(256) })

const Arm = fixed({
  share,
  arbitration: Arbitration.optional(),
  values: named(id, amount).optional().describe('Offer: its value'),
  levers: named(id, lever).optional().describe('Offer, group or issue: its lever'),
  models: named(id, id).optional().describe('Offer: the model that scores it'),
  treatments: named(id, id)
    .optional()
    .describe('Offer: the treatment shown where it and another may both stand')
})

const Experiment = fixed({
  salt: z
    .string()
    .min(1)
    .max(256)
    .describe('Spreads the customers, unless there is a layer; a new one begins a new count'),
  layer: id.optional().describe('Experiments of a layer exclude each other'),
  when: condition.optional().describe('Only narrows: who is in an arm at all'),
  arms: named(id, Arm).describe('Consecutive shares of the customers; the rest is in no arm')
})

type Taxonomy = { [name: string]: Taxonomy } | string[] | null
const Tags: z.ZodType<Taxonomy> = z.lazy(() =>
  z.union([z.record(z.string(), Tags), z.array(z.string()), z.null()])
)

/** Everything that rules files may hold together. */
export const StrategySchema = fixed({
  strategy: id.describe('The name of the strategy'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'must be a currency of three capital letters, such as EUR' }),
  timeZone: z
    .string()
    .optional()
    .describe('An IANA time zone such as Europe/Berlin; UTC when absent'),
  namespaces: z
    .array(id)
    .min(1)
    .describe("Where customers' ids come from; the first is the default"),
  startEvidence: z
    .number()
    .nonnegative()
    .optional()
    .describe('Impressions that a start propensity is worth; 50 when absent'),
  positiveWindow: duration
    .optional()
    .describe('How long an impression waits for its positive; 7d when absent'),
  reserve: duration.optional().describe('Life of a reservation; 15m when absent'),
  retention: named(id, duration)
    .optional()
    .describe('How long profiles of a namespace live without being used'),
  journal: fixed({
    keep: duration.optional(),
    maxBytes: size.optional(),
    whenFull: z.enum(['wait', 'drop']).optional()
  }).optional(),
  attributes: named(identifier, Declaration).optional().describe('The profile'),
  context: named(identifier, Declaration).optional().describe('Facts of one request'),
  tags: named(id, Tags).optional().describe('A taxonomy of at most four levels'),
  purposes: z.array(id).optional(),
  events: named(id, fixed({ value: z.boolean().optional() }))
    .optional()
    .describe('Behaviour types beside the interaction types'),
  channels: named(id, Channel),
  placements: named(id, Placement),
  segments: named(identifier, condition).optional(),
  issues: named(id, Issue),
  groups: named(id, Group),
  offers: named(id, Offer),
  contextWeights: z.array(ContextWeight).optional(),
  influencers: z.array(Influencer).optional(),
  contactPolicies: z.array(ContactPolicy).optional(),
  exclusions: z.array(Exclusion).optional(),
  arbitration: Arbitration.optional(),
  holdout: Share.optional().describe('Customers without any decisioning'),
  control: Share.optional().describe('Customers decided by priors instead of models'),
  experiments: named(id, Experiment).optional(),
  examples: z.array(Example).optional()
})

export type DeclarationEntry = z.output<typeof Declaration>
export type ChannelEntry = z.output<typeof Channel>
export type PlacementEntry = z.output<typeof Placement>
export type IssueEntry = z.output<typeof Issue>
export type GroupEntry = z.output<typeof Group>
export type OfferEntry = z.output<typeof Offer>
export type TreatmentEntry = z.output<typeof Treatment>
export type ExperimentEntry = z.output<typeof Experiment>
