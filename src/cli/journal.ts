import { readConfig } from '../config.js'
import type { JournalHoldings, Log } from '../decisioning/ports.js'
import type { DecisionOutcomes, JournalStanding } from '../domain/journal.js'
import { parseDuration } from '../policy/duration.js'
import { sizeInBytes } from '../policy/compile-journal.js'
import type { Command } from './command.js'
import { exportJournal } from './export-journal.js'
import { loadNames } from './load-names.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import { withOutlet, type Surroundings } from './outlet.js'
import { bytesText, paintFor } from './paint.js'
import { periodOf } from './period.js'
import { readOutcomes } from './read-outcomes.js'
import { UsageRefused, type ExitCode } from './shell.js'

const HELP = `Usage: offerd journal [status] [--json]
       offerd journal read decisions|events [--from TIME] [--to TIME] [--customer NAMESPACE/ID]
       offerd journal read outcomes [--from TIME] [--to TIME]
       offerd journal export [--once] [--keep 90d] [--max-bytes 50GB]

The journal holds every decision and event of a strategy that has a journal section. They wait in the store until one
process has written them to Parquet files in the folder journal of OFFERD_DATA, a folder a day.

status    What is on disk, what waits, what was dropped.
read      What was recorded in a period, a line of JSON each, each once. outcomes: every offer that was placed by decisions of
          the period, whether and when it was shown, and what came of it. An answer belongs to the decision of its token;
          without one, to the newest impression of the offer to the customer before it. It counts within the strategy's
          positiveWindow after the impression, and not after a reject or ignore.
export    Writes what waits to disk until it is told to stop. The services of a strategy with a journal do so by
          themselves; run it where the files shall lie on another machine than theirs.

  --json                    the status as JSON
  --from, --to TIME         such as 2026-03-01 or 2026-03-01T10:00:00Z; without them from the first to the last
  --customer NAMESPACE/ID   of one customer, with what is personal, which nobody can read once the customer is erased
  --once                    everything that waits now, then end
  --keep, --max-bytes       how long and how large files are kept, oldest out first
${STRATEGY_HELP}

Exit code 0: done. 1: it could not be done. 2: the command was not understood.
`

