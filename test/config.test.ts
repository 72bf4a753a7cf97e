import { test } from 'tap'
import { ConfigRefused, exposureProblem, isLoopback, readConfig } from '../src/config.js'

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigRefused) return error.problems
    throw error
  }
  return []
}

test('an empty environment is a complete configuration', async t => {
  const { config, warnings } = readConfig({})
  t.strictSame(config, {
    host: '127.0.0.1',
    port: 8484,
    redisUrl: undefined,
    redisTls: { ca: undefined, cert: undefined, key: undefined },
    redisTimeoutMs: undefined,
    rulesDir: 'rules',
    modelsDir: 'models',
    dataDir: '.offerd',
    logLevel: undefined,
    tokenSecrets: [],
    keysFile: undefined,
    key: undefined,
    recordBytes: 2 ** 30,
    journalBytes: 2 ** 28,
    workers: 1,
    connections: 10_000
  })
  t.strictSame(warnings, [])
  t.ok(Object.isFrozen(config))
})

test('a variable that is set to nothing counts as not set', async t => {
  t.equal(readConfig({ OFFERD_PORT: '', OFFERD_KEYS: '' }).config.port, 8484)
})

test('the command line wins over the environment', async t => {
  const { config } = readConfig({ OFFERD_RULES: 'a', OFFERD_MODELS: 'b' }, { rules: 'c' })
  t.match(config, { rulesDir: 'c', modelsDir: 'b' })
})

test('every mistake is named at once, with the variable, its value and the remedy', async t => {
  const problems = problemsOf({
    OFFERD_PORT: '65536',
    OFFERD_LOG_LEVEL: 'loud',
    OFFERD_WORKERS: '0'
  })
  t.strictSame(problems, [
    'OFFERD_PORT is "65536"; it must be a whole number from 0 (any free port) to 65535',
    'OFFERD_WORKERS is "0"; it must be a whole number from 1 to 256, or auto for one a processor',
    'OFFERD_LOG_LEVEL is "loud"; it must be one of trace, debug, info, warn, error, silent'
  ])
})

test('numbers that only look like numbers are refused', async t => {
  for (const port of ['-1', '1e3', '0x10', ' 80', '8484.5', 'http']) {
    t.equal(problemsOf({ OFFERD_PORT: port }).length, 1, port)
  }
  t.equal(readConfig({ OFFERD_PORT: '0' }).config.port, 0)
})

test('values that are secrets are never shown', async t => {
  const problems = problemsOf({
    OFFERD_TOKEN_SECRET: 'hunter2',
    OFFERD_REDIS_URL: 'http://:hunter2@host'
  })
  t.equal(problems.length, 2)
  t.notMatch(problems.join('\n'), 'hunter2')
})

test('token secrets are listed new first', async t => {
  const secrets = ['a'.repeat(16), 'b'.repeat(32)]
  t.strictSame(readConfig({ OFFERD_TOKEN_SECRET: secrets.join(', ') }).config.tokenSecrets, secrets)
})

test('the patience with Redis has bounds', async t => {
  t.equal(readConfig({ OFFERD_REDIS_TIMEOUT_MS: '250' }).config.redisTimeoutMs, 250)
  for (const wrong of ['9', '60001', '1s', '-5'])
    t.match(problemsOf({ OFFERD_REDIS_TIMEOUT_MS: wrong })[0], /milliseconds from 10 to 60000/)
})

test('sizes are read with their unit', async t => {
  const bytes = (text: string) => readConfig({ OFFERD_RECORD_BYTES: text }).config.recordBytes
  t.equal(bytes('1048576'), 2 ** 20)
  t.equal(bytes('512MiB'), 2 ** 29)
  t.equal(bytes('4 GB'), 4e9)
  for (const wrong of ['1', '0.5GB', '4 gigabytes', '-1']) {
    t.match(problemsOf({ OFFERD_RECORD_BYTES: wrong })[0], /such as 512MiB/)
  }
})

test('a variable that nobody reads is warned about with the nearest name', async t => {
  const { warnings } = readConfig({ OFFERD_PROT: '1', OFFERD_ZZZZZZZZZZZZ: '1', PATH: '/bin' })
  t.strictSame(warnings, [
    'OFFERD_PROT is set, but nothing reads it; did you mean OFFERD_PORT?',
    'OFFERD_ZZZZZZZZZZZZ is set, but nothing reads it'
  ])
})

test('without keys the service may only listen where this machine alone can reach it', async t => {
  const open = readConfig({ OFFERD_HOST: '0.0.0.0' }).config
  t.match(exposureProblem(open), /OFFERD_KEYS/)
  t.equal(exposureProblem({ ...open, keysFile: 'keys.yaml' }), undefined)
  t.equal(exposureProblem(readConfig({}).config), undefined)
})

test('loopback is 127.0.0.0/8, ::1 and localhost', async t => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) t.ok(isLoopback(host), host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org'])
    t.notOk(isLoopback(host), host)
})
