import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'tap'
import { runCommand, startCommand } from '../helpers/cli.js'
import { smallStrategy } from '../helpers/offerd.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'

test('every level of the command line has its help', async t => {
  const { env } = await smallStrategy(t)
  const { code, stdout } = await runCommand(['--help'], env)
  t.equal(code, 0)
  const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name)
  t.strictSame(names, [
    'serve',
    'demo',
    'decide',
    'import',
    'experiments',
    'train',
    'models',
    'evaluate',
    'journal',
    'replay',
    'report',
    'keys',
    'audit',
    'validate'
  ])
  for (const name of names) {
    const help = await runCommand([name, '--help'], env)
    t.equal(help.code, 0)
    t.match(help.stdout, `Usage: offerd ${name}`)
    t.match(help.stdout, '-h, --help')
    // Secrets and names are those of a store, whatever the strategy.
    if (!['keys', 'audit'].includes(name)) t.match(help.stdout, '--rules DIR')
  }
})

test('words that are not understood end with 2 and the nearest right ones', async t => {
  const { env } = await smallStrategy(t)
  const command = await runCommand(['servr'], env)
  t.equal(command.code, 2)
  t.match(command.stderr, 'did you mean serve?')
  const option = await runCommand(['decide', 'c-1', '--chanel', 'web'], env)
  t.equal(option.code, 2)
  t.match(option.stderr, 'did you mean --channel?')
  const variable = await runCommand(['validate'], { ...env, OFFERD_PORT: 'http' })
  t.equal(variable.code, 2)
  t.match(variable.stderr, 'OFFERD_PORT is "http"')
})

test('validate prints every problem with its place, for people and for programs', async t => {
  const { env, write } = await smallStrategy(t)
  const good = await runCommand(['validate'], env)
  t.equal(good.code, 0, good.stderr)
  t.match(good.stdout, /rules: valid/)

  await write(rulesWith({ offers: offerYaml('gold-card', { eligibility: 'customer.agee > 18' }) }))
  const people = await runCommand(['validate'], env)
  t.equal(people.code, 1)
  t.match(people.stdout, /^\S+all\.yaml:\d+:\d+: error: .*agee/m)
  t.match(people.stdout, /refused, 1 error/)
  const programs = await runCommand(['validate', '--json'], env)
  t.equal(programs.code, 1)
  t.match(JSON.parse(programs.stdout), {
    outcome: 'refused',
    problems: [{ severity: 'error', line: Number, column: Number, file: /all\.yaml$/ }]
  })
})

test('validate runs the examples of the strategy', async t => {
  const rest = `examples:
  - name: nobody is offered the card
    given: {channel: web, placements: [home_hero]}
    expect: {home_hero: [welcome]}`
  const { env } = await smallStrategy(t, rulesWith({ offers: offerYaml('gold-card'), rest }))
  const { code, stdout } = await runCommand(['validate'], env)
  t.equal(code, 1)
  t.match(stdout, 'nobody is offered the card')
})

test('import takes the good lines and names the bad ones by number', async t => {
  const { env, folder } = await smallStrategy(t)
  const lines = [
    '{"id": "c-1", "attributes": {"age": 41}}',
    '{"id": "c-2", "attributes": {"agee": 1}}',
    'nonsense',
    '{"id": "c-4"}'
  ]
  const piped = await runCommand(['import', '-', '--json'], env, lines.join('\n'))
  t.equal(piped.code, 1)
  t.match(JSON.parse(piped.stdout), {
    imported: 2,
    failed: 2,
    errors: [{ line: 2, detail: /agee/ }, { line: 3 }]
  })

  const file = join(folder, 'customers.ndjson')
  await writeFile(file, lines[0] ?? '')
  const read = await runCommand(['import', file], env)
  t.equal(read.code, 0, read.stderr)
  t.match(read.stdout, /imported +failed/)
  const missing = await runCommand(['import', join(folder, 'nothing.ndjson')], env)
  t.equal(missing.code, 1)
  t.match(missing.stderr, 'cannot be read')
})

