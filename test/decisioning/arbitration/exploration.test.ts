import { test, type Test } from 'tap'
import { packTrace, unpackTrace } from '../../../src/decisioning/trace/packed-trace.js'
import { emptyTrace } from '../../../src/decisioning/trace/trace.js'
import { goodnessOfFit } from '../../../src/learning/chi-square.js'
import type { DecisionRequest } from '../../../src/domain/decision.js'
import { startEngine, tryEngine, type Answer, type Engine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const OFFERS = [offerYaml('a', { value: 3 }), offerYaml('b', { value: 2 }), offerYaml('c')]

function rules(share: number, rest = '', offers = OFFERS): string {
  return rulesWith({
    offers: offers.join('\n'),
    rest: `arbitration: {exploration: {method: epsilon, share: ${share}}}\n${rest}`
  })
}

function asking(changes: Partial<DecisionRequest> = {}): DecisionRequest {
  return {
    customer: { id: 'c-1' },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    ...changes
  }
}

const seeded = (seed: string | number): Partial<DecisionRequest> => ({
  options: { mode: 'test', seed: String(seed), explain: 'summary' }
})

function shown({ placements }: Answer): Array<[offer: string, probability: number]> {
  return placements.flatMap(({ offers }) =>
    offers.map(({ offerId, probability }): [string, number] => [offerId, probability])
  )
}

async function start(t: Test, text: string): Promise<Engine> {
  return startEngine(t, { rules: text })
}

test('an answer says how likely each offer was, and the explanation how it came in', async t => {
  const engine = await start(t, rules(0.3))
  const met = new Map<string, Answer>()
  for (let seed = 0; seed < 60; seed++) {
    const answer = await engine.ask(asking(seeded(seed)))
    const [[offer, probability] = ['', NaN]] = shown(answer)
    t.ok(Math.abs(probability - (offer === 'a' ? 0.8 : 0.1)) < 1e-12, `${offer}: ${probability}`)
    const { exploration } = answer.explanation!.outcomes[0]!
    met.set(`${offer} ${(exploration as { explored: boolean }).explored}`, answer)
  }
  t.same([...met.keys()].sort(), ['a false', 'a true', 'b true', 'c true'])
  const outcome = (key: string) => met.get(key)!.explanation!.outcomes[0]!['exploration']
  t.same(outcome('a false'), { explored: false, probability: 0.8, among: 3 })
  t.same(outcome('a true'), {
    explored: true,
    probability: 0.8,
    among: 3,
    text: 'chosen by chance from the 3 offers that fit here, as the ordering would have'
  })
  t.same(outcome('c true'), {
    explored: true,
    probability: 0.1,
    among: 3,
    insteadOf: 'a',
    text: 'chosen by chance from the 3 offers that fit here, in place of a'
  })
  const explanationOf = (key: string) =>
    met.get(key)!.explanation as unknown as Record<string, unknown>
  t.match(explanationOf('a false')['exploration'], { method: 'epsilon', share: 0.3 })
  // What it takes is told of the ordering, which c's place says nothing about.
  t.ok(explanationOf('a true')['whatItTakes'])
  t.notOk(explanationOf('c true')['whatItTakes'])
})

test('the same seed gives the same answer, another one another', async t => {
  const engine = await start(t, rules(1))
  const placements = [{ id: 'home_tile' }, { id: 'home_hero' }]
  const tell = async (seed: string) =>
    shown(await engine.ask(asking({ placements, ...seeded(seed) })))
  const once = new Set<string>()
  for (let seed = 0; seed < 30; seed++) {
    const told = await tell(`s${seed}`)
    t.same(await tell(`s${seed}`), told)
    t.same(
      told.map(([, probability]) => probability),
      [1 / 3, 1 / 2, 1]
    )
    once.add(JSON.stringify(told))
  }
  t.equal(once.size, 6)
})

test("a live decision's seed is its id", async t => {
  const engine = await start(t, rules(1))
  for (let i = 0; i < 20; i++) {
    const live = await engine.ask(asking())
    t.same(shown(await engine.ask(asking(seeded(live.decisionId)))), shown(live))
  }
})

test('a recorded decision tells the same as its answer did', async t => {
  const engine = await start(t, rules(0.7))
  for (let i = 0; i < 12; i++) {
    const request = asking({ placements: [{ id: 'home_tile' }], options: { explain: 'full' } })
    const { request: _, ...again } = JSON.parse(
      await engine.lookUp.get((await engine.ask(request)).decisionId)
    ) as Record<string, unknown>
    const { decisionId } = again as unknown as Answer
    const page = { from: 0, limit: 200 }
    const explained = JSON.parse(await engine.lookUp.explanation(decisionId, page)) as object
    t.match(explained, again['explanation'])
    t.match(explained, { exploration: { method: 'epsilon', share: 0.7 } })
  }
})

test('traces of the release before are read as without exploration', async t => {
  const packed = packTrace(emptyTrace(['home_hero'], 'none', false)).slice(0, 15)
  t.equal(unpackTrace(packed as unknown as ReturnType<typeof packTrace>).exploration, undefined)
})

test('without exploration, in the holdout and for fallbacks everything is certain', async t => {
  const none = await start(t, rules(0))
  t.same(shown(await none.ask(asking(seeded(1)))), [['a', 1]])
  t.notOk((await none.ask(asking(seeded(1)))).explanation!.outcomes[0]!['exploration'])
  const held = await start(t, rules(1, 'holdout: {share: 1, salt: h1}'))
  t.same(shown(await held.ask(asking(seeded(1)))), [['welcome', 1]])
  const empty = await start(t, rules(1))
  const exclude = ['a', 'b', 'c']
  t.same(shown(await empty.ask(asking({ exclude, ...seeded(1) }))), [['welcome', 1]])
})

test('as long as a mandatory offer fits, chance only chooses mandatory ones', async t => {
  const offers = [
    offerYaml('a', { value: 9 }),
    offerYaml('m1', { value: 1, mandatory: true }),
    offerYaml('m2', { value: 2, mandatory: true })
  ]
  const engine = await start(t, rules(1, '', offers))
  for (let seed = 0; seed < 30; seed++) {
    const told = shown(
      await engine.ask(asking({ placements: [{ id: 'home_tile' }], ...seeded(seed) }))
    )
    t.same(told.map(([id]) => id).sort(), ['a', 'm1', 'm2'])
    t.same(told[2], ['a', 1])
    t.equal(told[0]![1], 0.5)
  }
})

test('arms explore as they say, and only they', async t => {
  const experiments = {
    e: {
      salt: 's',
      arms: {
        still: { share: 0.5, arbitration: { exploration: { method: 'none' } } },
        wild: { share: 0.5, arbitration: { exploration: { method: 'epsilon', share: 1 } } }
      }
    }
  }
  const engine = await start(t, rules(0.3, `experiments: ${JSON.stringify(experiments)}`))
  const met = { still: 0, wild: 0 }
  for (let i = 0; i < 40; i++) {
    const answer = await engine.ask(asking({ customer: { id: `c-${i}` }, ...seeded(i) }))
    const { e } = answer.customer['experiments'] as { e: 'still' | 'wild' }
    met[e]++
    if (e === 'still') t.same(shown(answer), [['a', 1]])
    else t.equal(shown(answer)[0]![1], 1 / 3)
  }
  t.ok(met.still > 0 && met.wild > 0)
})

test("the strategy's own examples are decided without exploration", async t => {
  const example = {
    name: 'the best is shown',
    given: { channel: 'web', placements: ['home_tile'] },
    expect: { home_tile: ['a', 'b', 'c'] }
  }
  const { report } = await tryEngine(t, {
    rules: rules(1, `examples: ${JSON.stringify([example])}`)
  })
  t.same(report.problems, [])
})

test('where a strict limit refuses who was drawn, another is drawn from those that are left', async t => {
  const limited = offerYaml('a', {
    value: 3,
    quotas: [{ limit: 5, window: 'total', strict: true }]
  })
  const engine = await start(t, rules(1, '', [limited, ...OFFERS.slice(1)]))
  // All are loaded before the first reserves: nobody sees beforehand that a is used up.
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      engine.ask(asking({ customer: { id: `c-${i}` }, options: { timeoutMs: 10_000 } }))
    )
  )
  const counts = new Map<string, number>()
  for (const answer of answers) {
    const [[offer, probability] = ['', NaN]] = shown(answer)
    const key = `${offer} ${probability.toFixed(3)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  t.equal(counts.get('a 0.333'), 5)
  const redrawn = ['b 0.500', 'c 0.500'].map(key => counts.get(key) ?? 0)
  t.ok(redrawn[0]! + redrawn[1]! > 50, JSON.stringify([...counts]))
  t.ok(goodnessOfFit(redrawn, [1, 1]).pValue > 1e-4, redrawn.join())
  t.same([...counts.keys()].sort(), ['a 0.333', 'b 0.333', 'b 0.500', 'c 0.333', 'c 0.500'])
})
