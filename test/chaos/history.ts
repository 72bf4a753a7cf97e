import { createWriteStream } from 'node:fs'
import { once } from 'node:events'

/**
 * How a call ended. `ok`: done, as answered. `fail`: told that it was not done. `unknown`: the answer got lost, so it may have been
 * done or not.
 */
export type Outcome = 'ok' | 'fail' | 'unknown'

interface Called {
  /** Which process was asked: its place and which one there, such as `b.2`. */
  readonly service: string
  /** ms since 1970. */
  readonly sentMs: number
  readonly endedMs: number
  /** The same time by the monotonic clock. */
  readonly tookMs: number
  readonly outcome: Outcome
  /** 0 where there was no answer. */
  readonly status: number
  /** False where the caller asked another process, for this one was gone. */
  readonly last: boolean
}

/** A decision was asked for. */
export interface DecideCall extends Called {
  readonly op: 'decide'
  readonly customer: number
  readonly channel: 'web' | 'call_center'
  readonly timeoutMs: number
  readonly offers: readonly string[]
  readonly fallback: boolean
  readonly degraded: readonly string[]
  /** '' where there was no answer. */
  readonly decisionId: string
  /** Whether the answer was about another customer than asked for. */
  readonly mixedUp: boolean
}

/** An event was told; repetitions carry the same id. */
export interface EventCall extends Called {
  readonly op: 'event'
  readonly id: string
  readonly customer: number
  readonly type: 'page_view' | 'impression' | 'reject'
  /** '' for behaviour. */
  readonly offer: string
  /** When the decision that it answers was asked for; 0 for behaviour. */
  readonly askedMs: number
}

/** A customer's consent was changed. */
export interface ConsentCall extends Called {
  readonly op: 'consent'
  readonly customer: number
  readonly granted: boolean
}

/** A process was asked for what needs nothing but itself: how long that takes is the machine's doing. */
export interface ProbeCall extends Called {
  readonly op: 'probe'
}

/** A process was asked whether it is ready. */
export interface ReadyCall extends Called {
  readonly op: 'ready'
  /** Why it is not; '' where it is. */
  readonly detail: string
}

/** What the nemesis did. */
export interface FaultLine {
  readonly op: 'fault'
  readonly fault: string
  readonly begunMs: number
  /** When it was taken back. */
  readonly healedMs: number
  /** When the next may begin. */
  readonly overMs: number
  /** Processes that were ended by it. */
  readonly hit: readonly string[]
}

/** Counts of degraded decisions by reason, as a process showed them before it ended. */
export interface FiguresLine {
  readonly op: 'figures'
  readonly service: string
  readonly degraded: Readonly<Record<string, number>>
}

/** What a process held when it had served for a while and when all was over. */
export interface MemoryLine {
  readonly op: 'memory'
  readonly service: string
  readonly when: 'before' | 'after'
  readonly rssBytes: number
  /** Files and sockets. */
  readonly descriptors: number
}

/** An event as it is stored in the end. */
export interface StoredLine {
  readonly op: 'stored'
  readonly customer: number
  readonly id: string
  /** When the store took it, ms since 1970. */
  readonly storedMs: number
  /** How often it is in the customer's history. */
  readonly copies: number
}

/** What the journal's files hold in the end. */
export interface JournalLine {
  readonly op: 'journal'
  readonly ids: readonly string[]
}

/** A call, in one line: what was asked and what came of it. */
export type Call = DecideCall | EventCall | ConsentCall | ProbeCall | ReadyCall
/** One line of a history. */
export type Line = Call | FaultLine | FiguresLine | MemoryLine | StoredLine | JournalLine

/** All that happened in one run, in the order in which it ended. */
export type History = readonly Line[]

/** Writes a history, a line of JSON for each thing that happened, and keeps it for the checks. */
export interface Recorder {
  readonly history: History
  note(line: Line): void
  close(): Promise<void>
}

export function createRecorder(file: string): Recorder {
  const history: Line[] = []
  const stream = createWriteStream(file)
  return {
    history,
    note(line) {
      history.push(line)
      stream.write(`${JSON.stringify(line)}\n`)
    },
    async close() {
      stream.end()
      await once(stream, 'finish')
    }
  }
}

/** The lines of one kind. */
export function linesOf<Op extends Line['op']>(
  history: History,
  op: Op
): Array<Extract<Line, { op: Op }>> {
  return history.filter((line): line is Extract<Line, { op: Op }> => line.op === op)
}
