import { z } from 'zod'

/** What a list's output needs of an answer; all else is passed on as it came. */
const ListAnswer = z.looseObject({
  decisionId: z.string(),
  decidedAt: z.string(),
  customer: z.looseObject({ id: z.string(), namespace: z.string() }),
  placements: z.array(
    z.looseObject({
      id: z.string(),
      fallback: z.boolean(),
      offers: z.array(
        z.looseObject({
          offerId: z.string(),
          treatmentId: z.string(),
          rank: z.number(),
          priority: z.number().nullish(),
          propensity: z.looseObject({ value: z.number() }).nullish(),
          probability: z.number().nullish(),
          token: z.string().nullish(),
          expiresAt: z.string().nullish(),
          content: z.unknown()
        })
      )
    })
  ),
  degraded: z.array(z.string())
})
export type ListAnswer = z.infer<typeof ListAnswer>

/** What stands in the place of a decision that was refused. */
const ItemProblem = z.object({
  status: z.number(),
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional()
})
export type ItemProblem = z.infer<typeof ItemProblem>

const Batch = z.object({ decisions: z.array(z.union([ListAnswer, ItemProblem])) })
const readBatch = z.compile(Batch)
const readProblem = z.compile(ItemProblem)

/** The items of a batch's answer as they came, in the order of the requests; undefined for what is none. */
export function readBatchAnswer(
  value: unknown
): ReadonlyArray<ListAnswer | ItemProblem> | undefined {
  return readBatch.safeParse(value).success ? (value as z.infer<typeof Batch>).decisions : undefined
}

/** A problem document; undefined for what is none. */
export function readItemProblem(value: unknown): ItemProblem | undefined {
  const read = readProblem.safeParse(value)
  return read.success ? read.data : undefined
}

/** What was wrong with a request, in one line. */
export function sentenceOf({ title, detail, errors = [] }: ItemProblem): string {
  const faults = errors.map(({ pointer, detail: fault }) => `${pointer} ${fault}`.trim())
  return faults.length > 0 ? faults.join('; ') : (detail ?? title ?? 'it was refused')
}
