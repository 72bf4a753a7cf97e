import type { Config } from '../config.js'
import type { Log } from '../decisioning/ports.js'
import { formatTime } from '../decisioning/times.js'
import { Refusal } from '../domain/refusal.js'
import type { Parts } from './parts.js'

/** What `offerd report` says of the last days, JSON text: `{madeAt, from, report}`. Throws a Refusal where it cannot be made now. */
export type ReportJournal = (days: number) => Promise<string>

export interface ReportJournalDeps {
  readonly config: Pick<Config, 'rulesDir' | 'modelsDir'>
  readonly parts: Pick<Parts, 'clock' | 'runProgram'>
  readonly log: Log
}

/** Who asks again sooner gets the same report. */
const KEPT_MS = 60_000
/** A report that takes longer is given up. */
const MOST_MS = 120_000
const DAY_MS = 86_400_000

/**
 * Has reports made by a process of its own, so that reading a journal of any size neither delays a decision nor can end the
 * service; one at a time, whoever asks.
 */
export function createReportJournal({ config, parts, log }: ReportJournalDeps): ReportJournal {
  const { clock, runProgram } = parts
  const kept = new Map<number, { readonly madeAtMs: number; readonly text: Promise<string> }>()
  let making: Promise<unknown> = Promise.resolve()

  async function make(days: number): Promise<string> {
    const madeAtMs = clock.wallMs()
    const from = formatTime(Math.max(0, madeAtMs - days * DAY_MS))
    const { rulesDir, modelsDir } = config
    const folders = ['--rules', rulesDir, '--models', modelsDir]
    const ended = await runProgram(['report', '--json', '--from', from, ...folders], MOST_MS)
    if (ended.code === 0)
      return `{"madeAt":"${formatTime(madeAtMs)}","from":"${from}","report":${ended.stdout.trim()}}`
    log.warn({ code: ended.code, stderr: ended.stderr }, 'the report of the journal was not made')
    throw new Refusal(
      'unavailable',
      'The report of the journal could not be made; the log says why. "offerd report" makes it by hand.'
    )
  }

  return function reportJournal(days) {
    const before = kept.get(days)
    if (before !== undefined && clock.monotonicMs() - before.madeAtMs < KEPT_MS) return before.text
    const text = making.then(() => make(days))
    making = text.catch(() => kept.delete(days))
    kept.clear()
    kept.set(days, { madeAtMs: clock.monotonicMs(), text })
    return text
  }
}
