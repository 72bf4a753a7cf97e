import { readConfig } from '../../config.js'
import { chancesOfDecision } from '../../decisioning/arbitration/chance-of.js'
import { createChancesUnder, isWeighable } from '../../decisioning/replay/chances-under.js'
import { createLegends } from '../../decisioning/trace/legends.js'
import { Refusal, StoreUnavailable } from '../../domain/refusal.js'
import { evaluate } from '../../learning/evaluation.js'
import { loadNames } from '../load-names.js'
import { paintFor } from '../paint.js'
import type { Parts } from '../parts.js'
import { patient } from '../patient.js'
import { periodOf } from '../period.js'
import { createProgress } from '../progress.js'
import { readOutcomes } from '../read-outcomes.js'
import { snapshotAlone } from '../service.js'
import { CommandRefused, UsageRefused, type ExitCode, type Shell } from '../shell.js'
import { describeEvaluation } from './describe-evaluation.js'
import { readJournalLog, type ChancesOf, type JournalLog } from './journal-log.js'

/** What the words say of the journal. */
export interface JournalWords {
  readonly log?: string | undefined
  readonly policy?: string | undefined
  readonly strategy?: string | undefined
  readonly placement?: string | undefined
  readonly reward?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly rules?: string | undefined
  readonly models?: string | undefined
  readonly json?: boolean | undefined
  readonly bootstrap: Parameters<typeof evaluate>[1]
}

/** Says what another policy would have earned from the decisions of the journal. Throws UsageRefused and CommandRefused. */
export async function evaluateJournal(
  shell: Shell,
  parts: Parts,
  words: JournalWords
): Promise<ExitCode> {
  const { placement } = words
  const reward = rewardOf(words)
  const { config } = readConfig(shell.env, words)
  const { strategy } = await loadNames(config, parts, paintFor(shell.stderr, shell.env))
  if (placement !== undefined && !strategy.placementIndex.has(placement))
    throw new UsageRefused(`--placement ${placement}: ${config.rulesDir} has no such placement`)
  const scope = { period: periodOf(words), parts: ['candidates'] as const }

  const read = async (policy: 'logged' | ChancesOf): Promise<JournalLog> => {
    const progress = createProgress(shell, parts.clock.monotonicMs)
    return await readJournalLog(
      readOutcomes(config, parts, strategy, scope),
      { policy, placement, reward },
      decisions => progress.show(() => `${decisions} decisions read`)
    ).finally(progress.clear)
  }
  const { sums, idle, unknown } =
    words.strategy === undefined
      ? await read(
          words.policy === 'logged'
            ? 'logged'
            : async decision =>
                chancesOfDecision(strategy, decision, words.policy === 'uniform' ? 1 : 0)
        )
      : await withStrategy(shell, parts, words, read)
  if (sums.decisions === 0)
    throw new CommandRefused(
      'the journal has no decisions of this period in which offers competed and their probabilities are known'
    )
  const evaluation = evaluate(sums, words.bootstrap)
  const text =
    words.json === true
      ? JSON.stringify({ ...evaluation, idle, unknown })
      : [
          `passed over: ${idle} decisions in which nothing competed, ${unknown} whose probabilities are not known`,
          describeEvaluation(
            evaluation,
            { failed: 0, errors: [] },
            paintFor(shell.stdout, shell.env)
          )
        ].join('\n')
  shell.stdout.write(`${text}\n`)
  return evaluation.verdict === 'estimates' ? 0 : 1
}

function rewardOf({ log, policy, strategy, reward = 'positive' }: JournalWords) {
  if (log !== undefined) throw new UsageRefused('take --log or the journal, not both')
  if (strategy !== undefined && policy !== undefined)
    throw new UsageRefused('take --policy or --strategy, not both')
  if (strategy === undefined && policy !== 'logged' && policy !== 'uniform' && policy !== 'greedy')
    throw new UsageRefused(
      'name the policy with --policy logged, uniform or greedy, or other rules with --strategy DIR'
    )
  if (reward !== 'positive' && reward !== 'value')
    throw new UsageRefused(`--reward of the journal is positive or value, not "${reward}"`)
  return reward
}

/** Makes the journal's decisions again by the rules of another folder, from the records of the store. */
async function withStrategy(
  shell: Shell,
  parts: Parts,
  { strategy: rules, ...words }: JournalWords,
  read: (policy: ChancesOf) => Promise<JournalLog>
): Promise<JournalLog> {
  const { config } = readConfig(shell.env, { ...words, rules })
  const log = parts.createLog(config.logLevel ?? 'warn', 'stderr')
  const snapshot = await snapshotAlone(config, parts, log)
  if (!isWeighable(snapshot))
    throw new CommandRefused(
      `${config.rulesDir} draws propensities (exploration: thompson), whose answers have no exact probabilities; judge it with method epsilon or none`
    )
  const store = await parts.openStore(patient(config), log)
  try {
    const chancesUnder = createChancesUnder({
      customers: store.customers,
      clock: parts.clock,
      records: store.records,
      legendOf: createLegends(store.documents, () => undefined)
    })
    return await read(async ({ id, placed }) => {
      try {
        return await chancesUnder(id, placed, snapshot)
      } catch (error) {
        // The rules lack what was asked for, such as a placement.
        if (error instanceof Refusal) return undefined
        throw error
      }
    })
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new CommandRefused(`the store: ${error.message}`)
  } finally {
    await store.close()
  }
}
