import { z } from 'zod'
import { id, time } from './schemas.js'

/* What several answers are made of. */

export const customerKey = z.object({ namespace: id, id })
export const share = z.number().min(0).max(1)
export const count = z.int().min(0)

/** The models that decide, each with the versions that score beside it. */
export const modelVersions = z.array(
  z.object({ name: z.string(), version: z.number(), shadows: z.array(z.number()) })
)

export const limitStanding = z.object({
  kind: z.enum(['contact', 'quota']),
  id: z.string(),
  text: z.string().meta({ description: 'The limit in words.' }),
  scope: z.enum(['all', 'issue', 'group', 'offer', 'channel', 'placement']),
  of: z.string().optional().meta({ description: 'Whose limit it is; absent for all.' }),
  strict: z.boolean(),
  limit: z.number().meta({ description: "Pieces, or money in the strategy's currency." }),
  count: z.number().meta({ description: 'What counts now; of strict limits with reservations.' }),
  reserved: count
    .optional()
    .meta({ description: "How much of a strict contact policy's count is reserved." }),
  window: z.string(),
  suppressedUntil: time.optional().meta({ description: 'Absent while nothing is suppressed.' }),
  frees: time.optional().meta({ description: 'From when on a quota may have more room.' })
})
