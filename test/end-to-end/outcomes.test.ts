import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import tap, { test } from 'tap'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import type { Report } from '../../src/cli/report/describe.js'
import type { TrainingReport } from '../../src/cli/train/report.js'
import { chancesOfDecision } from '../../src/decisioning/arbitration/chance-of.js'
import type { PlacingOutcome } from '../../src/domain/journal.js'
import type { Evaluation } from '../../src/learning/evaluation.js'
import { compileStrategy } from '../../src/policy/compile.js'
import { runCommand } from '../helpers/cli.js'
import { runOfferd } from '../helpers/offerd.js'
import { cameNaively } from '../helpers/outcomes.js'
import { redisMissing } from '../helpers/redis.js'
import { journalOfShippedWorld, shippedRules } from '../helpers/shipped-journal.js'

const SHARE = 0.3
const ALWAYS = { fromMs: 0, toMs: Date.UTC(10_000, 0) }
const WEEK_MS = 7 * 86_400_000
const DECISIONS = Number(process.env['OFFERD_OUTCOMES'] ?? 2000)

/** Of the shipped strategy; of the others it is accept. */
const POSITIVES = {
  'virtual-card': 'click',
  anniversary: 'click',
  'first-steps': 'click',
  'budget-coach': 'click',
  'security-check': 'click',
  'refer-a-friend': 'convert',
  'app-download': 'convert'
}

tap.setTimeout(300_000)

