import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import { writeLogistic } from '../../src/adapters/onnx/write.js'
import type { CustomerEvent } from '../../src/domain/interaction.js'
import type { JournalDecision } from '../../src/domain/journal.js'
import { createRandom } from '../../src/learning/random.js'
import { runCommand } from '../helpers/cli.js'
import { smallStrategy, type Environment } from '../helpers/offerd.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const NOON_MS = Date.UTC(2026, 2, 1, 12)
const OFFERS = ['a', 'b', 'c'] as const
const RULES = rulesWith({
  offers: OFFERS.map(id => offerYaml(id, { value: 10, propensity: { model: 'age' } })).join('\n'),
  rest: 'journal: {keep: 7d, maxBytes: 1GB, whenFull: drop}'
})

/** A folder of models: champion 1 and challengers 2 and 3, their files full of comments. */
async function withModels(t: Test): Promise<{ env: Environment; path(name: string): string }> {
  const { folder, env } = await smallStrategy(t, RULES)
  const models = join(folder, 'models')
  const path = (name: string): string => join(models, name, 'model.yaml')
  const shadows = { first: '', second: 'shadow:  true   # on trial\r\n', third: 'shadow: true\n' }
  for (const [i, [name, shadow]] of Object.entries(shadows).entries()) {
    await mkdir(join(models, name), { recursive: true })
    await writeFile(path(name), yamlOf(i + 1, shadow))
    const bytes = writeLogistic({
      name: 'age',
      inputs: [{ name: 'input', columns: 1 }],
      intercept: -1 - i,
      coefficients: [0.01]
    })
    await writeFile(join(models, name, 'model.onnx'), bytes)
  }
  return { env: { ...env, OFFERD_MODELS: models, USER: 'ann' }, path }
}

function yamlOf(version: number, shadow: string): string {
  return `# A model, with shadow: true in a comment
model: age
version: ${version} # counted by hand
${shadow}file: model.onnx
inputs: [{input: input, columns: [{from: customer.age, missing: 40}]}]
output: {name: probabilities, positive: "1"}
`
}

/**
 * Decisions of uniform chance among three offers, of which one a customer is what it wants: age@1 does not know which, age@2 does,
 * age@3 thinks the opposite.
 */
function stream(count: number, probability: number | null) {
  const random = createRandom(11)
  const decisions: JournalDecision[] = []
  const events: CustomerEvent[] = []
  for (let n = 0; n < count; n++) {
    const wanted = random.integer(3)
    const shown = random.integer(3)
    const guess = random.integer(3)
    const timeMs = NOON_MS + n * 1000
    decisions.push(
      decisionOf(`d-${n}`, timeMs, shown, probability, [
        offer => (offer === guess ? 0.15 : 0.1),
        offer => (offer === wanted ? 0.3 : 0.05),
        offer => (offer === wanted ? 0.05 : 0.3)
      ])
    )
    const told = (type: string, afterMs: number): CustomerEvent => ({
      id: `${type}-${n}`,
      source: 'test',
      type,
      timeMs: timeMs + afterMs,
      customer: { namespace: 'crm', id: `c-${n % 700}` },
      decisionId: `d-${n}`,
      offerId: OFFERS[shown]!,
      placement: 'home_hero'
    })
    events.push(told('impression', 10))
    if (random.chance(shown === wanted ? 0.3 : 0.05)) events.push(told('accept', 20))
  }
  return { decisions, events }
}

