import { z } from 'zod'
import { STAGES } from '../domain/decision.js'
import { duration, fixed, id, instant, named } from './schema-parts.js'

/** The shape of the strategy's own tests. */

const Past = fixed({
  type: id,
  offer: id.optional(),
  channel: id.optional(),
  ago: duration,
  until: duration.optional().describe('With later: how far ahead of the decision')
})

const Given = fixed({
  attributes: named(z.string(), z.unknown()).optional(),
  context: named(z.string(), z.unknown()).optional(),
  tags: z.array(z.string()).optional(),
  consent: named(z.string(), z.boolean()).optional(),
  history: z.array(Past).optional(),
  channel: id,
  placements: z.array(id).min(1).max(10),
  exclude: z.array(id).optional(),
  language: z.string().optional(),
  at: instant.optional()
})

/** `removed` is one more key beside the placements. */
const Expect = z.record(
  z.string(),
  z.union([z.array(id), named(id, z.enum(STAGES))], { error: 'must be a list of offers' })
)

export const Example = fixed({ name: z.string().min(1), given: Given, expect: Expect })

export type ExampleEntry = z.output<typeof Example>
