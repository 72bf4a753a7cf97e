import { rm } from 'node:fs/promises'
import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Abandoned } from '../../decisioning/limits/abandon.js'
import type { Parts } from '../parts.js'
import { CommandRefused, type Shell } from '../shell.js'
import {
  readWords,
  tellShown,
  type ListService,
  type ListWords,
  type ShownEvent
} from './ask-service.js'
import { chunksOf, type Chunk } from './chunks.js'
import { openList, type ListPlace } from './customer-list.js'
import { decideRows, type AskedRow, type DecidedRows } from './decide-rows.js'
import type { DecidedRow } from './decision-rows.js'
import { openOutput, type ListOutput, type OutputPlaces } from './list-output.js'
import type { RequestDefaults } from './list-request.js'
import { Customer, saveNotes, type Counts, type RunNotes } from './run-notes.js'

/** Everything that a run needs to know. */
export interface RunPlan {
  readonly list: ListPlace
  readonly places: OutputPlaces
  readonly defaults: RequestDefaults
  /** Where the notes are kept; undefined where the output is a stream, which nothing can go on with. */
  readonly notesFile: string | undefined
  /** As an earlier process left them, or fresh ones. */
  readonly notes: RunNotes
  /** Decisions a second; undefined: as many as can be. */
  readonly rate: number | undefined
}

export interface RunNeeds {
  readonly shell: Shell
  readonly parts: Pick<Parts, 'clock' | 'tableFiles'>
  readonly service: ListService
  /** True once it was told to stop; the chunk that is under way is finished. */
  readonly isStopped: () => boolean
  readonly progress: (counts: Counts, readShare: number | undefined) => void
  readonly unused: (columns: readonly string[]) => void
}

/** Rows in one batch, which fit the bounds of its bytes, and whose impressions fit those of the events. */
const MOST_ROWS = 100
/** With a rate, a chunk is what may be decided in this time, so that decisions come evenly. */
const PACE_MS = 250
const MOST_TELLING_ATTEMPTS = 10
const TELLING_PAUSE_MS = 1000

/**
 * Decides for every row of a list, chunk by chunk. What is done is in the output; the notes beside it say how far that is and what was
 * under way, so that whatever ends this process, another goes on with the next row: nobody is decided for twice in the output, and an
 * offer counts as shown exactly when it is there. Throws CommandRefused where it cannot go on now.
 * @returns the counts of the whole list, and whether all of it is done
 */
export async function runList(
  needs: RunNeeds,
  plan: RunPlan
): Promise<{ readonly counts: Counts; readonly isDone: boolean }> {
  const { shell, parts, service } = needs
  const words = await readWords(service)
  const list = await openList(plan.list, shell, parts)
  const output = await openOutput(plan.places, plan.notes, shell, parts)
  const run = new ListRun(needs, plan, words, output)
  try {
    await run.recover()
    const reading = { defaults: plan.defaults, namespace: words.namespace, unused: needs.unused }
    const bounds = {
      afterLine: plan.notes.line,
      firstToLine: plan.notes.asking?.toLine,
      mostRows: mostRowsAt(plan.rate)
    }
    for await (const chunk of chunksOf(list, reading, bounds)) {
      await run.decide(chunk)
      needs.progress(run.counts, list.readShare())
      if (needs.isStopped()) return { counts: run.counts, isDone: false }
    }
    await run.finish()
    return { counts: run.counts, isDone: true }
  } finally {
    await output.close()
  }
}

function mostRowsAt(rate: number | undefined): number {
  if (rate === undefined) return MOST_ROWS
  return Math.min(MOST_ROWS, Math.max(1, Math.floor((rate * PACE_MS) / 1000)))
}

/** One process's part of a run. */
class ListRun {
  readonly #needs: RunNeeds
  readonly #plan: RunPlan
  readonly #words: ListWords
  readonly #output: ListOutput
  #notes: RunNotes
  /** When the next chunk may begin, on the monotonic clock. */
  #nextAtMs = 0

  constructor(needs: RunNeeds, plan: RunPlan, words: ListWords, output: ListOutput) {
    this.#needs = needs
    this.#plan = plan
    this.#words = words
    this.#output = output
    this.#notes = plan.notes
  }

  get counts(): Counts {
    return this.#notes.counts
  }

