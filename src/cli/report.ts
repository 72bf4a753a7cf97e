import { readConfig } from '../config.js'
import { sampleRatioOf } from '../decisioning/experiments/experiment-report.js'
import type { GroupResponses, JournalPeriod } from '../domain/journal.js'
import { readModelFile } from '../policy/model-file.js'
import type { Strategy } from '../policy/strategy.js'
import type { Command } from './command.js'
import { loadNames } from './load-names.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import { paintFor } from './paint.js'
import { periodOf } from './period.js'
import { readOutcomes, readResponses } from './read-outcomes.js'
import { alarmsOf, type Bounds, type ExperimentRatio } from './report/alarms.js'
import { collect } from './report/collect.js'
import { describeReport, type Report } from './report/describe.js'
import { FEWEST_SHOWN, judgeChance, judgeGroups, judgeModels, judgeOffers } from './report/judge.js'
import { UsageRefused } from './shell.js'

const HELP = `Usage: offerd report [--from TIME] [--to TIME] [OPTIONS]

Says from the journal how offers, models and experiments do: how often every offer was shown and got its positive (with Wilson's
95 % interval); what leaving slots to chance is estimated to
cost; of every model the AUC and the calibration error of the propensities that it decided by, the feature that changed most
(population stability index, the second half of the period against the first), and the one with most values that it was not
trained on; how much more a customer answers than one of the holdout, of the control, or of the first arm (95 %); and whether
arms have as many customers as they should. A figure that leaves its bounds is told as an alarm; models that
were shown less than ${FEWEST_SHOWN} times raise none.

  --from, --to TIME      when the decisions were made, such as 2026-03-01 or 2026-03-01T10:00:00Z
  --reference FROM..TO   compares features with those of this period
  --calibration N        greatest calibration error (0.05)
  --auc N                least AUC (0.55)
  --stability N          greatest stability index of a feature (0.25)
  --outside N            greatest share of a feature's values outside training (0.05)
  --json                 the report as JSON
  --check                exit code 1 where there is an alarm
${STRATEGY_HELP}

Exit code 0: the report. 1: an alarm, with --check; or it cannot be made.
`

const OPTIONS = {
  ...STRATEGY_OPTIONS,
  from: { type: 'string' },
  to: { type: 'string' },
  reference: { type: 'string' },
  calibration: { type: 'string', default: '0.05' },
  auc: { type: 'string', default: '0.55' },
  stability: { type: 'string', default: '0.25' },
  outside: { type: 'string', default: '0.05' },
  json: { type: 'boolean' },
  check: { type: 'boolean' }
} as const

export const reportCommand: Command = {
  name: 'report',
  summary: 'say how offers, models and experiments do',
  help: HELP,

  async run(shell, words, parts) {
    const { values } = parseOptions(words, OPTIONS)
    const { config } = readConfig(shell.env, values)
    const period = periodOf(values)
    const bounds = boundsOf(values)
    const reference = referenceOf(values.reference)
    const { strategy } = await loadNames(config, parts, paintFor(shell.stderr, shell.env))
    const { models: files } = await parts.createFiles(config).read()
    const specs = files.flatMap(({ file }) => readModelFile(file).model ?? [])
    const collectIn = (from: JournalPeriod) =>
      collect(
        readOutcomes(config, parts, strategy, { period: from, parts: ['features', 'candidates'] })
      )
    const collected = await collectIn(period)
    const before = reference && (await collectIn(reference))
    const groups = await readResponses(config, parts, strategy, period)
    const models = judgeModels(collected, before, specs)
    const experiments = ratiosOf(strategy, groups)
    const report: Report = {
      decisions: collected.decisions,
      offers: judgeOffers(collected),
      models,
      chance: (drawsPropensities(strategy) ? undefined : judgeChance(collected)) ?? null,
      lifts: judgeGroups(groups),
      experiments,
      alarms: alarmsOf(models, experiments, bounds)
    }
    const text = values.json
      ? JSON.stringify(report)
      : describeReport(report, paintFor(shell.stdout, shell.env)).join('\n')
    shell.stdout.write(`${text}\n`)
    return values.check === true && report.alarms.length > 0 ? 1 : 0
  }
}

function drawsPropensities({ exploration, experiments }: Strategy): boolean {
  return exploration.method === 'thompson' || experiments.some(({ touches }) => touches.exploration)
}

/** Customers by arm against the arms' shares, of the strategy's experiments. */
function ratiosOf({ experiments }: Strategy, groups: readonly GroupResponses[]): ExperimentRatio[] {
  return experiments.map(({ name, arms }) => ({
    experiment: name,
    sampleRatio: sampleRatioOf(
      arms.map(
        arm => groups.find(one => one.group === name && one.arm === arm.name)?.customers ?? 0
      ),
      arms.map(({ fromBucket, untilBucket }) => untilBucket - fromBucket)
    )
  }))
}

function referenceOf(text: string | undefined): JournalPeriod | undefined {
  if (text === undefined) return undefined
  const [from, to, ...more] = text.split('..')
  if (!from || !to || more.length > 0)
    throw new UsageRefused(
      `--reference takes FROM..TO, such as 2026-03-01..2026-03-08, not "${text}"`
    )
  return periodOf({ from, to })
}

function boundsOf(values: Readonly<Record<keyof Bounds, string>>): Bounds {
  const read = (option: keyof Bounds): number => {
    const text = values[option]
    const number = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN
    if (Number.isNaN(number))
      throw new UsageRefused(`--${option} takes a number such as 0.05, not "${text}"`)
    return number
  }
  return {
    calibration: read('calibration'),
    auc: read('auc'),
    stability: read('stability'),
    outside: read('outside')
  }
}
