import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { test } from 'tap'
import { describeStrategy } from '../../../src/decisioning/strategy/describe-strategy.js'
import { ANSWERS } from '../../../src/http/answers.js'
import { startEngine } from '../../helpers/engine.js'
import { BUSY_MODELS, busyRules } from '../../helpers/lived.js'
import { compileStrategy } from '../../../src/policy/compile.js'
import { writeLegend } from '../../../src/decisioning/trace/legend.js'

const ROOT = resolve(import.meta.dirname, '../../..')

/** The shipped strategy without its models, as described. */
async function shipped() {
  const rules = join(ROOT, 'rules')
  const names = await readdir(rules, { recursive: true })
  const files = await Promise.all(
    names
      .filter(name => name.endsWith('.yaml'))
      .map(async name => ({
        path: relative(ROOT, join(rules, name)),
        text: await readFile(join(rules, name), 'utf8')
      }))
  )
  const { strategy, problems } = compileStrategy(files)
  if (strategy === undefined) throw new Error(JSON.stringify(problems))
  const described = describeStrategy({
    version: 1,
    hash: 'abc',
    strategy,
    models: new Map(),
    fusions: [],
    shadows: new Map(),
    modelOf: [],
    told: new Map(),
    shortlist: undefined,
    legend: writeLegend(strategy),
    limits: undefined,
    loadedAtMs: 0
  })
  return { described, lines: new Map(files.map(({ path, text }) => [path, text.split('\n')])) }
}

test('every part of the shipped strategy stands where it says', async t => {
  const { described, lines } = await shipped()
  const textAt = (place: string): string => {
    const [, file = '', line, column] = /^(.*):(\d+):(\d+)$/.exec(place) ?? []
    return lines.get(file)?.[Number(line) - 1]?.slice(Number(column) - 1) ?? ''
  }
  const { issues, groups, channels, placements, offers, segments, contextWeights } = described
  for (const { id, place } of [...issues, ...groups, ...channels, ...placements, ...offers])
    t.ok(textAt(place).startsWith(`${id}:`), `${id} at ${place}`)
  for (const { name, text, place } of segments)
    t.ok(textAt(place).startsWith(text), `${name} at ${place}`)
  for (const { text, place } of contextWeights)
    t.ok(textAt(place).replace(/^'/, '').startsWith(text), `${text} at ${place}`)
  for (const offer of offers) {
    for (const { text, place } of offer.policies)
      t.ok(textAt(place).replace(/^'/, '').startsWith(text), `${offer.id}: ${text} at ${place}`)
  }
  t.ok(textAt(described.contactPolicies[0]!.place).startsWith('{id: tired-of-offer'))
  t.ok(textAt(described.quotas[0]!.place).startsWith('{limit:'))
  t.ok(textAt(described.exclusions[0]!.place).startsWith('{never:'))
  t.ok(textAt(described.influencers[0]!.place).startsWith('{after:'))
  t.ok(textAt(described.experiments[0]!.place).startsWith('mobile-arbitration:'))
})

test('the description has the shape of the document', async t => {
  const { described } = await shipped()
  const parsed = ANSWERS.StrategyDetails.safeParse(described)
  t.ok(parsed.success, parsed.error?.message ?? 'it has')
})

test('an offer is described with all that decides about it', async t => {
  const engine = await startEngine(t, { rules: busyRules(), models: BUSY_MODELS })
  const { offers, ...rest } = describeStrategy(engine.snapshots.current())
  const byId = new Map(offers.map(offer => [offer.id, offer]))
  t.match(byId.get('gold'), {
    group: 'cards',
    value: 80,
    levers: { issue: 0, group: 10, offer: 0 },
    leverFactor: 1.1,
    policies: [{ stage: 'eligibility', owner: 'cards', text: 'customer.age >= 18' }],
    propensity: { model: 'young', prior: 0.3, adapts: false, positive: 'accept' },
    treatments: [
      { id: 'gold.web.any', placements: ['home_hero', 'home_tile'] },
      { id: 'gold.call_center.any', placements: ['agent'] }
    ]
  })
  t.match(byId.get('travel'), {
    value: { text: 'customer.balance / 100' },
    purposes: ['marketing']
  })
  t.equal(byId.get('scarce')?.quotas.length, 1)
  t.match(byId.get('old'), { from: null, until: '2019-12-31T23:00:00.000Z' })
  t.match(rest, {
    groupLimit: 2,
    holdout: { share: 0.05, salt: 'h' },
    exploration: { method: 'epsilon', share: 0.2 },
    exclusions: [
      { text: 'never in one answer: gold, travel' },
      { text: 'car: not for 30d after accept of mortgage' }
    ],
    experiments: [
      { name: 'formula', arms: [{ changes: [] }, { changes: ['formula'] }] },
      { when: { text: 'context.device == "mobile"' }, arms: [{}, { changes: ['values'] }] }
    ]
  })
})