  /** Ends what an earlier process had begun: tells what it wrote, and takes back what it promised to nobody. */
  async recover(): Promise<void> {
    await this.#tell(this.#notes.telling)
    await this.#needs.service.abandon(this.#notes.asking?.named ?? [])
  }

  async decide(chunk: Chunk): Promise<void> {
    await this.#keepPace(chunk.asked.length)
    const { decided, rejected } = await this.#ask(chunk)
    const sorted = decided.sort((a, b) => a.line - b.line)
    const refused = [...chunk.rejected, ...rejected].sort((a, b) => a.line - b.line)
    const lengths = await this.#output.write(sorted, refused)
    const telling = sorted.flatMap(row => this.#shownOf(row))
    const counts = countsWith(this.#notes.counts, { decided, rejected: refused })
    const { run, format, settings } = this.#notes
    await this.#save({ run, format, settings, ...lengths, line: chunk.toLine, counts, telling })
    await this.#tell(telling)
  }

  /** The whole list is done: the output takes its form, and the notes go. */
  async finish(): Promise<void> {
    await this.#output.finish()
    if (this.#plan.notesFile !== undefined) await rm(this.#plan.notesFile, { force: true })
  }

  #ask({ asked, fromLine, toLine }: Chunk): Promise<DecidedRows> {
    if (asked.length === 0) return Promise.resolve({ decided: [], rejected: [] })
    const { service } = this.#needs
    const named = (ids: readonly string[], rows: readonly AskedRow[]): Promise<void> => {
      const before = this.#notes.asking?.toLine === toLine ? this.#notes.asking.named : []
      const fresh = ids.flatMap((decisionId, i) => {
        const customer = customerOf(rows[i]!)
        return customer === undefined ? [] : [{ decisionId, customer }]
      })
      const asking = { toLine, named: [...before, ...fresh] }
      return this.#save({ ...this.#notes, telling: [], asking })
    }
    return decideRows({ service, named }, asked, `${this.#notes.run}.${fromLine}`)
  }

  /** Where a channel shows what it is answered, being in the output is being shown. */
  #shownOf({ channel, activate, answer }: DecidedRow): ShownEvent[] {
    if ((activate ?? this.#words.activations.get(channel)) !== 'on_decision') return []
    return answer.placements.flatMap(({ id: placement, offers }) =>
      offers.flatMap(({ offerId, token }) =>
        typeof token !== 'string'
          ? []
          : [
              {
                id: [answer.decisionId, placement, offerId].join(':'),
                type: 'impression' as const,
                time: answer.decidedAt,
                token
              }
            ]
      )
    )
  }

  async #tell(events: readonly ShownEvent[]): Promise<void> {
    if (events.length === 0) return
    for (let attempt = 1; ; attempt++) {
      const trouble = await tellShown(this.#needs.service, events)
      if (trouble === undefined) return
      if (attempt === MOST_TELLING_ATTEMPTS)
        throw new CommandRefused(`${trouble}\nThe same command goes on where this one ended.`)
      await pauseFor(TELLING_PAUSE_MS)
    }
  }

  async #keepPace(rows: number): Promise<void> {
    const { rate } = this.#plan
    if (rate === undefined) return
    const nowMs = this.#needs.parts.clock.monotonicMs()
    if (nowMs < this.#nextAtMs) await pauseFor(this.#nextAtMs - nowMs)
    this.#nextAtMs = Math.max(nowMs, this.#nextAtMs) + (rows / rate) * 1000
  }

  async #save(notes: RunNotes): Promise<void> {
    this.#notes = notes
    if (this.#plan.notesFile !== undefined) await saveNotes(this.#plan.notesFile, notes)
  }
}

/** Whom a row's decision is about; undefined for what the service will refuse. */
function customerOf({ request }: AskedRow): Abandoned['customer'] | undefined {
  const customer = Customer.safeParse(request.customer)
  return customer.success ? customer.data : undefined
}

function countsWith(counts: Counts, { decided, rejected }: DecidedRows): Counts {
  const hasOffer = ({ answer }: DecidedRow): boolean =>
    answer.placements.some(({ fallback, offers }) => !fallback && offers.length > 0)
  return {
    decided: counts.decided + decided.length,
    rejected: counts.rejected + rejected.length,
    withoutOffer: counts.withoutOffer + decided.filter(row => !hasOffer(row)).length,
    degraded: counts.degraded + decided.filter(({ answer }) => answer.degraded.length > 0).length
  }
}
