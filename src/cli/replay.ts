import { readConfig } from '../config.js'
import type { DecisionRecord, Store } from '../decisioning/ports.js'
import { StoreUnavailable } from '../domain/refusal.js'
import type { Command } from './command.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import { paintFor } from './paint.js'
import { patient } from './patient.js'
import { periodOf } from './period.js'
import { createProgress, type Progress } from './progress.js'
import { describeReplays } from './replay/describe-replays.js'
import { ReplayTally } from './replay/tally.js'
import { openReplay, snapshotAlone } from './service.js'
import { CommandRefused, UsageRefused } from './shell.js'

const HELP = `Usage: offerd replay [ID…] [OPTIONS]

Makes recorded decisions again from their records, and says which come out otherwise and at which stage first. Every
decision goes by the strategy that made it, as it is archived in the store; with --current by the rules that are given
here, which shows what they would change, for how many. Nothing is recorded, reserved or counted.

  ID…                  these decisions; without ids all that are recorded
  --from, --to TIME    of this period only, such as 2026-03-01 or 2026-03-01T10:00:00Z
  --current            under the strategy of --rules and --models instead
  --json               the summary as JSON
${STRATEGY_HELP}

Exit code 0: all come out the same. 1: at least one does not.
`

const OPTIONS = {
  ...STRATEGY_OPTIONS,
  from: { type: 'string' },
  to: { type: 'string' },
  current: { type: 'boolean' },
  json: { type: 'boolean' }
} as const

/** Replayed at the same time, so that they share the models' runs. */
const TOGETHER = 32

export const replayCommand: Command = {
  name: 'replay',
  summary: 'make recorded decisions again, and compare',
  help: HELP,

  async run(shell, words, parts) {
    const { values, positionals: ids } = parseOptions(words, OPTIONS)
    if (ids.length > 0 && (values.from ?? values.to) !== undefined)
      throw new UsageRefused('--from and --to are for all decisions; leave them out, or the ids')
    const period = periodOf(values)
    const { config } = readConfig(shell.env, values)
    const log = parts.createLog(config.logLevel ?? 'warn', 'stderr')
    const under = values.current ? await snapshotAlone(config, parts, log) : undefined
    const store = await parts.openStore(patient(config), log)
    const progress = createProgress(shell, parts.clock.monotonicMs)
    const tally = new ReplayTally()
    try {
      const replayRecord = openReplay(config, parts, log, store)
      const records = ids.length > 0 ? byIds(store, ids) : store.records.walk(period)
      for await (const some of records) {
        for (let i = 0; i < some.length; i += TOGETHER) {
          const lot = some.slice(i, i + TOGETHER)
          await Promise.all(lot.map(record => tally.add(replayRecord(record, under))))
          show(progress, tally, lot, parts.clock.wallMs())
        }
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      throw new CommandRefused(`the store: ${error.message}`)
    } finally {
      progress.clear()
      await store.close()
    }
    const text = values.json
      ? JSON.stringify(tally.summary())
      : describeReplays(tally.summary(), paintFor(shell.stdout, shell.env)).join('\n')
    shell.stdout.write(`${text}\n`)
    return tally.summary().differing > 0 ? 1 : 0
  }
}

async function* byIds(
  store: Store,
  ids: readonly string[]
): AsyncGenerator<readonly DecisionRecord[]> {
  for (const id of ids) {
    const record = await store.records.get(id)
    if (record === undefined)
      throw new CommandRefused(`there is no record of decision ${id}; they are kept for 7 days`)
    yield [record]
  }
}

const BAR_CHARS = 24

/** Where the walk has come to, between its first decision and now. */
function show(
  progress: Progress,
  tally: ReplayTally,
  lot: readonly DecisionRecord[],
  nowMs: number
): void {
  const atMs = lot.at(-1)?.decidedAtMs ?? nowMs
  const share = tally.shareOf(atMs, nowMs)
  progress.show(() => {
    const filled = Math.round(share * BAR_CHARS)
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CHARS - filled)
    const { replayed, differing } = tally.summary()
    return `${bar} ${replayed} decisions replayed, ${differing} differ`
  })
}
