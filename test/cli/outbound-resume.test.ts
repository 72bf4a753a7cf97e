import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pauseFor } from 'node:timers/promises'
import tap, { test } from 'tap'
import { runOfferd, startOfferd, type Environment } from '../helpers/offerd.js'
import { redisMissing, startRedis } from '../helpers/redis.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService } from '../helpers/service.js'

/** Of each list. */
const CUSTOMERS = 300
/** Fewer than two lists have customers, so that what is counted twice or never shows. */
const CARDS = 430

const quotas = [
  { limit: CARDS, window: 'total', counts: 'impression', strict: true, reserve: '1h' }
]
const RULES = rulesWith({
  offers: `${offerYaml('gold-card', { value: 9, quotas })}\n${offerYaml('loan')}`,
  rest: 'contactPolicies: [{id: once, counts: [impression], scope: offer, limit: 1, window: 7d, strict: true, reserve: 1h}]'
})

tap.setTimeout(180_000)

interface Line {
  readonly line: number
  readonly customer: { readonly id: string }
  readonly placements: ReadonlyArray<{
    readonly offers: ReadonlyArray<{ readonly offerId: string }>
  }>
}

test('a list that is killed again and again is decided once for everybody, and limits count once', {
  skip: redisMissing,
  timeout: 180_000
}, async t => {
  const redis = await startRedis(t)
  const service = await startService(t, {
    redisUrl: redis.url,
    files: { 'rules/all.yaml': RULES, 'models/.keep': '' }
  })
  const { dir } = service
  const env: Environment = {
    PATH: process.env['PATH'] ?? '',
    OFFERD_RULES: join(dir, 'rules'),
    OFFERD_MODELS: join(dir, 'models'),
    OFFERD_DATA: join(dir, 'data'),
    OFFERD_REDIS_URL: redis.url,
    OFFERD_TOKEN_SECRET: 'a secret that is long enough for tests'
  }

  /** Decides for a list, killed so many milliseconds after its output has grown; answers the lines of its output. */
  async function decideKilled(
    name: string,
    killsMs: readonly number[],
    ...words: string[]
  ): Promise<Line[]> {
    const list = join(dir, `${name}.ndjson`)
    const output = join(dir, `${name}-out.ndjson`)
    const ids = Array.from({ length: CUSTOMERS }, (_, i) => `"${name}-${i}"\n`)
    // Everybody comes a second time, to be limited by the first.
    await writeFile(list, [...ids, ...ids].join(''))
    const places = ['--channel', 'call_center', '--placement', 'agent:1']
    const command = ['decide', '--input', list, '--output', output, ...places, ...words]
    for (const killMs of killsMs) {
      const before = await sizeOf(output)
      const running = startOfferd(t, command, env)
      while ((await sizeOf(output)) <= before && running.child.exitCode === null) await pauseFor(2)
      await pauseFor(killMs)
      running.child.kill('SIGKILL')
      await running.ended()
    }
    // A kill may come before the first lines are noted as done; then there is nothing to go on after.
    const { line } = JSON.parse(await readFile(`${output}.run`, 'utf8')) as { line: number }
    const { code, stderr } = await runOfferd(t, command, env)
    t.equal(code, 0, stderr)
    t.match(stderr, line > 0 ? `going on after line ${line}` : /^$/)
    const lines = (await readFile(output, 'utf8')).trimEnd().split('\n')
    return lines.map(line => JSON.parse(line) as Line)
  }

  async function taken(): Promise<{ readonly count: number; readonly reserved: number }> {
    const { quotas: read } = (await (await service.get('/v1/quotas')).json()) as {
      quotas: Array<{ count: number; reserved?: number }>
    }
    return { count: read[0]!.count, reserved: read[0]!.reserved ?? 0 }
  }

  /** How many have the card. */
  function wholeAndOnce(name: string, lines: readonly Line[]): number {
    t.strictSame(
      lines.map(({ line, customer }) => [line, customer.id]),
      Array.from({ length: 2 * CUSTOMERS }, (_, i) => [i + 1, `${name}-${i % CUSTOMERS}`])
    )
    const cards = lines.filter(
      ({ placements }) => placements[0]?.offers[0]?.offerId === 'gold-card'
    )
    t.equal(new Set(cards.map(({ customer }) => customer.id)).size, cards.length)
    return cards.length
  }

  t.equal(wholeAndOnce('own', await decideKilled('own', [0, 25])), CUSTOMERS)
  t.strictSame(await taken(), { count: CUSTOMERS, reserved: 0 })
  const asked = await decideKilled('asked', [15], '--url', service.url)
  t.equal(wholeAndOnce('asked', asked), CARDS - CUSTOMERS)
  t.strictSame(await taken(), { count: CARDS, reserved: 0 })
  const history = (await (await service.get('/v1/customers/crm/own-7/history')).json()) as object
  t.equal(JSON.stringify(history).match(/"impression"/g)?.length, 2, 'a card, then a loan')
})

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