test('the journal of a service says what came of its decisions, and a model learns from it', {
  skip: redisMissing,
  timeout: 300_000
}, async t => {
  const journal = await journalOfShippedWorld(t, { count: DECISIONS, share: SHARE })
  const { env, decisions, events, customers, world } = journal
  const customerOf = new Map(decisions.map(({ id, customer }) => [id, customer.id]))

  const read = await runCommand(['journal', 'read', 'outcomes'], env)
  t.equal(read.code, 0, read.stderr)
  const lines = read.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as PlacingOutcome & { decision: string; shown: string | null })
  const found = new Map(
    lines.map(({ decision, placement, offer, shown, positive, value, rejected }) => [
      `${decision}/${placement}/${offer}`,
      { shownMs: shown === null ? null : Date.parse(shown), positive, value, rejected }
    ])
  )
  // One customer at a time: looking through everything for each offer takes the square of its number.
  const eventsOf = groupBy(events)
  const naive = new Map(
    [...groupBy(decisions)].flatMap(([id, theirs]) => [
      ...cameNaively(theirs, eventsOf.get(id) ?? [], POSITIVES, WEEK_MS)
    ])
  )
  t.equal(found.size, naive.size)
  t.same(
    [...naive].filter(([key, came]) => JSON.stringify(found.get(key)) !== JSON.stringify(came)),
    [],
    'all outcomes are those of a count in memory'
  )
  t.comment(
    `${naive.size} placed, ${[...naive.values()].filter(({ positive }) => positive).length} positive`
  )

  const reported = await runCommand(['report', '--json'], env)
  t.equal(reported.code, 0, reported.stderr)
  const { offers, models, lifts } = JSON.parse(reported.stdout) as Report
  const shown = lines.filter(line => line.shown !== null && !line.fallback)
  for (const { offer, shown: times, positive } of offers) {
    const its = shown.filter(line => line.offer === offer)
    t.same([times, positive], [its.length, its.filter(line => line.positive).length], offer)
  }
  t.same(
    models.map(({ model }) => model),
    ['cards', 'loans', 'savings']
  )
  t.same(lifts.map(({ group, against }) => `${group} ${against}`).slice(0, 2), [
    'decided control',
    'decided holdout'
  ])

  const told = []
  const wanted = { period: ALWAYS, positives: POSITIVES, windowMs: WEEK_MS }
  const segments = createJournalSegments(join(env['OFFERD_DATA']!, 'journal'))
  for await (const one of segments.outcomes({ ...wanted, parts: ['candidates'] })) told.push(one)
  const competed = told.filter(({ filling }) => filling !== null)
  const { strategy } = compileStrategy(shippedRules(SHARE))
  const off = competed.filter(one => {
    const chances = chancesOfDecision(strategy!, one, SHARE)!
    const logged = one.placed
      .filter(({ fallback }) => !fallback)
      .map(({ probability }) => probability!)
    return Math.abs(productOf(chances) - productOf(logged)) > 1e-9
  })
  t.same(
    off.map(({ id }) => id),
    [],
    'the share that decided gives the probabilities that were logged'
  )

  const evaluateBy = async (...words: string[]) => {
    const outcome = await runOfferd(t, ['evaluate', '--journal', '--json', ...words], env)
    t.equal(outcome.code, 0, outcome.stderr + outcome.stdout)
    const evaluation = JSON.parse(outcome.stdout) as Evaluation & { idle: number; unknown: number }
    if (evaluation.verdict !== 'estimates') throw new Error(outcome.stdout)
    return evaluation
  }
  const same = await evaluateBy('--policy', 'logged')
  t.equal(same.unknown, 0)
  t.match(same.weights, { mean: 1, standardError: 0 })
  const earned = competed
    .flatMap(({ placed }) => placed)
    .filter(one => one.positive && !one.fallback)
  t.ok(Math.abs(same.logged.value - earned.length / same.decisions) < 1e-12)
  for (const { estimator, value } of same.estimates)
    t.ok(Math.abs(value - same.logged.value) < 1e-12, estimator)
  const uniform = await evaluateBy('--policy', 'uniform', '--placement', 'home_hero')
  const expected = competed.flatMap(({ id, candidates, filling, placed }) => {
    if (!placed.some(({ placement, fallback }) => placement === 'home_hero' && !fallback)) return []
    const fit = candidates.filter(
      ({ rank, outcome }, i) =>
        rank !== null &&
        (outcome === 'selected' || outcome === 'outranked') &&
        (filling!.rooms[i]! & 1) === 1
    )
    const person = customers.get(customerOf.get(id)!)
    return [
      fit.reduce((sum, { offer }) => sum + world.trueResponse(person!, offer, 'web'), 0) /
        fit.length
    ]
  })
  const truth = (0.9 * expected.reduce((sum, one) => sum + one, 0)) / expected.length
  const snips = uniform.estimates.find(({ estimator }) => estimator === 'snips')!
  t.ok(snips.low < truth && truth < snips.high, `${truth} in ${snips.low} to ${snips.high}`)

  const unchanged = await evaluateBy('--strategy', env['OFFERD_RULES']!)
  t.equal(unchanged.unknown, 0)
  t.equal(unchanged.decisions, same.decisions)
  t.ok(
    Math.abs(unchanged.weights.mean - 1) < 1e-9,
    'made again by its own rules, each was as likely'
  )
  t.ok(unchanged.weights.standardError < 1e-9)
  const anyhow = join(env['OFFERD_DATA']!, 'anyhow')
  await writeRules(anyhow, shippedRules(1))
  const evenly = await evaluateBy('--strategy', anyhow, '--placement', 'home_hero')
  t.ok(
    Math.abs(evenly.estimates.find(({ estimator }) => estimator === 'snips')!.value - snips.value) <
      1e-9,
    'rules that leave everything to chance come to what the even draw comes to'
  )

  const out = join(env['OFFERD_DATA']!, 'made')
  const train = (...words: string[]) =>
    runCommand(['train', 'savings', '--journal', '--out', out, '--json', ...words], env)
  const first = await train()
  t.equal(first.code, 0, first.stderr)
  const report = JSON.parse(first.stdout) as TrainingReport
  t.ok(report.rows.all >= 200, `${report.rows.all} rows`)
  t.equal(report.isCutByTime, true)
  const card = String(await readFile(join(out, 'card.md')))
  t.match(card, '| held out (the newest) |')
  t.match(card, /\| AUC \| 0\.\d{4} \|/)
  const bytes = await contentsOf(out)
  const again = await train('--replace')
  t.equal(again.code, 0, again.stderr)
  const others = await contentsOf(out)
  t.same(others.get('model.onnx'), bytes.get('model.onnx'), 'the same journal, the same bytes')
})

/** Writes rules into a folder of their own. */
async function writeRules(
  folder: string,
  rules: ReadonlyArray<{ path: string; text: string }>
): Promise<void> {
  for (const { path, text } of rules) {
    const file = join(folder, path.replace(/^rules\//, ''))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

function productOf(numbers: readonly number[]): number {
  return numbers.reduce((product, number) => product * number, 1)
}

function groupBy<T extends { readonly customer: { readonly id: string } }>(
  all: readonly T[]
): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) groups.set(one.customer.id, [...(groups.get(one.customer.id) ?? []), one])
  return groups
}

async function contentsOf(folder: string): Promise<Map<string, Buffer>> {
  const names = await readdir(folder)
  return new Map(
    await Promise.all(names.map(async name => [name, await readFile(join(folder, name))] as const))
  )
}
