import { createJournalExport } from '../decisioning/journal/export-journal.js'
import type { JournalOutlet, Log } from '../decisioning/ports.js'
import { withOutlet, type Surroundings } from './outlet.js'
import type { Parts } from './parts.js'
import { CommandRefused, type ExitCode, type Shell } from './shell.js'

/** A segment is written when this share of the bound waits in a partition, 16 MiB by default, or when the oldest has waited so long. */
const SEGMENT_SHARE = 1 / 16
const SEGMENT_MS = 5 * 60_000
/** Another exporter may take over when this one has said nothing for so long. */
const LEASE_MS = 5000
const ROUND_MS = 1000
const RETRY_MS = 5000

export interface ExportOrder {
  readonly keepMs: number
  readonly mostBytes: number
  /** Everything that waits, then end. */
  readonly once: boolean
  /** Started by a service: ends when stdin does, for then the service is gone, and at once where another exporter is at work. */
  readonly attached: boolean
}

/** Carries the journal to disk until it is told to stop. Throws CommandRefused. */
export async function exportJournal(
  surroundings: Surroundings,
  order: ExportOrder
): Promise<ExitCode> {
  const { shell, config, parts } = surroundings
  const log = parts.createLog(config.logLevel ?? 'info', order.once ? 'stderr' : 'stdout')
  const stop = stopOf(shell, order.attached)
  return await withOutlet<ExitCode>(surroundings, log, async ({ documents }, outlet) => {
    const segments = parts.createJournalSegments(config)
    const lease = new Lease(outlet, parts, log)
    try {
      if (!(await obtain(lease, parts, stop, order))) return 0
      await segments.sweep()
      const { round } = createJournalExport({
        outlet,
        segments,
        documents,
        log,
        nowMs: parts.clock.wallMs
      })
      const limits = {
        segmentBytes: config.journalBytes * SEGMENT_SHARE,
        segmentMs: SEGMENT_MS,
        keepMs: order.keepMs,
        mostBytes: order.mostBytes
      }
      if (order.once) {
        await round(limits, true)
        return 0
      }
      log.info({ folder: segments.description }, 'this process writes the journal')
      const rounds = new Rounds(outlet, log, () => round(limits))
      while (!stop.isTold() && lease.isHeld)
        await pause(parts, stop, (await rounds.run()) ? ROUND_MS : RETRY_MS)
      return 0
    } finally {
      await lease.giveUp()
    }
  })
}

/** Waits for its turn; false where it was told to stop before, or is not needed. */
async function obtain(
  lease: Lease,
  parts: Parts,
  stop: Stop,
  { once, attached }: ExportOrder
): Promise<boolean> {
  for (;;) {
    if (await lease.obtain()) return true
    if (once)
      throw new CommandRefused(
        'another process writes the journal now: stop it first, or wait until it has written what waits'
      )
    if (attached || stop.isTold()) return false
    await pause(parts, stop, ROUND_MS)
  }
}

/** Rounds whose failures are told to everybody who waits for them, and whose success takes that back. */
class Rounds {
  readonly #outlet: JournalOutlet
  readonly #log: Log
  readonly #round: () => Promise<void>
  #told: string | undefined
  #isFirst = true

  constructor(outlet: JournalOutlet, log: Log, round: () => Promise<void>) {
    this.#outlet = outlet
    this.#log = log
    this.#round = round
  }

  /** False where it failed; what could not be written waits in the store. */
  async run(): Promise<boolean> {
    try {
      await this.#round()
      await this.#tell(undefined)
      return true
    } catch (error) {
      this.#log.error({ err: error }, 'the journal could not be written; it waits in the store')
      await this.#tell(sentenceOf(error)).catch((failure: unknown) => {
        this.#log.debug({ err: failure }, 'nobody could be told why the journal waits')
      })
      return false
    }
  }

  async #tell(trouble: string | undefined): Promise<void> {
    if (trouble === this.#told && !this.#isFirst) return
    await this.#outlet.tell(trouble)
    this.#told = trouble
    this.#isFirst = false
  }
}

function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return /ENOSPC|No space left/i.test(text) ? `the disk is full (${text})` : text
}

/** The right to be the one exporter, renewed while it is held. */
class Lease {
  readonly #outlet: JournalOutlet
  readonly #parts: Parts
  readonly #log: Log
  #isHeld = false

  constructor(outlet: JournalOutlet, parts: Parts, log: Log) {
    this.#outlet = outlet
    this.#parts = parts
    this.#log = log
  }

  /** False once another process has it. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  async obtain(): Promise<boolean> {
    this.#isHeld = await this.#ask()
    if (this.#isHeld) this.#renewLater()
    return this.#isHeld
  }

  async giveUp(): Promise<void> {
    if (!this.#isHeld) return
    this.#isHeld = false
    await this.#outlet.giveUp(this.#parts.processName).catch((error: unknown) => {
      this.#log.debug({ err: error }, 'the lease of the journal was not given up; it lapses')
    })
  }

  #renewLater(): void {
    this.#parts.schedule(() => void this.#renew(), LEASE_MS / 3)
  }

  /** While the store is away nobody else obtains the lease either. */
  async #renew(): Promise<void> {
    if (!this.#isHeld) return
    try {
      this.#isHeld = await this.#ask()
    } catch (error) {
      this.#log.debug(
        { err: error },
        'the lease of the journal could not be renewed; it is tried again'
      )
    }
    if (this.#isHeld) this.#renewLater()
  }

  #ask(): Promise<boolean> {
    return this.#outlet.lease(this.#parts.processName, LEASE_MS)
  }
}

interface Stop {
  readonly told: Promise<void>
  isTold(): boolean
}

function stopOf(shell: Shell, attached: boolean): Stop {
  let isTold = false
  const told = new Promise<void>(resolve => {
    const tell = (): void => {
      isTold = true
      resolve()
    }
    for (const name of ['SIGTERM', 'SIGINT'] as const) shell.onSignal(name, tell)
    if (attached) void endOf(shell.stdin).then(tell)
  })
  return { told, isTold: () => isTold }
}

async function endOf(stdin: Shell['stdin']): Promise<void> {
  const reader = stdin[Symbol.asyncIterator]()
  while ((await reader.next()).done !== true);
}

async function pause(parts: Parts, stop: Stop, ms: number): Promise<void> {
  await Promise.race([stop.told, new Promise<void>(resolve => parts.schedule(resolve, ms))])
}
