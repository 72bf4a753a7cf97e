import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { startService, type RunningService } from '../helpers/service.js'
import { sharedData, sharedDataMissing } from '../helpers/shared-data.js'

interface Expected {
  readonly num: readonly string[]
  readonly cat: readonly string[]
  readonly models: ReadonlyArray<{
    readonly model: string
    readonly auc: number
    readonly all_pos: readonly number[]
  }>
}

test('third-party bank models give their published probabilities through the decision route', async t => {
  if (sharedDataMissing !== false) {
    t.comment(sharedDataMissing)
    return
  }
  const folder = join(sharedData, 'onnx/bank')
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected
  const rows = readRows(readFileSync(join(folder, 'test_rows.csv'), 'utf8'), expected)
  const names = expected.models.map(({ model }) => model.replace('.onnx', '').replaceAll('_', '-'))
  const files: Record<string, string | Uint8Array> = {
    'rules/strategy.yaml': rulesText(expected, names)
  }
  expected.models.forEach(({ model }, i) => {
    files[`models/${names[i]!}/model.onnx`] = readFileSync(join(folder, model))
    files[`models/${names[i]!}/model.yaml`] = modelText(expected, names[i]!)
  })
  const service = await startService(t, { files, env: { OFFERD_LOG_LEVEL: 'error' } })
  const scores = await scoreAll(service, rows, names)
  expected.models.forEach(({ model, auc, all_pos: published }, i) => {
    const own = scores[i]!
    t.equal(own.length, published.length, `${model} has ${published.length} rows`)
    const different = own.filter((score, row) => Math.abs(score - published[row]!) > 1e-6).length
    const ownAuc = areaUnderCurve(
      own,
      rows.map(({ y }) => y)
    )
    t.comment(
      `${model}: ${different} of ${own.length} rows differ by more than 1e-6; AUC ${ownAuc.toFixed(5)}, published ${auc.toFixed(5)}`
    )
    if (model.startsWith('lr')) {
      t.equal(different, 0, `${model} is exact`)
      return
    }
    // Trees were published from float64 arithmetic. The forest's file differs in 29 of the 1,357 rows (2.14 %) on the bare
    // runtime as well, so the bounds leave room for that and nothing more.
    t.ok(
      different <= own.length * 0.0215,
      `${model} differs in no more rows than its file does on the bare runtime`
    )
    t.ok(Math.abs(ownAuc - auc) <= 2.1e-4, `${model} has the published AUC`)
  })
})

interface Row {
  readonly attributes: Readonly<Record<string, string | number>>
  readonly y: number
}

function readRows(text: string, { num, cat }: Expected): Row[] {
  const [head = '', ...lines] = text.trim().split('\n')
  const columns = head.trim().split(',')
  return lines.map(line => {
    const cells = line.trim().split(',')
    const cell = (name: string): string => cells[columns.indexOf(name)]!
    return {
      attributes: Object.fromEntries([
        ...num.map(name => [name, Number(cell(name))]),
        ...cat.map(name => [name, cell(name)])
      ]) as Row['attributes'],
      y: Number(cell('y'))
    }
  })
}

function rulesText({ num, cat }: Expected, names: readonly string[]): string {
  return `strategy: bank-models
currency: EUR
namespaces: [crm]
attributes:
${[...num.map(name => `  ${name}: {type: number}`), ...cat.map(name => `  ${name}: {type: string}`)].join('\n')}
channels: {web: {direction: inbound}}
placements: {all: {channel: web, count: ${names.length}, fallback: none}}
issues: {grow: {}}
groups: {g: {issue: grow}}
offers:
  none: {group: g, fallbackOnly: true, treatments: {t: {placements: [all], content: {}}}}
${names.map(name => `  ${name}: {group: g, value: 1, propensity: {model: ${name}}, treatments: {t: {placements: [all], content: {}}}}`).join('\n')}
`
}

function modelText({ num, cat }: Expected, name: string): string {
  const inputs = [
    ...num.map(input => `  - {input: ${input}, from: customer.${input}, missing: 0}`),
    ...cat.map(input => `  - {input: ${input}, from: customer.${input}, missing: unknown}`)
  ]
  return `model: ${name}\nversion: 1\nfile: model.onnx\ninputs:\n${inputs.join('\n')}\noutput: {name: ${name.includes('nozipmap') ? 'probabilities' : 'output_probability'}, positive: "1"}\n`
}

/** By model, the propensity of each row; requests go out in lots, because that is how pages ask. */
async function scoreAll(
  service: RunningService,
  rows: readonly Row[],
  names: readonly string[]
): Promise<number[][]> {
  const scores = names.map(() => new Array<number>(rows.length))
  for (let from = 0; from < rows.length; from += 100) {
    await Promise.all(
      rows.slice(from, from + 100).map(async ({ attributes }, i) => {
        const response = await service.post('/v1/decisions', {
          customer: { id: `row-${from + i}` },
          channel: 'web',
          placements: [{ id: 'all' }],
          attributes,
          options: { timeoutMs: 10_000 }
        })
        const answer = (await response.json()) as {
          placements: Array<{ offers: Array<{ offerId: string; factors: { p: number } }> }>
        }
        for (const { offerId, factors } of answer.placements[0]!.offers)
          scores[names.indexOf(offerId)]![from + i] = factors.p
      })
    )
  }
  return scores
}

function areaUnderCurve(scores: readonly number[], labels: readonly number[]): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!)
  let rankSum = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++
    const rank = (from + 1 + to) / 2
    for (let i = from; i < to; i++) if (labels[order[i]!] === 1) rankSum += rank
    from = to
  }
  const positives = labels.filter(label => label === 1).length
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives))
}
