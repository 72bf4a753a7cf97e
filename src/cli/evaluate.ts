import { evaluate, LEAST_CARRYING, LEAST_EFFECTIVE_SIZE } from '../learning/evaluation.js'
import type { Command } from './command.js'
import { readCsv } from './csv.js'
import { describeEvaluation } from './evaluate/describe-evaluation.js'
import { evaluateJournal } from './evaluate/evaluate-journal.js'
import { readLog } from './evaluate/read-log.js'
import { piecesOf } from './input.js'
import {
  parseOptions,
  readSeparator,
  readWholeNumber,
  STRATEGY_HELP,
  STRATEGY_OPTIONS
} from './options.js'
import { paintFor } from './paint.js'
import { createProgress } from './progress.js'
import { UsageRefused } from './shell.js'

const HELP = `Usage: offerd evaluate --log FILE|- [OPTIONS]
       offerd evaluate --journal --policy logged|uniform|greedy [OPTIONS]
       offerd evaluate --strategy DIR [--from TIME] [--to TIME] [OPTIONS]

Says what another policy would have earned, from decisions that were made with known probabilities. The log is a CSV
file with a header and one decision a row:
  reward               what came of it: 0 or 1, money, any number
  probability          with which the offer was chosen, above 0
  newProbability       with which the other policy would have chosen the same offer
A reward model may add two columns, for the estimators that use one (DM, DR, SNDR and their kin):
  --predicted          what it predicts for the offer that was chosen
  --expected           its predictions averaged over the offers that the other policy would choose

From the journal it asks the decisions about another strategy: with --strategy every decision is made again by those rules and the
models of --models, as offerd replay does, which needs its record in the store (they are kept for 7 days). Propensities that were
corrected by experience stay so where the same model gives them. With --policy only the share of chance is another, all else being as
it was: uniform draws every slot evenly from the offers that fitted, greedy always takes the best filling, logged is what decided.
The reward is 1 for every positive of a decision's offers, or what they were worth; who was not shown an offer gives none.

Without a model read SNIPS, with one SNDR: IPS and DR say the same less steadily. The others (weights clipped at, up to
or shrunk with a number; DM, which is the model alone) are steadier, but lean, and no interval tells how far.
Intervals take decisions as independent: many of the same few customers make them too narrow.

Where the log cannot carry an answer there is a warning instead of numbers: an effective sample size below ${LEAST_EFFECTIVE_SIZE},
rewards that fewer than ${LEAST_CARRYING} decisions carry, or a mean weight that is not 1, which says that the probabilities are
wrong or that offers of the other policy were never tried.

  --log FILE           the decisions; - is the standard input
  --journal            the decisions of the journal
  --policy NAME        with --journal: logged, uniform or greedy
  --strategy DIR       the rules of the other strategy; the decisions are those of the journal
  --from, --to TIME    with --journal: when they were made, such as 2026-03-01
  --placement NAME     with --journal: the only one whose rewards count
  --reward COLUMN      the reward's column (reward); with --journal positive or value (positive)
  --logged COLUMN      the probability's (probability)
  --new COLUMN         the other policy's (newProbability)
  --predicted COLUMN   the model's prediction; needs --expected
  --expected COLUMN    its expectation; needs --predicted
  --separator C        between cells: one character or the word tab (,)
  --resamples N        of the bootstrap that gives the 95 % intervals (2000)
  --seed N             of the bootstrap (1); the same seed gives the same intervals
  --json               the evaluation as JSON
${STRATEGY_HELP}

Exit code 0: estimates. 1: the log cannot carry any, or is refused.
`

const OPTIONS = {
  ...STRATEGY_OPTIONS,
  journal: { type: 'boolean' },
  policy: { type: 'string' },
  strategy: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  placement: { type: 'string' },
  log: { type: 'string' },
  reward: { type: 'string' },
  logged: { type: 'string', default: 'probability' },
  new: { type: 'string', default: 'newProbability' },
  predicted: { type: 'string' },
  expected: { type: 'string' },
  separator: { type: 'string', default: ',' },
  resamples: { type: 'string', default: '2000' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean' }
} as const

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'say what another policy would have earned',
  help: HELP,

  async run(shell, words, parts) {
    const { values, positionals } = parseOptions(words, OPTIONS)
    if (values.journal === true || values.strategy !== undefined)
      return await evaluateJournal(shell, parts, { ...values, bootstrap: bootstrapOf(values) })
    const { clock } = parts
    const { log, columns, separator, bootstrap, json } = readRequest(values, positionals)
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

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values']

function bootstrapOf({ seed, resamples }: Values) {
  return {
    seed: readWholeNumber(seed, 'seed', { least: 0, most: 2 ** 32 - 1 }),
    resamples: readWholeNumber(resamples, 'resamples', { least: 200, most: 100_000 })
  }
}

/** What the words ask for. Throws UsageRefused. */
function readRequest(values: Values, positionals: readonly string[]) {
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
      reward: values.reward ?? 'reward',
      loggedProbability: values.logged,
      newProbability: values.new,
      predicted,
      expected
    },
    separator: readSeparator(values.separator),
    bootstrap: bootstrapOf(values),
    json: values.json
  }
}
