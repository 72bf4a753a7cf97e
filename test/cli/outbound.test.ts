import { readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import { createTableFiles } from '../../src/adapters/journal/table-files.js'
import { runCommand } from '../helpers/cli.js'
import { smallStrategy } from '../helpers/offerd.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

const WEB = ['--channel', 'web', '--placement', 'home_hero']

/** A folder with lists of customers, and the command that decides for one of them. */
async function lists(t: Test, files: Readonly<Record<string, string>>, rules?: string) {
  const { folder, env } = await smallStrategy(t, rules)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const decide = (input: string, output: string, ...words: string[]) =>
    runCommand(
      ['decide', '--input', join(folder, input), '--output', join(folder, output), ...words],
      env
    )
  const lines = async (name: string): Promise<Array<Record<string, unknown>>> =>
    (await readFile(join(folder, name), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>)
  return { folder, env, decide, lines }
}

test('JSON lines name customers in every way, and say what differs from the options', async t => {
  const { decide, lines } = await lists(t, {
    'in.ndjson': [
      '{"customer": "cookie/a/1"}',
      '"c-2"',
      '',
      '{"customer": {"id": "c-3", "namespace": "crm"}, "placements": [{"id": "home_tile", "count": 2}]}',
      '{"id": "a/4", "namespace": "cookie", "context": {"device": "mobile"}}'
    ].join('\n')
  })
  const { code, stdout, stderr } = await decide('in.ndjson', 'out.ndjson', ...WEB)
  t.equal(code, 0, stderr)
  t.match(stdout, /every customer is decided for/)
  const decided = await lines('out.ndjson')
  t.strictSame(
    decided.map(({ line, customer }) => [line, customer]).map(each => JSON.stringify(each)),
    [
      [1, 'cookie', 'a/1'],
      [2, 'crm', 'c-2'],
      [4, 'crm', 'c-3'],
      [5, 'cookie', 'a/4']
    ].map(([line, namespace, id]) =>
      JSON.stringify([
        line,
        { id, namespace, known: false, holdout: false, control: false, experiments: {} }
      ])
    )
  )
  t.match(decided[2], { placements: [{ id: 'home_tile', offers: [{ offerId: 'gold-card' }] }] })
})

test('rows that cannot be decided are told with their lines, and the others are decided', async t => {
  const { decide, lines } = await lists(t, {
    'in.ndjson': [
      '{"customer": "c-1", "context": {"devise": "mobile"}}',
      'no JSON',
      '{"placements": []}',
      '{"customer": "elsewhere/c-4"}',
      '{"customer": "c-5", "__proto__": {"a": 1}}',
      '{"customer": "c-6"}'
    ].join('\n')
  })
  const { code, stdout } = await decide('in.ndjson', 'out.ndjson', ...WEB)
  t.equal(code, 1)
  t.match(stdout, /some rows were rejected/)
  t.strictSame(
    (await lines('out.ndjson')).map(({ line }) => line),
    [6]
  )
  const rejected = await lines('out.ndjson.rejects.ndjson')
  t.match(rejected, [
    { line: 1, detail: /devise.*did you mean "device"/ },
    { line: 2, detail: /no JSON/ },
    { line: 3, detail: /the customer is missing/ },
    { line: 4, detail: /namespace/ },
    { line: 5, detail: /__proto__/ }
  ])
  t.equal(rejected.length, 5)
})

test('a CSV list becomes a CSV or a Parquet table with an offer a row, and Parquet is read back', async t => {
  const { folder, decide, lines } = await lists(t, {
    'in.csv':
      'customer,name,context.device,placement\n' +
      'crm/c-1,"Doe, Jo",mobile,home_hero\n' +
      'c-2,Ann,,"home_hero home_tile:2"\n'
  })
  const csv = await decide('in.csv', 'out.csv', '--channel', 'web')
  t.equal(csv.code, 0, csv.stderr)
  t.match(csv.stderr, 'columns that say nothing of a request: name')
  const rows = (await readFile(join(folder, 'out.csv'), 'utf8')).trimEnd().split('\n')
  t.match(
    rows[0],
    /^line,namespace,customer,decision_id,decided_at,channel,placement,rank,offer_id/
  )
  t.match(rows[1], /^2,crm,c-1,[0-9a-f-]{36},[^,]+,web,home_hero,1,gold-card,/)
  t.match(rows[2], /^3,crm,c-2,[^,]+,[^,]+,web,home_hero,1,/)
  t.match(rows[3], /^3,crm,c-2,[^,]+,[^,]+,web,home_tile,1,/)

  const parquet = await decide('in.csv', 'out.parquet', '--channel', 'web')
  t.equal(parquet.code, 0, parquet.stderr)
  t.notOk(existsSync(join(folder, 'out.parquet.rows.csv')))
  const tables = createTableFiles()
  t.equal(await tables.count(join(folder, 'out.parquet')), 3)
  const back: unknown[] = []
  for await (const text of tables.read(join(folder, 'out.parquet'))) back.push(JSON.parse(text))
  t.match(back, [
    { line: 2, customer: 'c-1', rank: 1, offer_id: 'gold-card', decided_at: /^\d{4}-.*Z$/ },
    { line: 3, placement: 'home_hero' },
    { line: 3, placement: 'home_tile' }
  ])

  const again = await decide('out.parquet', 'again.ndjson', '--channel', 'web')
  t.equal(again.code, 0, again.stderr)
  t.strictSame(
    (await lines('again.ndjson')).map(({ line }) => line),
    [1, 2, 3]
  )
})

test('a customer who stands in a list twice is limited by what the first row showed', async t => {
  const rest =
    'contactPolicies: [{id: once, counts: [impression], scope: offer, limit: 1, window: 7d}]'
  const rules = rulesWith({ offers: offerYaml('gold-card'), rest })
  const { decide, lines } = await lists(t, { 'in.ndjson': '"c-1"\n"c-2"\n"crm/c-1"\n' }, rules)
  const words = ['--channel', 'call_center', '--placement', 'agent:1']
  t.equal((await decide('in.ndjson', 'out.ndjson', ...words)).code, 0)
  t.match(await lines('out.ndjson'), [
    { placements: [{ offers: [{ offerId: 'gold-card' }] }] },
    { placements: [{ offers: [{ offerId: 'gold-card' }] }] },
    { placements: [{ fallback: true }] }
  ])
})

test('the standard streams carry JSON lines, and a rate slows a list down', async t => {
  const { env } = await lists(t, {})
  const began = performance.now()
  const words = ['decide', '--input', '-', '--output', '-', '--rate', '8', '--json', ...WEB]
  const { code, stdout, stderr } = await runCommand(words, env, '"c-1"\n"c-2"\n"c-3"\n"c-4"\n!\n')
  t.equal(code, 1)
  t.equal(stdout.trimEnd().split('\n').length, 4)
  t.match(stderr, '{"line":5,"detail":"the line is no JSON"}')
  t.match(stderr, /"done":true,"decided":4,"rejected":1/)
  t.ok(performance.now() - began >= 250, 'the second half waits')
})

test('what cannot be carried out is refused before anything is decided', async t => {
  const { folder, decide } = await lists(t, { 'in.ndjson': '"c-1"\n', 'in.txt': 'c-1\n' })
  const refusals: ReadonlyArray<readonly [RegExp, ...string[]]> = [
    [/ends? with .ndjson, .csv or .parquet/, 'in.txt', 'out.ndjson'],
    [/ends? with .ndjson, .csv or .parquet/, 'in.ndjson', 'out.xlsx'],
    [/cannot be read/, 'nowhere.csv', 'out.csv'],
    [/is there already/, 'in.ndjson', 'in.ndjson'],
    [/--rate takes a whole number/, 'in.ndjson', 'out.ndjson', '--rate', 'fast']
  ]
  for (const [sentence, input = '', output = '', ...words] of refusals) {
    const { code, stderr } = await decide(input, output, ...WEB, ...words)
    t.not(code, 0)
    t.match(stderr, sentence)
  }
  t.notOk(existsSync(join(folder, 'out.ndjson')))
})
