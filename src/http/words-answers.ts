import { z } from 'zod'
import { count } from './answer-parts.js'
import { id } from './schemas.js'

/* The words of a strategy, for screens that ask for decisions. */

const declared = z.object({
  name: z.string(),
  type: z.string(),
  values: z.array(z.string()).optional().meta({ description: 'All that it may be.' })
})

const offer = z.object({ id, name: z.string(), group: z.string(), issue: z.string() })

const words = z.object({
  currency: z.string(),
  namespaces: z.array(z.string()),
  channels: z.array(
    z.object({
      id,
      direction: z.enum(['inbound', 'outbound']),
      activate: z.enum(['on_impression', 'on_decision']).meta({
        description: 'Whether an offer counts as shown when that is told, or when it is decided.'
      }),
      placements: z.array(z.object({ id, count }))
    })
  ),
  offers: z.array(offer),
  attributes: z
    .array(declared.extend({ personal: z.boolean() }))
    .meta({ description: 'Without the protected ones.' }),
  context: z.array(declared),
  events: z.array(z.string()).meta({ description: 'Behaviour types.' })
})

const whatIfWords = words.extend({
  tags: z.array(z.string()),
  purposes: z.array(z.string()),
  offers: z.array(
    offer.extend({
      levers: z
        .object({ issue: z.number(), group: z.number(), offer: z.number() })
        .meta({ description: 'In percent; together they are the lever.' })
    })
  )
})

/** By the name that they have in the document. */
export const WORDS_ANSWERS = {
  Words: words,
  WhatIfWords: whatIfWords
} as const satisfies Readonly<Record<string, z.ZodType>>
