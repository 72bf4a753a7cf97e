import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { readCsv } from '../../src/cli/csv.js'
import { evaluate } from '../../src/learning/evaluation.js'
import type { LoggedDecision } from '../../src/learning/off-policy.js'
import { sumsOf, valuesOf } from '../helpers/logged-decisions.js'
import { sharedData, sharedDataMissing } from '../helpers/shared-data.js'

/** The rows of a data set, each cell by its column. */
async function rowsOf(name: string): Promise<Array<Record<string, string>>> {
  const { header, rows } = await readCsv(createReadStream(join(sharedData, name)), { name })
  const kept: Array<Record<string, string>> = []
  for await (const { cells } of rows)
    kept.push(Object.fromEntries(header.map((column, i) => [column, cells?.[i] ?? ''])))
  return kept
}

/** What the reference file calls each estimator. */
const REFERENCE_NAMES: Record<string, string> = {
  ips: 'ipw',
  ips_clipped_10: 'ipw (lambda=10, clipped)',
  snips: 'snipw',
  dm: 'dm',
  dr: 'dr',
  sndr: 'sndr',
  switch_dr_1: 'switch-dr (lambda=1)',
  switch_dr_10: 'switch-dr (lambda=10)',
  dr_os_1: 'dr-os (lambda=1)',
  dr_os_100: 'dr-os (lambda=100)'
}

interface Reference {
  readonly estimates: Record<string, { readonly value: number; readonly ci95: [number, number] }>
  readonly weights: { readonly mean: number; readonly max: number; readonly ess: number }
  readonly evaluation_on_policy_value: number
}

test('ten estimators agree with the Open Bandit Pipeline to 1e-12', {
  skip: sharedDataMissing
}, async t => {
  const rows = await rowsOf('obd/reference_random_to_bts_rows.csv')
  const log: LoggedDecision[] = rows.map(row => ({
    reward: Number(row['reward']),
    loggedProbability: Number(row['pscore']),
    newProbability: Number(row['pi_e']),
    predicted: Number(row['q_hat_logged']),
    expected: Number(row['q_hat_expected_under_pi_e'])
  }))
  const { runs } = JSON.parse(readFileSync(join(sharedData, 'obd/reference.json'), 'utf8')) as {
    runs: Reference[]
  }
  const reference = runs[0]!
  const values = valuesOf(log)
  t.equal(Object.keys(values).length, Object.keys(reference.estimates).length)
  for (const [id, value] of Object.entries(values)) {
    const wanted = reference.estimates[REFERENCE_NAMES[id]!]!.value
    t.ok(Math.abs(value - wanted) <= 1e-12, `${id}: ${value}, not ${wanted}`)
  }
  const evaluation = evaluate(sumsOf(log), { seed: 1, resamples: 500 })
  const { weights } = evaluation
  t.ok(Math.abs(weights.mean - reference.weights.mean) <= 1e-12)
  t.ok(Math.abs(weights.largest - reference.weights.max) <= 1e-12)
  t.ok(Math.abs(weights.effectiveSampleSize / reference.weights.ess - 1) <= 1e-12)
  if (evaluation.verdict === 'warning') return t.fail(evaluation.reasons.join())
  // What the other policy really earned, in a log of its own.
  const truth = reference.evaluation_on_policy_value
  for (const id of ['ips', 'snips', 'dr', 'sndr']) {
    const { low, high } = evaluation.estimates.find(({ estimator }) => estimator === id)!
    t.ok(low < truth && truth < high, `${id}: ${low} to ${high}`)
  }
})

test("always the men's e-mail is worth what its random third shows", {
  skip: sharedDataMissing
}, async t => {
  const means = JSON.parse(
    readFileSync(join(sharedData, 'hillstrom/arm_means.json'), 'utf8')
  ) as Record<string, { readonly n: number; readonly visit: number }>
  const { n, visit } = means['Mens E-Mail']!
  const rows = await rowsOf('hillstrom/hillstrom.csv')
  const log = rows.map(row => ({
    reward: Number(row['visit']),
    loggedProbability: 1 / 3,
    newProbability: row['segment'] === 'Mens E-Mail' ? 1 : 0
  }))
  const evaluation = evaluate(sumsOf(log), { seed: 1, resamples: 500 })
  if (evaluation.verdict === 'warning') return t.fail(evaluation.reasons.join())
  const [ips, , snips] = evaluation.estimates
  t.ok(Math.abs(snips!.value - visit) <= 1e-12, `${snips!.value}, not ${visit}`)
  t.ok(Math.abs(ips!.value - (visit * 3 * n) / rows.length) <= 1e-12)
  t.ok(snips!.low < visit && visit < snips!.high)
  // As many decisions of the new policy as there are in its arm.
  t.ok(Math.abs(evaluation.weights.effectiveSampleSize - n) < 1e-6)
  const width = snips!.high - snips!.low
  const binomial = 2 * 1.96 * Math.sqrt((visit * (1 - visit)) / n)
  t.ok(Math.abs(width / binomial - 1) < 0.15, `${width} is not about ${binomial}`)
})
