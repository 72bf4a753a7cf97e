import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../src/adapters/redis/open-store.js'
import { createRandom } from '../src/learning/random.js'
import { silentLog, startEngine } from '../test/helpers/engine.js'
import { BUSY_MODELS, busyRules, live } from '../test/helpers/lived.js'
import { PATIENT_MS, startRedis } from '../test/helpers/redis.js'
import { offerYaml, rulesWith } from '../test/helpers/rules.js'

const DECISIONS = Number(process.env['BENCH_DECISIONS'] ?? 100_000)
const SEED = Number(process.env['BENCH_SEED'] ?? 1)
const CUSTOMERS_PER_DECISION = 0.1
const TOGETHER = 128

/**
 * Decisions of all kinds, recorded over a Redis of their own, which is then restarted; `offerd replay`, a process that knows other
 * rules, makes all of them again. Fails when one comes out otherwise.
 */
export async function runReplays(): Promise<void> {
  const ends: Array<() => unknown> = []
  const ending = {
    after: (end: () => unknown) => void ends.push(end),
    teardown: (end: () => unknown) => void ends.push(end)
  }
  try {
    const redis = await startRedis(ending, '--appendfsync', 'everysec')
    await record(ending, redis.url)
    await redis.kill('SIGTERM')
    await redis.restart()
    const summary = await replayAll(ending, redis.url)
    process.stdout.write(`${JSON.stringify(summary)}\n`)
    if (summary.replayed < DECISIONS || summary.differing > 0)
      throw new Error('not all decisions came out the same')
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

type Ending = Parameters<typeof startEngine>[0]

async function record(ending: Ending, url: string): Promise<void> {
  const startedAtMs = performance.now()
  const store = await openStore({ url, log: silentLog(), commandTimeoutMs: PATIENT_MS })
  const nowMs = Date.now()
  const options = { rules: busyRules(), models: BUSY_MODELS, nowMs, store }
  const engine = await startEngine(ending, options)
  const customers = Math.ceil(DECISIONS * CUSTOMERS_PER_DECISION)
  await live(engine, createRandom(SEED), DECISIONS, { customers, together: TOGETHER, passMs: 20 })
  await store.close()
  const kinds = new Map<string, number>()
  for (const what of engine.counted) kinds.set(what, (kinds.get(what) ?? 0) + 1)
  process.stdout.write(
    `recorded ${DECISIONS} decisions in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s\n`
  )
  for (const [what, times] of [...kinds].sort()) process.stdout.write(`  ${what}: ${times}\n`)
}

async function replayAll(
  ending: Ending,
  url: string
): Promise<{ readonly replayed: number; readonly differing: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-replay-'))
  ending.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'rules'))
  await writeFile(join(folder, 'rules/all.yaml'), rulesWith({ offers: offerYaml('other') }))
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, ['dist/main.js', 'replay', '--json'], {
    env: { OFFERD_REDIS_URL: url, OFFERD_RULES: join(folder, 'rules'), OFFERD_DATA: folder },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'close')
  let text = ''
  for await (const some of child.stdout) text += String(some)
  await ended
  process.stdout.write(
    `replayed in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s after a restart\n`
  )
  return JSON.parse(text) as { replayed: number; differing: number }
}
