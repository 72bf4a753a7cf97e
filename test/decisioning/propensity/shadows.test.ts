import { setTimeout } from 'node:timers/promises'
import { test, type Test } from 'tap'
import { writeLogistic } from '../../../src/adapters/onnx/write.js'
import type { ModelRuntime } from '../../../src/decisioning/ports.js'
import {
  startEngine,
  tryEngine,
  type Answer,
  type Engine,
  type ModelFolder
} from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const TILES = { customer: { id: 'c-1001' }, channel: 'web', placements: [{ id: 'home_tile' }] }
const OFFERS = [
  offerYaml('a', { value: 1, propensity: { model: 'age' } }),
  offerYaml('b', { value: 5, propensity: { model: 'age' } }),
  offerYaml('c', { value: 1, group: 'loans' })
].join('\n')
const RULES = rulesWith({ offers: OFFERS })
/** Marks the files of models that the runtimes below break. */
const BROKEN_WEIGHT = 0.123

/** P = 1 / (1 + exp(−(weight · age + offer value / 10 − 1))). */
function model(version: number, weight: number, rest = ''): ModelFolder {
  const bytes = writeLogistic({
    name: `age-${weight}`,
    inputs: [{ name: 'input', columns: 2 }],
    intercept: -1,
    coefficients: [weight, 0.1]
  })
  const yaml = `model: age
version: ${version}
file: model.onnx
inputs: [{input: input, columns: [{from: customer.age, missing: 40}, {from: offer.value}]}]
output: {name: probabilities, positive: "1"}
${rest}
`
  return { yaml, files: { 'model.onnx': bytes } }
}

const SHADOW = 'shadow: true'
const CHAMPION = { age: model(1, 0.01) }

/** Opens all models as they are, and lets those of BROKEN_WEIGHT answer otherwise once they are loaded. */
function breaking(score: () => Promise<Float64Array>) {
  return (real: ModelRuntime): ModelRuntime => ({
    ...real,
    async open(bytes, output) {
      const open = await real.open(bytes, output)
      if (!Buffer.from(bytes).includes(`age-${BROKEN_WEIGHT}`)) return open
      let runs = 0
      return { ...open, score: (rows, encode) => (runs++ < 1 ? open.score(rows, encode) : score()) }
    }
  })
}

interface Shadows {
  readonly shadows?: ReadonlyArray<{ model: string; offers: Record<string, number> }>
}

async function shadowsOf(engine: Engine, { decisionId }: Answer): Promise<Shadows['shadows']> {
  const body = await engine.lookUp.explanation(decisionId, { from: 0, limit: 200 })
  return (JSON.parse(body) as Shadows).shadows
}

/** An answer without what differs from one to the next. */
function comparable(answer: Answer): unknown {
  const placements = answer.placements.map(({ offers, ...rest }) => ({
    ...rest,
    offers: offers.map(({ token: _, ...offer }) => offer)
  }))
  return { ...answer, decisionId: '', strategy: '', placements }
}

test('shadows score what their champion scores, beside the answer, and explanations show it', async t => {
  const engine = await startEngine(t, {
    rules: RULES,
    models: { ...CHAMPION, 'age-2': model(2, 0.05, SHADOW) }
  })
  const answer = await engine.ask({ ...TILES, attributes: { age: 30 } })
  const [shadow, ...others] = (await shadowsOf(engine, answer)) ?? []
  t.same(others, [])
  t.equal(shadow?.model, 'age@2')
  const expected = (value: number): number => 1 / (1 + Math.exp(-(0.05 * 30 + 0.1 * value - 1)))
  t.same(Object.keys(shadow?.offers ?? {}).sort(), ['a', 'b'], 'offers with that model alone')
  t.ok(Math.abs(shadow!.offers['a']! - expected(1)) < 1e-5)
  t.ok(Math.abs(shadow!.offers['b']! - expected(5)) < 1e-5)
  t.ok(engine.counted.includes('shadow age@2 scored 1'))
  const again = JSON.parse(await engine.lookUp.get(answer.decisionId)) as object
  t.notOk('shadows' in again, 'the answer is as it was sent')
})

