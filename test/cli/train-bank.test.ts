import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import type { TrainingReport } from '../../src/cli/train/report.js'
import { runCommand } from '../helpers/cli.js'
import { smallStrategy } from '../helpers/offerd.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { sharedData } from '../helpers/shared-data.js'

/** All folds take minutes (TAP_TIMEOUT=900 OFFERD_TRAIN_FOLDS=5); one part of the rows is enough for every day. */
const FOLDS = process.env['OFFERD_TRAIN_FOLDS']
const file = join(sharedData, 'bank/bank-full.csv')

const NUMBERS = ['age', 'balance', 'day', 'duration', 'campaign', 'pdays', 'previous']
const TEXTS = ['job', 'marital', 'education', 'contact', 'month', 'poutcome']
const TRUTHS = ['default', 'housing', 'loan']
const declared = (names: readonly string[], type: string) =>
  names.map(name => `  ${name}: {type: ${type}}\n`).join('')
const RULES = rulesWith({
  offers: offerYaml('deposit', { propensity: { model: 'deposit' } })
}).replace(
  '  age: {type: integer}\n  balance: {type: number, default: 0}\n',
  declared(NUMBERS, 'number') + declared(TEXTS, 'string') + declared(TRUTHS, 'boolean')
)

test('on 45,211 real customers both methods tell who says yes, with probabilities that hold', {
  timeout: 600_000
}, async t => {
  if (!existsSync(file)) {
    t.pass(`${file} is not there; nothing is trained`)
    return
  }
  const { env, folder } = await smallStrategy(t, RULES)
  const words = ['train', 'deposit', '--from', file, '--separator', ';', '--target', 'y', '--json']
  const folds = FOLDS === undefined ? [] : ['--folds', FOLDS]
  const { code, stdout, stderr } = await runCommand(
    [...words, '--without', 'duration', ...folds],
    env
  )
  t.equal(code, 0, stderr)
  const { methods, largestDifference } = JSON.parse(stdout) as TrainingReport
  // One part of the rows, drawn by the seed, is a little harder than the mean of all.
  const least =
    FOLDS === undefined ? { logistic: 0.755, trees: 0.785 } : { logistic: 0.76, trees: 0.795 }
  for (const { method, held, crossValidated } of methods) {
    const { auc, logLoss, calibrationError } = crossValidated ?? held
    t.comment(`${method}: AUC ${auc}, log loss ${logLoss}, calibration error ${calibrationError}`)
    t.ok(auc >= least[method], `AUC ${auc}`)
    t.ok(calibrationError <= 0.02, `calibration error ${calibrationError}`)
  }
  t.ok(largestDifference < 1e-6, `${largestDifference}`)
  t.equal((await runCommand(['validate'], env)).code, 0)
  t.ok(existsSync(join(folder, 'models/deposit/card.md')))
})

test('the length of a call, known only after the answer, is asked about', async t => {
  const small = join(sharedData, 'bank/bank.csv')
  if (!existsSync(small)) {
    t.pass(`${small} is not there; nothing is trained`)
    return
  }
  const { env } = await smallStrategy(t, RULES)
  const { code, stdout, stderr } = await runCommand(
    [
      'train',
      'deposit',
      '--from',
      small,
      '--separator',
      ';',
      '--target',
      'y',
      '--method',
      'logistic'
    ],
    env
  )
  t.equal(code, 0, stderr)
  t.match(stdout, /warning: column "duration" tells much by itself \(AUC 0\.[78]\d+ alone\)/)
})