const OPTIONS = {
  ...STRATEGY_OPTIONS,
  json: { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  customer: { type: 'string' },
  once: { type: 'boolean' },
  keep: { type: 'string' },
  'max-bytes': { type: 'string' },
  attached: { type: 'boolean' }
} as const

export const journalCommand: Command = {
  name: 'journal',
  summary: 'show, read or write the record of all decisions and events',
  help: HELP,

  async run(shell, words, parts) {
    const { values, positionals } = parseOptions(words, OPTIONS)
    const { config } = readConfig(shell.env, values)
    const [what = 'status', kind] = positionals
    if (what === 'status') return await status({ shell, config, parts }, values.json === true)
    if (what === 'read' && kind === 'outcomes')
      return await outcomes({ shell, config, parts }, values)
    if (what === 'read') return await read({ shell, config, parts }, kind, values)
    if (what !== 'export')
      throw new UsageRefused(`offerd journal knows status, read and export, not "${what}"`)
    const limits = { keepMs: keepOf(values.keep), mostBytes: bytesOf(values['max-bytes']) }
    const { once = false, attached = false } = values
    return await exportJournal({ shell, config, parts }, { ...limits, once, attached })
  }
}

const DEFAULT_KEEP = '90d'
const DEFAULT_MOST_BYTES = '50GB'

function keepOf(text = DEFAULT_KEEP): number {
  const keepMs = parseDuration(text)
  if (keepMs === undefined)
    throw new UsageRefused(`--keep takes a duration such as 90d, not "${text}"`)
  return keepMs
}

function bytesOf(text = DEFAULT_MOST_BYTES): number {
  const bytes = sizeInBytes(text)
  if (Number.isNaN(bytes))
    throw new UsageRefused(`--max-bytes takes a size such as 50GB, not "${text}"`)
  return bytes
}

async function status(surroundings: Surroundings, asJson: boolean): Promise<ExitCode> {
  const { shell, config, parts } = surroundings
  const segments = parts.createJournalSegments(config)
  const holdings = await segments.holdings()
  const standing = await withOutlet(surroundings, quietLog(surroundings), store =>
    store.journal.standing()
  )
  const text = asJson
    ? JSON.stringify({ folder: segments.description, ...holdings, ...standing })
    : describe(segments.description, holdings, standing, parts.clock.wallMs()).join('\n')
  shell.stdout.write(`${text}\n`)
  return 0
}

function describe(
  folder: string,
  { segments, bytes, firstDay, lastDay }: JournalHoldings,
  standing: JournalStanding,
  nowMs: number
): string[] {
  const { waiting, waitingBytes, mostBytes, oldestMs } = standing
  const since =
    oldestMs === undefined ? '' : `, the oldest for ${Math.round((nowMs - oldestMs) / 1000)} s`
  return [
    segments === 0
      ? `On disk: nothing in ${folder}`
      : `On disk: ${segments} files, ${bytesText(bytes)}, ${firstDay} to ${lastDay}, in ${folder}`,
    `Waiting: ${waiting} decisions and events, ${bytesText(waitingBytes)} of at most ${bytesText(mostBytes)}${since}`,
    `Written: ${standing.exported}; dropped: ${standing.dropped}`,
    standing.isExported ? 'A process writes what waits.' : 'No process writes what waits.',
    ...(standing.trouble === undefined ? [] : [`Trouble: ${standing.trouble}`])
  ]
}

interface Wanted {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly customer?: string | undefined
}

async function read(
  surroundings: Surroundings,
  kind: string | undefined,
  { from, to, customer }: Wanted
): Promise<ExitCode> {
  if (kind !== 'decisions' && kind !== 'events')
    throw new UsageRefused('offerd journal read takes decisions, events or outcomes')
  const { shell, config, parts } = surroundings
  const period = periodOf({ from, to })
  const segments = parts.createJournalSegments(config)
  const print = async (key: Buffer | undefined) => {
    for await (const row of segments.read(kind, period, key))
      shell.stdout.write(`${JSON.stringify(row)}\n`)
  }
  if (customer === undefined) await print(undefined)
  else for (const key of await keysOf(surroundings, customer)) await print(key)
  return 0
}

/** Prints every offer that was placed, with its decision and what came of it. */
async function outcomes(
  { shell, config, parts }: Surroundings,
  { from, to, customer }: Wanted
): Promise<ExitCode> {
  if (customer !== undefined)
    throw new UsageRefused('--customer goes with decisions or events, not with outcomes')
  const { strategy } = await loadNames(config, parts, paintFor(shell.stderr, shell.env))
  const scope = { period: periodOf({ from, to }), parts: [] }
  for await (const decision of readOutcomes(config, parts, strategy, scope))
    for (const line of linesOf(decision)) shell.stdout.write(`${JSON.stringify(line)}\n`)
  return 0
}

function linesOf({ id, timeMs, placed, namespace, customer, channel, ...rest }: DecisionOutcomes) {
  const { strategyHash, holdout, control, experiments, degraded } = rest
  return placed.map(({ shownMs, ...placing }) => ({
    decision: id,
    time: new Date(timeMs),
    namespace,
    customer,
    channel,
    strategyHash,
    holdout,
    control,
    experiments,
    degraded,
    ...placing,
    shown: shownMs === null ? null : new Date(shownMs)
  }))
}

/** The keys of all ids under which a customer is known. */
async function keysOf(surroundings: Surroundings, customer: string): Promise<Buffer[]> {
  const at = customer.indexOf('/')
  if (at < 1) throw new UsageRefused(`--customer takes NAMESPACE/ID, not "${customer}"`)
  const key = { namespace: customer.slice(0, at), id: customer.slice(at + 1) }
  return await withOutlet(surroundings, quietLog(surroundings), async (store, outlet) => {
    const { members } = await store.customers.identityOf(key)
    const keys = await Promise.all(members.map(member => outlet.keyOf(member)))
    return keys.filter(found => found !== undefined)
  })
}

/** The log of a command whose stdout is its result. */
function quietLog({ config, parts }: Surroundings): Log {
  return parts.createLog(config.logLevel ?? 'warn', 'stderr')
}
