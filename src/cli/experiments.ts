import { readConfig } from '../config.js'
import type {
  ExperimentReport,
  ExperimentState,
  SampleRatio
} from '../decisioning/experiments/experiment-report.js'
import type { Command } from './command.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import { figure, paintFor, table, type Paint } from './paint.js'
import { withService } from './service.js'

const HELP = `Usage: offerd experiments [OPTIONS]

Shows whom the strategy's experiments have reached: the customers of every arm that met the experiment in a decision
where the arm could matter, each counted once. Their numbers are compared with the arms' shares (chi-square test); a
probability below 0.001 is a sample ratio mismatch: then something treats the arms differently before they are
counted, and comparing their results would mislead.

  --json               the report as JSON, as GET /v1/experiments answers it
${STRATEGY_HELP}

Exit code 0: no mismatch. 1: at least one experiment has a mismatch.
`

export const experimentsCommand: Command = {
  name: 'experiments',
  summary: 'show whom experiments have reached',
  help: HELP,

  async run(shell, words, parts) {
    const { values } = parseOptions(words, { ...STRATEGY_OPTIONS, json: { type: 'boolean' } })
    const { config } = readConfig(shell.env, values)
    const report = await withService(config, parts, service => service.reportExperiments())
    const text = values.json
      ? JSON.stringify(report)
      : describe(report, paintFor(shell.stdout, shell.env)).join('\n')
    shell.stdout.write(`${text}\n`)
    return report.experiments.some(({ sampleRatio }) => sampleRatio.verdict === 'mismatch') ? 1 : 0
  }
}

function describe({ experiments }: ExperimentReport, paint: Paint): string[] {
  if (experiments.length === 0) return ['The strategy has no experiments.']
  return experiments.flatMap((experiment, i) => [
    ...(i === 0 ? [] : ['']),
    ...describeOne(experiment, paint)
  ])
}

function describeOne(
  { name, layer, when, arms, sampleRatio }: ExperimentState,
  paint: Paint
): string[] {
  const scope = [
    ...(layer === null ? [] : [`layer ${layer}`]),
    ...(when === null ? [] : [`when ${when}`])
  ]
  const rows = arms.map(arm => [
    `  ${arm.name}`,
    figure(arm.share),
    String(arm.exposed),
    figure(arm.expected)
  ])
  return [
    [paint.bold(name), ...scope.map(paint.dim)].join('  '),
    ...table(['  arm', 'share', 'exposed', 'expected'], rows, ['share', 'exposed', 'expected']),
    `  ${verdictText(sampleRatio, paint)}`
  ]
}

function verdictText(
  { verdict, chiSquare, degreesOfFreedom, pValue }: SampleRatio,
  paint: Paint
): string {
  const figures = `chi-square ${figure(chiSquare)}, ${degreesOfFreedom} df, p = ${figure(pValue)}`
  if (verdict === 'too_few') return paint.yellow(`too few customers to tell (${figures})`)
  return verdict === 'match'
    ? paint.green(`the sample ratio is as expected (${figures})`)
    : paint.red(`sample ratio mismatch (${figures})`)
}
