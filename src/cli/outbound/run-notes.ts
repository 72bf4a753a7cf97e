import { randomUUID } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import type { Abandoned } from '../../decisioning/limits/abandon.js'
import { CommandRefused } from '../shell.js'

const ShownEvent = z.object({
  id: z.string(),
  type: z.literal('impression'),
  time: z.string(),
  token: z.string()
})

const Counts = z.object({
  decided: z.number(),
  rejected: z.number(),
  /** Decisions that had nothing but fallbacks to show. */
  withoutOffer: z.number(),
  /** Decisions that did without something, such as a model. */
  degraded: z.number()
})
export type Counts = z.infer<typeof Counts>

/** A customer as a request names it. */
export const Customer = z.object({ id: z.string(), namespace: z.string().optional() })

const Notes = z.object({
  format: z.literal(1),
  run: z.string(),
  /** A digest of what the run was begun with; it goes on with nothing else. */
  settings: z.string(),
  /** The last line that is done, and how long the files are up to there. */
  line: z.number(),
  outputBytes: z.number(),
  rejectBytes: z.number(),
  counts: Counts,
  /** Lines that are being decided: their answers may be on their way. */
  asking: z
    .object({
      toLine: z.number(),
      /** Decisions whose ids were given; their answers are lost with the process. */
      named: z.array(
        z.object({
          decisionId: z.string(),
          customer: Customer
        })
      )
    })
    .optional(),
  /** What is written and may not be told yet. */
  telling: z.array(ShownEvent)
})
type Fields = z.infer<typeof Notes>

/** What a run writes down, so that one that was killed goes on where it was. */
export type RunNotes = Omit<Readonly<Fields>, 'asking'> & {
  readonly asking?: { readonly toLine: number; readonly named: readonly Abandoned[] } | undefined
}

/** The notes of a run that begins. */
export function freshNotes(settings: string): RunNotes {
  return {
    format: 1,
    run: randomUUID(),
    settings,
    line: 0,
    outputBytes: 0,
    rejectBytes: 0,
    counts: { decided: 0, rejected: 0, withoutOffer: 0, degraded: 0 },
    telling: []
  }
}

/** The notes in a file; undefined where there is none. Throws CommandRefused where it holds something else. */
export async function loadNotes(file: string): Promise<RunNotes | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const notes = Notes.safeParse(parsed(text))
  if (notes.success) return notes.data
  throw new CommandRefused(
    `${file} is not what an unfinished run has left: remove it, and the output, to begin anew`
  )
}

/**
 * Writes notes so that a reader finds them whole, these or those before, whatever ends the process. What is to be told is on the disk
 * when it resolves; of what is only asked, notes that the power takes away are made up for by deciding again.
 */
export async function saveNotes(file: string, notes: RunNotes): Promise<void> {
  const fresh = `${file}.new`
  const handle = await open(fresh, 'w')
  try {
    await handle.writeFile(JSON.stringify(notes))
    if (notes.telling.length > 0) await handle.datasync()
  } finally {
    await handle.close()
  }
  await rename(fresh, file)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses it, with a sentence.
    return undefined
  }
}
