import { evaluate, LEAST_CARRYING, LEAST_EFFECTIVE_SIZE } from '../learning/evaluation.js'
import type { Command } from './command.js'
import { readCsv } from './csv.js'
import { describeEvaluation } from './evaluate/describe-evaluation.js'
import { readLog } from './evaluate/read-log.js'
import { piecesOf } from './input.js'
import { parseOptions, readSeparator, readWholeNumber } from './options.js'
import { paintFor } from './paint.js'
import { createProgress } from './progress.js'
import { UsageRefused } from './shell.js'

const HELP = `Usage: offerd evaluate --log FILE|- [OPTIONS]

Says what another policy would have earned, from decisions that were made with known probabilities. The log is a CSV
file with a header and one decision a row:
  reward               what came of it: 0 or 1, money, any number
  probability          with which the offer was chosen, above 0
  newProbability       with which the other policy would have chosen the same offer
A reward model may add two columns, for the estimators that use one (DM, DR, SNDR and their kin):
  --predicted          what it predicts for the offer that was chosen
  --expected           its predictions averaged over the offers that the other policy would choose

Without a model read SNIPS, with one SNDR: IPS and DR say the same less steadily. The others (weights clipped at, up to
or shrunk with a number; DM, which is the model alone) are steadier, but lean, and no interval tells how far.
Intervals take decisions as independent: many of the same few customers make them too narrow.

Where the log cannot carry an answer there is a warning instead of numbers: an effective sample size below ${LEAST_EFFECTIVE_SIZE},
rewards that fewer than ${LEAST_CARRYING} decisions carry, or a mean weight that is not 1, which says that the probabilities are
wrong or that offers of the other policy were never tried.

  --log FILE           the decisions; - is the standard input
  --reward COLUMN      the reward's column (reward)
  --logged COLUMN      the probability's (probability)
  --new COLUMN         the other policy's (newProbability)
  --predicted COLUMN   the model's prediction; needs --expected
  --expected COLUMN    its expectation; needs --predicted
  --separator C        between cells: one character or the word tab (,)
  --resamples N        of the bootstrap that gives the 95 % intervals (2000)
  --seed N             of the bootstrap (1); the same seed gives the same intervals
  --json               the evaluation as JSON
  -h, --help           this page

Exit code 0: estimates. 1: the log cannot carry any, or is refused.
`

const OPTIONS = {
  log: { type: 'string' },
  reward: { type: 'string', default: 'reward' },
  logged: { type: 'string', default: 'probability' },
  new: { type: 'string', default: 'newProbability' },
  predicted: { type: 'string' },
  expected: { type: 'string' },
  separator: { type: 'string', default: ',' },
  resamples: { type: 'string', default: '2000' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
} as const

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'say what another policy would have earned',
  help: HELP,

  async run(shell, words, { clock }) {
    const { log, columns, separator, bootstrap, json } = readRequest(words)
    const name = log === '-' ? 'the standard input' : log
    const progress = createProgress(shell, clock.monotonicMs)
    const csv = await readCsv(piecesOf(log, shell), { name, separator })
    const { sums, failed, errors } = await readLog(csv, columns, {
      name,
      progress: decisions => progress.show(() => `${decisions} decisions read`)
    }).finally(progress.clear)
    const evaluation = evaluate(sums, bootstrap)
    const text = json
      ? JSON.stringify({ ...evaluation, failed, errors })
      : describeEvaluation(evaluation, { failed, errors }, paintFor(shell.stdout, shell.env))
    shell.stdout.write(`${text}\n`)
    return evaluation.verdict === 'estimates' ? 0 : 1
  }
}

/** What the words ask for. Throws UsageRefused. */
function readRequest(words: readonly string[]) {
  const { values, positionals } = parseOptions(words, OPTIONS)
  const { log, predicted, expected } = values
  if (log === undefined || positionals.length > 0)
    throw new UsageRefused(
      'name a CSV file of decisions with --log FILE, or --log - for the standard input'
    )
  if ((predicted === undefined) !== (expected === undefined))
    throw new UsageRefused('--predicted and --expected go together: a reward model gives both')
  return {
    log,
    columns: {
      reward: values.reward,
      loggedProbability: values.logged,
      newProbability: values.new,
      predicted,
      expected
    },
    separator: readSeparator(values.separator),
    bootstrap: {
      seed: readWholeNumber(values.seed, 'seed', { least: 0, most: 2 ** 32 - 1 }),
      resamples: readWholeNumber(values.resamples, 'resamples', { least: 200, most: 100_000 })
    },
    json: values.json
  }
}
