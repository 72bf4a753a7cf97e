import type { Log, Meters, Store } from '../decisioning/ports.js'
import type { Snapshots } from '../decisioning/snapshot.js'
import type { JournalStanding } from '../domain/journal.js'
import type { JournalSettings } from '../policy/strategy.js'
import { bytesText } from './paint.js'
import type { Parts, Program } from './parts.js'

const LOOK_MS = 1000
const WARN_EVERY_MS = 60_000
/** An exporter that ends at once is not started again before. */
const START_AGAIN_MS = 2000

export interface TendDeps {
  readonly store: Pick<Store, 'kind' | 'journal'>
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly meters: Pick<Meters, 'journalStands'>
  readonly parts: Pick<Parts, 'clock' | 'schedule' | 'startProgram'>
  readonly log: Log
  /** False where another process sees to it that there is an exporter. */
  readonly startsExporter: boolean
}

/**
 * Looks after the journal of a serving process: knows how it stands, says so in the metrics and the log, and starts an exporter
 * where there is none. The exporter is a process of its own, so that writing files neither delays a decision nor can end the service.
 */
export function tendJournal(deps: TendDeps): { close(): Promise<void> } {
  const tender = new Tender(deps)
  tender.lookLater(0)
  return tender
}

class Tender {
  readonly #deps: TendDeps
  #exporter: { readonly program: Program; readonly words: string } | undefined
  #startedAtMs = Number.NEGATIVE_INFINITY
  #warnedAtMs = Number.NEGATIVE_INFINITY
  /** What a strategy without a journal has found from the one before is carried away too. */
  #mayWait = true
  #closed = false

  constructor(deps: TendDeps) {
    this.#deps = deps
  }

  lookLater(delayMs: number): void {
    this.#deps.parts.schedule(() => void this.#look(), delayMs)
  }

  /** Ends the exporter and waits for it; what still waits is for the next. */
  async close(): Promise<void> {
    this.#closed = true
    this.#exporter?.program.stop()
    await this.#exporter?.program.ended
  }

  async #look(): Promise<void> {
    if (this.#closed) return
    const { store, snapshots, log } = this.#deps
    const settings = snapshots.current().strategy.journal
    try {
      if (settings !== undefined || this.#mayWait)
        this.#heed(await store.journal.standing(), settings)
    } catch (error) {
      log.debug({ err: error }, 'how the journal stands is not known; it is asked again')
    }
    this.lookLater(LOOK_MS)
  }

  #heed(standing: JournalStanding, settings: JournalSettings | undefined): void {
    const { store, meters, startsExporter } = this.#deps
    meters.journalStands(standing)
    this.#mayWait = standing.waiting > 0
    if (settings !== undefined && store.kind === 'memory')
      this.#warn(standing, 'there is no Redis, so nothing is journalled')
    else if (standing.trouble !== undefined) this.#warn(standing, standing.trouble)
    else if (store.journal.isFull) this.#warn(standing, 'it is full')
    const words = settings === undefined ? this.#exporter?.words : wordsFor(settings)
    if (this.#exporter !== undefined && this.#exporter.words !== words)
      this.#exporter.program.stop()
    else if (
      this.#exporter === undefined &&
      startsExporter &&
      !standing.isExported &&
      store.kind !== 'memory'
    )
      this.#start(words ?? WORDS)
  }

  #start(words: string): void {
    const { parts, log } = this.#deps
    const nowMs = parts.clock.monotonicMs()
    if (!this.#mayWait && words === WORDS) return
    if (nowMs - this.#startedAtMs < START_AGAIN_MS) return
    this.#startedAtMs = nowMs
    const program = parts.startProgram(words.split(' '))
    this.#exporter = { program, words }
    void program.ended.then(code => {
      this.#exporter = undefined
      if (!this.#closed && code !== 0)
        log.warn({ code }, 'the process that writes the journal ended; another is started')
    })
  }

  #warn(standing: JournalStanding, reason: string): void {
    const { parts, log } = this.#deps
    if (parts.clock.monotonicMs() - this.#warnedAtMs < WARN_EVERY_MS) return
    this.#warnedAtMs = parts.clock.monotonicMs()
    const { waiting, waitingBytes, dropped } = standing
    log.warn(
      { waiting, waitingBytes, dropped },
      `the journal: ${reason}; ${bytesText(waitingBytes)} wait in the store`
    )
  }
}

const WORDS = 'journal export --attached'

function wordsFor({ keepMs, mostBytes }: JournalSettings): string {
  return `${WORDS} --keep ${Math.ceil(keepMs / 1000)}s --max-bytes ${mostBytes}B`
}
