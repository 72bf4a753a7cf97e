import { z } from 'zod'
import {
  count,
  duration,
  fixed,
  id,
  interactionType,
  positive,
  quotaWindow,
  window
} from './schema-parts.js'

/** The shapes of what limits how often offers are shown. */

export const Quota = fixed({
  limit: count.optional().describe('Pieces'),
  money: positive
    .optional()
    .describe("In the strategy's currency, counted by the cost of the offers"),
  window: quotaWindow,
  counts: interactionType.optional(),
  strict: z.boolean().optional(),
  reserve: duration.optional()
}).refine(quota => (quota.limit === undefined) !== (quota.money === undefined), {
  error: 'must have either "limit" or "money"'
})

export const quotas = z.array(Quota).optional().describe('Limits over all customers')

export const Influencer = fixed({
  after: interactionType,
  offer: id.describe('same, any or an offer'),
  lever: fixed({ from: z.number(), to: z.number() }),
  over: duration
})

export const ContactPolicy = fixed({
  id,
  counts: z.array(interactionType).min(1),
  scope: z.enum(['offer', 'group', 'issue', 'all']),
  limit: count,
  window,
  suppressFor: duration.optional(),
  channels: z.array(id).min(1).optional(),
  strict: z.boolean().optional(),
  reserve: duration.optional()
})

export const Exclusion = fixed({
  never: z.array(id).min(2).optional(),
  after: interactionType.optional(),
  of: id.optional(),
  not: z.array(id).min(1).optional(),
  for: duration.optional()
}).refine(
  ({ never, after, of, not, for: time }) => {
    const given = [after, of, not, time].filter(part => part !== undefined).length
    return never === undefined ? given === 4 : given === 0
  },
  { error: 'must be either {never: [...]} or {after, of, not, for}' }
)
