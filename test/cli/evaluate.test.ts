import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import type { Evaluation } from '../../src/learning/evaluation.js'
import { runCommand } from '../helpers/cli.js'
import { smallStrategy } from '../helpers/offerd.js'

/** Half of the decisions show the offer that the other policy prefers, which earns twice as much. */
function rowsOf(decisions: number, separator = ','): string[] {
  return Array.from({ length: decisions }, (_, i) => {
    const preferred = i % 2 === 0
    const reward = i % (preferred ? 10 : 20) === (preferred ? 0 : 1) ? '1' : '0'
    return [reward, '0.5', preferred ? '0.8' : '0.2', preferred ? '.2' : '.1', '1.8e-1'].join(
      separator
    )
  })
}

const HEADER = 'reward,probability,newProbability,predicted,expected'
const evaluateRows = (rows: readonly string[], words: readonly string[] = []) =>
  runCommand(['evaluate', '--log', '-', ...words], {}, [HEADER, ...rows, ''].join('\n'))

test('evaluate prints the weights and what another policy would have earned', async t => {
  const { code, stdout, stderr } = await evaluateRows(rowsOf(2000))
  t.equal(code, 0, stderr)
  t.match(stdout, /effective sample size +1471\n/)
  t.match(stdout, /mean weight +1 {2}± 0\.01342, 1 expected\n/)
  t.match(stdout, /^the log itself +0\.15 /m)
  t.match(stdout, /^IPS +0\.18 /m)
  t.match(stdout, /^SNIPS +0\.18 /m)
  t.notMatch(stdout, /^DR /m)
})

test('a reward model brings the estimators that use it', async t => {
  const words = ['--predicted', 'predicted', '--expected', 'expected', '--json']
  const { code, stdout, stderr } = await evaluateRows(rowsOf(2000), words)
  t.equal(code, 0, stderr)
  const evaluation = JSON.parse(stdout) as Evaluation & { readonly failed: number }
  if (evaluation.verdict === 'warning') return t.fail(evaluation.reasons.join())
  t.match(evaluation, { decisions: 2000, failed: 0, logged: { value: 0.15 } })
  t.equal(evaluation.estimates.length, 10)
  const { value, low, high } = evaluation.estimates.find(({ estimator }) => estimator === 'dr')!
  t.ok(Math.abs(value - 0.18) < 1e-12 && low < value && value < high)
})

test('the seed decides the intervals and nothing else does', async t => {
  const rows = rowsOf(1000)
  const words = ['--json', '--resamples', '200']
  const first = await evaluateRows(rows, words)
  t.equal((await evaluateRows(rows, words)).stdout, first.stdout)
  t.not((await evaluateRows(rows, [...words, '--seed', '2'])).stdout, first.stdout)
})

test('a log that cannot carry an answer gets a warning, no numbers and exit code 1', async t => {
  const { code, stdout } = await evaluateRows(
    ['1,.5,.8', '0,.5,.2', '1,.25,.5'].map(all => `${all},0,0`)
  )
  t.equal(code, 1)
  t.match(stdout, 'no estimates: this log cannot carry them')
  t.match(stdout, /the effective sample size is 2\.\d+, and 100 are needed/)
  t.notMatch(stdout, /IPS/)
  const never = rowsOf(500).map(row => row.replace(/0\.[28],/, '0,'))
  const programs = await evaluateRows(never, ['--json'])
  t.equal(programs.code, 1)
  const evaluation = JSON.parse(programs.stdout) as Evaluation
  t.match(evaluation, { verdict: 'warning', reasons: ['no_overlap'], weights: { zeroShare: 1 } })
  t.notOk('estimates' in evaluation)
  const wrong = rowsOf(500).map(row => row.replace(',0.5,', ',0.25,'))
  t.match((await evaluateRows(wrong)).stdout, /the mean weight is 2 ± .* where 1 is expected/)
})

test('bad rows are named and passed over while they are few', async t => {
  const rows = rowsOf(1000)
  rows[1] = 'yes,0.5,0.8,0,0'
  rows[3] = '1,0,0.8,0,0'
  rows[5] = '1,0.5,1.2,0,0'
  rows[7] = '1,0.5'
  rows[9] = '1e13,0.5,0.8,0,0'
  const { code, stdout } = await evaluateRows(rows)
  t.equal(code, 0)
  t.match(stdout, /^ {3}3 {2}reward must be a number up to 1e12, not "yes"$/m)
  t.match(stdout, /^ {3}5 {2}probability must be a probability above 0, at most 1, not "0"$/m)
  t.match(stdout, /^ {3}7 {2}newProbability must be a probability from 0 to 1, not "1\.2"$/m)
  t.match(stdout, /^ {3}9 {2}has 2 cells where the header has 5$/m)
  t.match(stdout, '5 bad rows passed over')
  t.match(stdout, /^decisions +995$/m)
  for (let i = 0; i < 22; i += 2) rows[i] = ',0.5,0.8,0,0'
  const refused = await evaluateRows(rows)
  t.equal(refused.code, 1)
  t.equal(refused.stdout, '')
  t.match(refused.stderr, 'the standard input, line 2: reward must be a number up to 1e12, not ""')
  t.match(refused.stderr, '16 rows are wrong, more than 1 in 100')
})

test('columns and separators have the names that the options give', async t => {
  const { folder } = await smallStrategy(t)
  const file = join(folder, 'log.csv')
  await writeFile(file, ['clicked\tpscore\tpi\tq\te', ...rowsOf(1000, '\t')].join('\r\n'))
  const named = ['evaluate', '--log', file, '--separator', 'tab', '--reward', 'clicked']
  const { code, stderr } = await runCommand([...named, '--logged', 'pscore', '--new', 'pi'], {})
  t.equal(code, 0, stderr)
  const near = await runCommand([...named, '--logged', 'score', '--new', 'pi'], {})
  t.equal(near.code, 1)
  t.match(near.stderr, 'has no column "score" (--logged); did you mean pscore?')
  const far = await runCommand([...named, '--logged', 'nothing like it'], {})
  t.match(far.stderr, 'it has clicked, pscore, pi, q, e')
  const missing = await runCommand(['evaluate', '--log', join(folder, 'none.csv')], {})
  t.equal(missing.code, 1)
  t.match(missing.stderr, 'cannot be read')
})

test('words that make no sense are refused with what would', async t => {
  const refusals: ReadonlyArray<[readonly string[], string]> = [
    [[], 'name a CSV file of decisions with --log FILE'],
    [['--log', 'a.csv', 'b.csv'], 'name a CSV file of decisions with --log FILE'],
    [['--log', '-', '--predicted', 'q'], '--predicted and --expected go together'],
    [['--log', '-', '--seed', '-1'], "Option '--seed' argument is ambiguous"],
    [['--log', '-', '--seed', '1.5'], '--seed takes a whole number from 0 to 4294967295'],
    [['--log', '-', '--resamples', '10'], '--resamples takes a whole number from 200 to 100000'],
    [['--log', '-', '--separator', ';;'], '--separator takes one character or the word tab'],
    [['--log', '-', '--lodged', 'p'], 'did you mean --logged?']
  ]
  for (const [words, sentence] of refusals) {
    const { code, stderr } = await runCommand(['evaluate', ...words], {})
    t.equal(code, 2)
    t.match(stderr, sentence)
  }
  const empty = await evaluateRows([])
  t.equal(empty.code, 1)
  t.match(empty.stderr, 'the standard input has a header and no decisions')
})