test('answers are the same with three shadows, of which one throws, one gives NaN and one is slow', async t => {
  const breaks: ReadonlyArray<readonly [string, () => Promise<Float64Array>]> = [
    ['failed', () => Promise.reject(new Error('out of order'))],
    ['failed', async () => Float64Array.of(NaN, NaN)],
    ['failed', () => new Promise(() => undefined)]
  ]
  const alone = await startEngine(t, { rules: RULES, models: CHAMPION })
  for (const [outcome, score] of breaks) {
    const engine = await startEngine(t, {
      rules: RULES,
      models: {
        ...CHAMPION,
        good: model(2, 0.05, SHADOW),
        better: model(3, 0.07, SHADOW),
        broken: model(4, BROKEN_WEIGHT, SHADOW)
      },
      runtime: breaking(score)
    })
    for (const age of [20, 40, 60]) {
      const request = { ...TILES, attributes: { age }, options: { explain: 'full' as const } }
      const expected = comparable(await alone.ask(request))
      let scored: string[] | undefined
      // On a busy machine a run takes more than its share of the time, and a shadow rests for a moment.
      for (let tries = 0; scored?.length !== 2 && tries < 200; tries++) {
        if (tries > 0) await setTimeout(25)
        const answer = await engine.ask(request)
        t.same(comparable(answer), expected)
        scored = (await shadowsOf(engine, answer))?.map(each => each.model)
      }
      t.same(scored, ['age@2', 'age@3'], 'the others are not disturbed')
    }
    t.ok(engine.counted.some(line => line.startsWith(`shadow age@4 ${outcome}`)))
    t.notOk(engine.counted.some(line => line.startsWith('model failed')))
  }
})

test('a shadow that takes too long is skipped until it is back at its share of the time', async t => {
  const engine = await startEngine(t, {
    rules: RULES,
    models: { ...CHAMPION, slow: model(2, BROKEN_WEIGHT, SHADOW) },
    runtime: breaking(() => new Promise(() => undefined))
  })
  const first = await engine.ask(TILES)
  t.same(await shadowsOf(engine, first), undefined)
  const second = await engine.ask(TILES)
  t.same(await shadowsOf(engine, second), undefined)
  t.same(
    engine.counted.filter(line => line.startsWith('shadow')),
    ['shadow age@2 failed 1', 'shadow age@2 skipped 1']
  )
})

test('nothing is scored for the control group, for trials, and where no offer has the model', async t => {
  const models = { ...CHAMPION, 'age-2': model(2, 0.05, SHADOW) }
  const control = await startEngine(t, {
    rules: rulesWith({ offers: OFFERS, rest: 'control: {share: 1, salt: c1}' }),
    models
  })
  t.same(await shadowsOf(control, await control.ask(TILES)), undefined)
  const engine = await startEngine(t, { rules: RULES, models })
  await engine.ask({ ...TILES, options: { mode: 'test' } })
  const other = await engine.ask({
    ...TILES,
    placements: [{ id: 'home_tile', filter: { group: ['loans'] } }]
  })
  t.same(await shadowsOf(engine, other), undefined)
  for (const { counted } of [control, engine])
    t.notOk(counted.some(line => line.startsWith('shadow')))
})

test('of each name one model decides, and up to eight others score', async t => {
  const shadow = (version: number) => model(version, 0.02, SHADOW)
  const nine = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`s${i}`, shadow(i + 2)]))
  const refusals: Array<[Record<string, ModelFolder>, string, RegExp]> = [
    [{ ...CHAMPION, second: model(2, 0.1) }, 'second', /is there already, in models\/age\/model/],
    [{ lone: shadow(2) }, 'lone', /only there as a shadow.*remove "shadow: true"/],
    [{ ...CHAMPION, twin: shadow(1) }, 'twin', /has a version 1 already/],
    [{ ...CHAMPION, ...nine }, 's8', /more than 8 shadows/]
  ]
  for (const [models, folder, message] of refusals) {
    const { report } = await tryEngine(t, { rules: RULES, models })
    t.equal(report.outcome, 'refused')
    const errors = report.problems.filter(({ severity }) => severity === 'error')
    t.match(errors, [{ file: `models/${folder}/model.yaml`, line: 1, column: 8, message }])
  }
})

test('a shadow is told that nothing compares its scores where there is no journal', async t => {
  const models = { ...CHAMPION, 'age-2': model(2, 0.05, SHADOW) }
  t.match(await warningsOf(t, RULES, models), [/scores of the shadow age@2 .* no journal/])
  const kept = rulesWith({
    offers: OFFERS,
    rest: 'journal: {keep: 7d, maxBytes: 1GB, whenFull: drop}'
  })
  t.same(await warningsOf(t, kept, models), [])
})

async function warningsOf(
  t: Test,
  rules: string,
  models: Record<string, ModelFolder>
): Promise<string[]> {
  const { report } = await tryEngine(t, { rules, models })
  t.equal(report.outcome, 'swapped')
  return report.problems
    .filter(({ severity }) => severity === 'warning')
    .map(({ message }) => message)
}