function decisionOf(
  id: string,
  timeMs: number,
  shown: number,
  probability: number | null,
  models: ReadonlyArray<(offer: number) => number>
): JournalDecision {
  const own = models[0]!
  return {
    id,
    timeMs,
    customer: { namespace: 'crm', id: `c-${Number(id.slice(2)) % 700}` },
    channel: 'web',
    strategy: 'small',
    strategyHash: 'abc',
    holdout: false,
    control: false,
    experiments: {},
    degraded: [],
    candidates: OFFERS.map((offer, i) => ({
      offer,
      outcome: i === shown ? 'selected' : 'outranked',
      rank: 1,
      p: own(i),
      c: 1,
      v: 10,
      l: 1,
      priority: own(i) * 10,
      model: 'age'
    })),
    placed: [
      {
        placement: 'home_hero',
        rank: 1,
        offer: OFFERS[shown]!,
        treatment: 'x',
        fallback: false,
        priority: own(shown) * 10,
        propensity: own(shown),
        source: 'model',
        probability
      }
    ],
    scores: models.flatMap((score, i) =>
      OFFERS.map((offer, at) => ({
        model: `age@${i + 1}`,
        shadow: i > 0,
        offer,
        score: score(at)
      }))
    ),
    features: [],
    facts: {},
    historyLength: 0,
    historyHash: '',
    filling: null,
    limits: null,
    personal: { facts: {}, request: '{}' }
  }
}

async function writeStream(env: Environment, count: number, probability: number | null) {
  const segments = createJournalSegments(join(env['OFFERD_DATA']!, 'journal'))
  const { decisions, events } = stream(count, probability)
  await segments.write({
    name: `0-${NOON_MS}-0-${NOON_MS}-1`,
    parts: [{ recordedMs: NOON_MS + 1, decisions, events }],
    keys: new Map(decisions.map(({ customer }) => [`crm/${customer.id}`, randomBytes(32)]))
  })
}

interface Shown {
  readonly models: ReadonlyArray<{
    readonly name: string
    readonly champion: Judged
    readonly challengers: ReadonlyArray<
      Judged & {
        readonly difference: {
          readonly scores: { readonly auc: { readonly value: number } } | null
          readonly value: { readonly value: number; readonly low: number } | null
          readonly verdicts: readonly string[]
        }
      }
    >
  }>
}

interface Judged {
  readonly model: string
  readonly since: string | null
  readonly decisions: number
  readonly scores: { readonly impressions: number; readonly meanScore: number } | null
  readonly value: {
    readonly verdict: string
    readonly estimates?: ReadonlyArray<{ readonly estimator: string; readonly value: number }>
  } | null
}

