import { z } from 'zod'
import { count, share } from './answer-parts.js'
import { id, time } from './schemas.js'

/* Answers for those who look at learning: what was learnt, how it went, what came of decisions, and what one may suppose. */

const json = z.record(z.string(), z.unknown())

const bounded = z
  .object({ value: z.number(), low: z.number(), high: z.number() })
  .meta({ description: '95 %.' })
  .nullable()
const channelLearning = z.object({
  impressions: z
    .number()
    .min(0)
    .meta({ description: 'The evidence; what is forgotten is taken off.' }),
  positives: z.number().min(0),
  rate: bounded.meta({ description: 'Positives an impression; null without impressions.' }),
  propensity: bounded.meta({
    description:
      'The start counted as the impressions that it is worth, and what was seen; null where it differs between customers by features.'
  })
})
const offerLearning = z.object({
  offerId: id,
  name: z.string(),
  group: id,
  adapts: z.enum(['blend', 'features']).nullable(),
  start: z.object({
    value: share,
    source: z.enum(['prior', 'model']),
    scores: count.meta({ description: 'Of how many scores of the model it is the mean.' }),
    evidence: z.number().min(0).meta({ description: 'How many impressions it is worth.' })
  })
})

const learning = z.object({
  strategy: z.object({ version: count, hash: z.string() }),
  exploration: z.object({
    method: z.enum(['none', 'epsilon', 'thompson']),
    share: share.optional()
  }),
  journal: z.boolean().meta({ description: 'Whether a journal is kept.' }),
  offers: z.array(
    offerLearning.extend({ channels: z.array(channelLearning.extend({ channel: id })) })
  ),
  models: z.array(
    z.object({
      model: id,
      shadow: z.boolean(),
      scores: count,
      mean: share.nullable(),
      columns: z
        .array(
          z.object({
            input: z.string(),
            column: z.string(),
            least: z.number(),
            greatest: z.number(),
            values: count,
            outside: count
          })
        )
        .meta({ description: 'Whose training range is known.' })
    })
  )
})

const journalReport = z.object({
  madeAt: time,
  from: time,
  report: z.looseObject({
    decisions: count,
    offers: z.array(z.looseObject({ offer: id })),
    models: z.array(z.looseObject({ model: id, calibration: z.array(json) })),
    chance: json.nullable(),
    lifts: z.array(z.looseObject({ group: z.string(), against: z.string() })),
    experiments: z.array(json),
    alarms: z.array(z.string())
  })
})

/** By the name that they have in the document. */
export const LEARNING_ANSWERS = {
  JournalReport: journalReport,
  Learning: learning,
  OfferProgress: offerLearning.extend({
    channels: z.array(z.object({ channel: id, points: z.array(channelLearning.extend({ time })) }))
  })
} as const satisfies Readonly<Record<string, z.ZodType>>