test('decide answers for one customer, and explains with the arithmetic', async t => {
  const { env } = await smallStrategy(
    t,
    rulesWith({
      offers: [
        offerYaml('gold-card', { value: 80 }),
        offerYaml('silver-card', { value: 50 }),
        offerYaml('car-loan', { eligibility: 'customer.age >= 18' })
      ].join('\n')
    })
  )
  const words = ['decide', 'c-1', '--channel', 'web', '--placement', 'home_hero', '--test']
  const programs = await runCommand([...words, '--json'], env)
  t.equal(programs.code, 0, programs.stderr)
  t.match(JSON.parse(programs.stdout), {
    placements: [{ id: 'home_hero', offers: [{ offerId: 'gold-card' }] }]
  })

  const people = await runCommand([...words, '--explain'], env)
  t.match(people.stdout, 'From 3 candidates')
  t.match(
    people.stdout,
    'silver-card: value 80.00001, levers of 60.0001 %, context weight of 60.0001 % more'
  )
  t.match(people.stdout, 'gold-card: 0.5 × 1 × 80 × 1 = 40 (selected in home_hero; P from prior)')
  t.match(people.stdout, 'car-loan: eligibility: customer.age >= 18 (customer.age is missing)')
  t.notMatch(people.stdout, '\u001B')

  const given = await runCommand([...words, '--attribute', 'age=41', '--explain'], env)
  t.notMatch(given.stdout, 'car-loan: eligibility')
  const unknown = await runCommand(
    ['decide', 'c-1', '--channel', 'wep', '--placement', 'home_hero'],
    env
  )
  t.equal(unknown.code, 1)
  t.match(unknown.stderr, '/channel: there is no channel "wep"; did you mean "web"?')
})

test('decide asks a running service by its address', async t => {
  const { env } = await smallStrategy(t)
  const service = startCommand(['serve'], env)
  const [, url = ''] = /"url":"([^"]+)"/.exec(await service.printed('"msg":"listening"')) ?? []
  const words = ['decide', 'c-1', '--channel', 'web', '--placement', 'home_hero', '--url', url]
  const answered = await runCommand(words, env)
  t.equal(answered.code, 0, answered.stderr)
  t.match(answered.stdout, /home_hero +1 +gold-card/)
  const refused = await runCommand([...words, '--context', 'intend=loan'], env)
  t.equal(refused.code, 1)
  t.match(refused.stderr, /400 .*\n.*intend/)
  service.signal('SIGTERM')
  t.equal((await service.ended()).code, 0)
  const nobody = await runCommand(words, env)
  t.equal(nobody.code, 1)
  t.match(nobody.stderr, 'is the service running?')
})

test('a strategy that is refused at start is told problem by problem', async t => {
  const offers = [
    offerYaml('gold-card', { eligibility: 'customer.agee > 18' }),
    offerYaml('car-loan', { group: 'lones' })
  ]
  const { env } = await smallStrategy(t, rulesWith({ offers: offers.join('\n') }))
  const { code, stdout, stderr } = await runCommand(['serve'], env)
  t.equal(code, 1)
  t.match(stderr, /all\.yaml:\d+:\d+: error: .*agee/)
  t.match(stderr, /all\.yaml:\d+:\d+: error: .*lones/)
  t.notMatch(stdout, 'listening')
})

test('SIGHUP loads the strategy again, and keeps the old one when the new one is refused', async t => {
  const { env, write } = await smallStrategy(t)
  const service = startCommand(['serve'], env)
  await service.printed('"msg":"listening"')
  await write(rulesWith({ offers: offerYaml('travel-card') }))
  service.signal('SIGHUP')
  await service.printed('"outcome":"swapped","version":2')
  await write('offers: [')
  service.signal('SIGHUP')
  await service.printed('the one in force stays')
  service.signal('SIGINT')
  t.equal((await service.ended()).code, 0)
})

test('a port that is taken is told with the remedy', async t => {
  const { env } = await smallStrategy(t)
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const { code, stderr } = await runCommand(['serve'], { ...env, OFFERD_PORT: port })
  t.equal(code, 1)
  t.match(stderr, /OFFERD_PORT/)
})

test('without keys other machines are not listened to', async t => {
  const { env } = await smallStrategy(t)
  const { code, stderr } = await runCommand(['serve'], { ...env, OFFERD_HOST: '0.0.0.0' })
  t.equal(code, 1)
  t.match(stderr, /OFFERD_KEYS/)
})

test('experiments says that there are none, and that nobody was reached yet', async t => {
  const { env, write } = await smallStrategy(t)
  const none = await runCommand(['experiments'], env)
  t.equal(none.code, 0, none.stderr)
  t.equal(none.stdout, 'The strategy has no experiments.\n')

  const rest =
    'experiments: {lift: {salt: e1, layer: one, arms: {A: {share: 0.25}, B: {share: 0.25, levers: {cards: 10}}}}}'
  await write(rulesWith({ offers: offerYaml('gold-card'), rest }))
  const people = await runCommand(['experiments'], env)
  t.equal(people.code, 0, people.stderr)
  t.match(people.stdout, /^lift {2}layer one\n/)
  t.match(people.stdout, 'too few customers to tell')
  const programs = await runCommand(['experiments', '--json'], env)
  t.match(JSON.parse(programs.stdout), {
    experiments: [{ name: 'lift', exposed: 0, arms: [{ share: 0.25, expectedShare: 0.5 }, {}] }]
  })
})