test('offerd models tells a better challenger from a worse one, by score and by what they would earn', async t => {
  const { env } = await withModels(t)
  await writeStream(env, 3000, 1 / 3)
  const { code, stdout, stderr } = await runCommand(['models', '--json'], env)
  t.equal(code, 0, stderr)
  const [age] = (JSON.parse(stdout) as Shown).models
  t.match(age!.champion, {
    model: 'age@1',
    since: '2026-03-01T12:00:00.000Z',
    decisions: 3000,
    scores: { impressions: 3000 }
  })
  const [better, worse] = age!.challengers
  t.same(better!.difference.verdicts, [
    'ranks better',
    'its probabilities are better',
    'would earn more'
  ])
  t.same(worse!.difference.verdicts, [
    'ranks worse',
    'its probabilities are worse',
    'would earn less'
  ])
  const earned = (judged: Judged) =>
    judged.value!.estimates!.find(({ estimator }) => estimator === 'snips')!.value
  t.ok(Math.abs(earned(better!) - 3) < 0.4, 'it knows what everybody wants: 10 × 0.3')
  t.ok(Math.abs(earned(worse!) - 0.5) < 0.3, 'and the other what nobody does: 10 × 0.05')
  const people = await runCommand(['models'], env)
  t.match(people.stdout, /champion {4}age@1 .*2026-03-01T12:00 +3000 +3000/)
  t.match(people.stdout, /age@2 against age@1: AUC \+0\.\d+ \(.*\).*: ranks better, /)
  t.match(people.stdout, /ordering by age@2 would earn [23]\.\d+ \(/)
  const later = await runCommand(['models', '--from', '2026-04-01'], env)
  t.match(later.stdout, /champion {4}age@1 .* 0 +0\n/)
})

test('where nothing was left to chance, what another ordering would earn is not told', async t => {
  const { env } = await withModels(t)
  await writeStream(env, 600, 1)
  const { stdout } = await runCommand(['models'], env)
  t.match(
    stdout,
    /ordering by age@2: what it would earn cannot be told .*never tried; explore more/
  )
  t.notMatch(stdout, /would earn (more|less)/)
})

test('promote and demote exchange the roles, change nothing else in the files, and are told by history', async t => {
  const { env, path } = await withModels(t)
  const before = await readFile(path('second'), 'utf8')
  t.match(
    (await runCommand(['models', 'history'], env)).stdout,
    'No model was ever promoted or demoted here.'
  )
  const promoted = await runCommand(['models', 'promote', 'age@2', '--reason', 'AUC'], env)
  t.equal(promoted.code, 0, promoted.stderr)
  t.match(promoted.stdout, 'age@2 decides and age@1 scores beside it as soon as')
  const edited = await readFile(path('second'), 'utf8')
  t.equal(edited, before.replace('shadow:  true ', 'shadow:  false '))
  t.equal(
    await readFile(path('first'), 'utf8'),
    yamlOf(1, 'shadow: true\n'),
    'a line below the version'
  )
  t.equal((await runCommand(['validate'], env)).code, 0)
  const demoted = await runCommand(
    ['models', 'demote', 'age@2', '--reason', 'no AUC', '--by', 'bob'],
    env
  )
  t.equal(demoted.code, 0, demoted.stderr)
  t.equal(await readFile(path('second'), 'utf8'), before, 'as it was')
  const { stdout } = await runCommand(['models', 'history', '--json'], env)
  t.match((JSON.parse(stdout) as { changes: unknown }).changes, [
    { by: 'ann', action: 'promote', champion: 2, former: 1, reason: 'AUC' },
    { by: 'bob', action: 'demote', champion: 1, former: 2, reason: 'no AUC' }
  ])
  t.match(
    (await runCommand(['models', 'history'], env)).stdout,
    /bob +demoted +age@1 +age@2 +no AUC/
  )
})

test('a change that cannot be made changes nothing, and says why', async t => {
  const { env, path } = await withModels(t)
  const texts = () =>
    Promise.all(['first', 'second', 'third'].map(name => readFile(path(name), 'utf8')))
  const before = await texts()
  const refusals: Array<[string[], 1 | 2, RegExp]> = [
    [['promote', 'age@2'], 2, /say why with --reason/],
    [['promote', '--reason', 'x'], 2, /takes one model, such as cards@4/],
    [['promote', 'age@22', '--reason', 'x'], 2, /no model age@22 .* did you mean age@2\?/],
    [['promote', 'age@1', '--reason', 'x'], 2, /age@1 decides already/],
    [['demote', 'age@2', '--reason', 'x'], 2, /age@2 decides nothing; age@1 does/],
    [['demote', 'age@1', '--reason', 'x'], 2, /with --for; there are age@2, age@3/],
    [['retire', 'age@1'], 2, /knows promote, demote and history/]
  ]
  for (const [words, code, message] of refusals) {
    const outcome = await runCommand(['models', ...words], env)
    t.equal(outcome.code, code, words.join(' '))
    t.match(outcome.stderr, message)
  }
  await writeFile(path('first'), `${before[0]}check: [{inputs: {input: [40]}, expect: 0.9}]\n`)
  const broken = await runCommand(['models', 'promote', 'age@2', '--reason', 'x'], env)
  t.equal(broken.code, 1)
  t.match(broken.stderr, /does not load as it is, so nothing was changed/)
  const flow = before[0]!
    .replace('version: 1 # counted by hand\n', '')
    .replace('model: age', '"version": 1\nmodel: age')
  await writeFile(path('first'), flow)
  const unusual = await runCommand(['models', 'promote', 'age@2', '--reason', 'x'], env)
  t.equal(unusual.code, 1)
  t.match(unusual.stderr, /write "shadow: false" below its version/)
  await writeFile(path('first'), before[0]!)
  t.same(await texts(), before)
  t.match((await runCommand(['models', 'history'], env)).stdout, 'No model was ever')
})
