import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { readConfig } from '../../config.js'
import { refusalFor } from '../ask.js'
import { readPairs, readPlacement, readSeparator, readWholeNumber } from '../options.js'
import { paintFor, table } from '../paint.js'
import type { Parts } from '../parts.js'
import { createProgress } from '../progress.js'
import { CommandRefused, UsageRefused, type ExitCode, type Shell } from '../shell.js'
import { formatOf, sizeOf } from './customer-list.js'
import { exists, growingFileOf } from './list-output.js'
import type { RequestDefaults } from './list-request.js'
import { runList, type RunPlan } from './list-run.js'
import { progressText } from './progress-text.js'
import { freshNotes, loadNotes, type Counts, type RunNotes } from './run-notes.js'
import { withListService } from './services.js'

/** Options of the command that a list takes, as they were written. */
export interface ListWords {
  readonly input: string
  readonly output: string | undefined
  readonly rejects?: string | undefined
  readonly rate?: string | undefined
  readonly separator?: string | undefined
  readonly channel?: string | undefined
  readonly placement?: readonly string[] | undefined
  readonly namespace?: string | undefined
  readonly context?: readonly string[] | undefined
  readonly attribute?: readonly string[] | undefined
  readonly language?: string | undefined
  readonly test?: boolean | undefined
  readonly at?: string | undefined
  readonly seed?: string | undefined
  readonly json?: boolean | undefined
  readonly url?: string | undefined
  readonly rules?: string | undefined
  readonly models?: string | undefined
}

/** Nobody waits for one of a list's decisions: it is better late than made without the customer. */
const TIMEOUT_MS = 10_000
const MOST_RATE = 1_000_000

/**
 * Decides for every customer of a list. Throws UsageRefused and CommandRefused.
 * @returns 0 where all are decided; 1 where rows were rejected, or where it was stopped
 */
export async function decideList(shell: Shell, words: ListWords, parts: Parts): Promise<ExitCode> {
  const plan = await planOf(words)
  const { config } = readConfig(shell.env, { rules: words.rules, models: words.models })
  const startedMs = parts.clock.monotonicMs()
  const progress = createProgress(shell, parts.clock.monotonicMs)
  const before = plan.notes.counts
  if (plan.notes.line > 0)
    shell.stderr.write(`going on after line ${plan.notes.line} of ${plan.list.file}\n`)
  let isStopped = false
  const stop = (): void => {
    isStopped = true
  }
  const forget = (['SIGINT', 'SIGTERM'] as const).map(signal => shell.onSignal(signal, stop))
  try {
    const { counts, isDone } = await withListService(words.url, config, parts, service =>
      runList(
        {
          shell,
          parts,
          service,
          isStopped: () => isStopped,
          unused: columns =>
            shell.stderr.write(`columns that say nothing of a request: ${columns.join(', ')}\n`),
          progress: (done, readShare) =>
            progress.show(() =>
              progressText({
                done,
                before,
                readShare,
                tookMs: parts.clock.monotonicMs() - startedMs
              })
            )
        },
        plan
      )
    )
    progress.clear()
    const seconds = (parts.clock.monotonicMs() - startedMs) / 1000
    summarise({ shell, words, plan, seconds, before }, counts, isDone)
    return isDone && counts.rejected === 0 ? 0 : 1
  } catch (error) {
    progress.clear()
    throw refusalFor(error)
  } finally {
    for (const each of forget) each()
  }
}

/** Reads the options, and finds out whether an unfinished run is to go on. */
async function planOf(words: ListWords): Promise<RunPlan> {
  const { input, output, rejects } = words
  if (output === undefined)
    throw new UsageRefused('--input wants --output FILE, or --output - for the standard output')
  const format = formatOf(output)
  formatOf(input)
  const defaults = defaultsOf(words)
  const separator = readSeparator(words.separator)
  const list = { file: input, separator }
  const size = input === '-' ? undefined : await sizeOf(input)
  const rate =
    words.rate === undefined
      ? undefined
      : readWholeNumber(words.rate, 'rate', { least: 1, most: MOST_RATE })
  const settings = digest({
    input: input === '-' ? input : resolve(input),
    size,
    format,
    separator,
    defaults,
    url: words.url
  })
  if (output === '-') {
    const places = { output, rejects }
    return { list, places, defaults, notesFile: undefined, notes: freshNotes(settings), rate }
  }
  const places = { output, rejects: rejects ?? `${output}.rejects.ndjson` }
  const notesFile = `${output}.run`
  const notes = (await loadNotes(notesFile)) ?? (await beginNotes(settings, places))
  if (notes.settings !== settings)
    throw new CommandRefused(
      `${notesFile}: an unfinished run was begun with another list or other options; go on with those, or remove ${notesFile} and ${growingFileOf(output)} to begin anew`
    )
  return { list, places, defaults, notesFile, notes, rate }
}

/** A run that begins must not write over what another has decided. */
async function beginNotes(
  settings: string,
  { output, rejects }: { readonly output: string; readonly rejects: string }
): Promise<RunNotes> {
  for (const file of [output, growingFileOf(output), rejects])
    if (await exists(file))
      throw new CommandRefused(
        `${file} is there already, and no unfinished run goes with it: remove it, or name another file`
      )
  return freshNotes(settings)
}

function defaultsOf(words: ListWords): RequestDefaults {
  const { namespace, channel, language, test, at, seed } = words
  return {
    namespace,
    channel,
    language,
    placements: (words.placement ?? []).map(readPlacement),
    context: readPairs(words.context ?? [], 'context'),
    attributes: readPairs(words.attribute ?? [], 'attribute'),
    options: { timeoutMs: TIMEOUT_MS, mode: test ? 'test' : 'live', at, seed }
  }
}

function digest(settings: object): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url')
}

interface Ended {
  readonly shell: Shell
  readonly words: ListWords
  readonly plan: RunPlan
  readonly seconds: number
  readonly before: Counts
}

/** What the run came to: on stdout, unless that is the output. */
function summarise(
  { shell, words, plan, seconds, before }: Ended,
  counts: Counts,
  isDone: boolean
): void {
  const { decided, rejected, withoutOffer, degraded } = counts
  const out = words.output === '-' ? shell.stderr : shell.stdout
  if (words.json) {
    out.write(`${JSON.stringify({ done: isDone, ...counts, seconds })}\n`)
    return
  }
  const paint = paintFor(out, shell.env)
  const rate = (decided - before.decided) / Math.max(seconds, 0.001)
  const head = ['decided', 'without offer', 'degraded', 'rejected', 'seconds', 'a second']
  const row = [decided, withoutOffer, degraded, rejected].map(String)
  const figures = table(head, [[...row, seconds.toFixed(1), rate.toFixed(0)]], head)
  const rejects = plan.places.rejects ?? 'above'
  const verdict = !isDone
    ? paint.yellow('stopped; the same command goes on where this one ended')
    : rejected === 0
      ? paint.green('every customer is decided for')
      : paint.red(`some rows were rejected: ${rejects}`)
  for (const line of [...figures, verdict]) out.write(`${line}\n`)
}
