import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import type { TrainingReport } from '../../src/cli/train/report.js'
import { runCommand } from '../helpers/cli.js'
import { answerOf, journalled, writeSegment } from '../helpers/journalled.js'
import { smallStrategy } from '../helpers/offerd.js'
import { CUSTOMER_RULES, customersCsv } from '../helpers/train.js'

const START_MS = Date.UTC(2026, 2, 1)
const ROWS = 1000

/** A journal of decisions about the customers of a file: gold-card was shown to all, and accepted by those who like it. */
async function journalOf(t: Test, { asks = false } = {}) {
  const { folder, env } = await smallStrategy(t, CUSTOMER_RULES)
  const segments = createJournalSegments(join(env['OFFERD_DATA']!, 'journal'))
  const people = customersCsv(ROWS)
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split(','))
  const decisions = people.map(([age, balance, job, member], i) =>
    journalled(`d-${String(i).padStart(4, '0')}`, START_MS + 1000 * i, {
      facts: {
        'customer.age': Number(age),
        'customer.job': job,
        'customer.member': member === 'true',
        'customer.gender': 'female',
        ...(balance === '' ? {} : { 'customer.balance': Number(balance) })
      },
      features: asks
        ? [
            {
              model: 'likes@4',
              shared: ['customer.age', 'customer.age / 10.0'],
              sharedValues: [Number(age), Number(age) / 10],
              byOffer: ['offer.id'],
              offers: { 'gold-card': ['gold-card'] }
            }
          ]
        : []
    })
  )
  const events = decisions.flatMap((decision, i) => [
    answerOf(decision, 'impression', 10),
    ...(people[i]![4] === 'yes' ? [answerOf(decision, 'accept', 20)] : [])
  ])
  await writeSegment(segments, START_MS + 1000 * ROWS, decisions, events)
  const train = (...words: string[]) => runCommand(['train', 'likes', '--journal', ...words], env)
  return { folder, env, train }
}

test('before there is a model, it learns from all that decisions knew and a model may read', async t => {
  const { folder, env, train } = await journalOf(t)
  const { code, stdout, stderr } = await train('--json')
  t.equal(code, 0, stderr)
  const report = JSON.parse(stdout) as TrainingReport
  t.same(report.rows, { all: ROWS, train: 680, validation: 120, test: 200 })
  t.same(report.data.columns, ['age', 'balance', 'member', 'job'])
  t.ok(report.methods.some(({ held }) => held.auc > 0.7))
  t.equal((await runCommand(['validate'], env)).code, 0)
  const yaml = String(await readFile(join(folder, 'models/likes/model.yaml')))
  t.match(yaml, '{input: age, from: customer.age, missing: ')
})

test('where a model was asked, its next version learns from what it was asked', async t => {
  const { folder, train } = await journalOf(t, { asks: true })
  const { code, stdout, stderr } = await train('--json')
  t.equal(code, 0, stderr)
  t.same((JSON.parse(stdout) as TrainingReport).data.columns, ['age', 'customer.age / 10.0'])
  t.match(
    String(await readFile(join(folder, 'models/likes/model.yaml'))),
    `{input: "customer.age / 10.0", from: 'customer.age / 10.0', missing: `
  )
})

test('a period, a model and columns that the journal does not have are refused', async t => {
  const { env, train } = await journalOf(t)
  const few = await train('--to', '2026-03-01T00:01:00Z')
  t.equal(few.code, 1)
  t.match(few.stderr, 'the journal has 60 rows; at least 200 are needed')
  const other = await runCommand(['train', 'loves', '--journal'], env)
  t.equal(other.code, 1)
  t.match(other.stderr, /no offer of .* has the model "loves"/)
  const without = await train('--without', 'gender')
  t.equal(without.code, 1)
  t.match(without.stderr, '--without gender: the journal has no such column; its columns are age,')
  for (const words of [
    ['--target', 'x'],
    ['--folds', '3'],
    ['--map', 'a=b']
  ]) {
    const mixed = await train(...words)
    t.equal(mixed.code, 2)
    t.match(mixed.stderr, `${words[0]} is for files`)
  }
})
