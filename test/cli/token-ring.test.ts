import { test } from 'tap'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import { readOn, rotate, SPREAD_MS } from '../../src/cli/token-ring.js'
import { openTokens, type OpenedTokens } from '../../src/cli/tokens.js'
import type { SharedDocuments } from '../../src/decisioning/ports.js'
import { TOKEN_LIFE_MS, type TokenContent } from '../../src/decisioning/tokens.js'
import { StoreUnavailable } from '../../src/domain/refusal.js'
import { keptLog } from '../helpers/logs.js'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 2, 1)

/** Time that stands still until it is told to go on. */
function createTime() {
  let nowMs = START_MS
  const waiting: Array<{ atMs: number; work: () => void }> = []
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs }
  return {
    clock,
    schedule: (work: () => void, delayMs: number): void =>
      void waiting.push({ atMs: nowMs + delayMs, work }),
    /** Lets time pass, a second at a time, and does what is due. */
    async pass(ms: number, stepMs = 1000): Promise<void> {
      for (const endMs = nowMs + ms; nowMs < endMs; ) {
        nowMs = Math.min(endMs, nowMs + stepMs)
        const due = waiting.filter(({ atMs }) => atMs <= nowMs)
        for (const each of due) waiting.splice(waiting.indexOf(each), 1)
        for (const { work } of due) work()
        await new Promise(setImmediate)
      }
    }
  }
}

/** Numbers below `bound` that look drawn and are the same in every run (Numerical Recipes' generator). */
function createDraw() {
  let state = 1
  return (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 8) % bound
  }
}

type Time = ReturnType<typeof createTime>

const open = (time: Time, documents: SharedDocuments): Promise<OpenedTokens> =>
  openTokens([], { documents, log: keptLog(), clock: time.clock, schedule: time.schedule })

const rotateNow = async (time: Time, documents: SharedDocuments, leaked = false) =>
  rotate(await readOn([], documents), documents, { nowMs: time.clock.wallMs(), leaked })

function content(decidedAtMs: number): TokenContent {
  return {
    decisionId: '0199aa11-2222-7333-8444-555566667777',
    decidedAtMs,
    channel: 'web',
    customer: { namespace: 'crm', id: 'c-1001' },
    offers: [{ offerId: 'gold', treatmentId: 'gold.web', placement: 'hero' }]
  }
}

const sealAt = (tokens: OpenedTokens, ms: number): string => tokens.seal(content(ms))[0]!
const keyIdOf = (token: string): string => Buffer.from(token, 'base64url').toString('hex', 1, 5)

test('while secrets rotate again and again, no process refuses a good token of another', async t => {
  const time = createTime()
  const { documents } = createMemoryStore()
  const processes: OpenedTokens[] = []
  for (let i = 0; i < 3; i++) {
    processes.push(await open(time, documents))
    await time.pass(1700)
  }
  const draw = createDraw()
  const anyProcess = () => processes[draw(processes.length)]!
  const tokens: Array<{ token: string; untilMs: number }> = []
  const ids = new Set<string>()
  let refused = 0
  let opened = 0
  for (let rotation = 0; rotation < 12; rotation++) {
    await rotateNow(time, documents)
    for (let second = 0; second < 2 * (SPREAD_MS / 1000); second++) {
      await time.pass(1000)
      const nowMs = time.clock.wallMs()
      const token = sealAt(anyProcess(), nowMs)
      ids.add(keyIdOf(token))
      tokens.push({ token, untilMs: nowMs + TOKEN_LIFE_MS })
      for (const each of [tokens.at(-1)!, tokens[draw(tokens.length)]!]) {
        if (each.untilMs < nowMs) continue
        opened++
        if (typeof anyProcess().open(each.token, nowMs) !== 'object') refused++
      }
    }
    await time.pass(30 * HOUR_MS, HOUR_MS)
  }
  t.equal(refused, 0)
  t.equal(ids.size, 13)
  t.ok(opened > 1000, `${opened} tokens were opened`)
})

test('an old secret signs nothing that is opened once its tokens could no longer be good', async t => {
  const time = createTime()
  const { documents } = createMemoryStore()
  const service = await open(time, documents)
  const thief = await open(time, { ...documents, get: async () => undefined })
  await rotateNow(time, documents)
  await time.pass(2 * SPREAD_MS)
  t.not(
    keyIdOf(sealAt(service, time.clock.wallMs())),
    keyIdOf(sealAt(thief, time.clock.wallMs())),
    'who has the old secret alone signs with it'
  )
  t.type(
    service.open(sealAt(thief, time.clock.wallMs()), time.clock.wallMs()),
    'object',
    'in grace'
  )
  await time.pass(TOKEN_LIFE_MS + 1000, HOUR_MS)
  const nowMs = time.clock.wallMs()
  t.equal(service.open(sealAt(thief, nowMs), nowMs), 'invalid')
})

test('a leaked secret is refused as soon as the new one signs', async t => {
  const time = createTime()
  const { documents } = createMemoryStore()
  const service = await open(time, documents)
  const old = sealAt(service, time.clock.wallMs())
  await rotateNow(time, documents, true)
  await time.pass(SPREAD_MS)
  t.type(service.open(old, time.clock.wallMs()), 'object')
  await time.pass(1000)
  t.equal(service.open(old, time.clock.wallMs()), 'invalid')
  const fresh = sealAt(service, time.clock.wallMs())
  t.type(service.open(fresh, time.clock.wallMs()), 'object')
})

test('of two rotations at once one is made', async t => {
  const time = createTime()
  const { documents } = createMemoryStore()
  await open(time, documents)
  const ring = await readOn([], documents)
  const options = { nowMs: time.clock.wallMs(), leaked: false }
  const made = await Promise.all([
    rotate(ring, documents, options),
    rotate(ring, documents, options)
  ])
  t.equal(made.filter(each => each !== undefined).length, 1)
  t.equal((await readOn([], documents)).length, 2)
})

test('a process that could not learn of a rotation says so instead of refusing, and learns of it', async t => {
  const time = createTime()
  const { documents } = createMemoryStore()
  let isAway = false
  const flaky: SharedDocuments = {
    ...documents,
    get: name => (isAway ? Promise.reject(new StoreUnavailable('away')) : documents.get(name))
  }
  const cutOff = await open(time, flaky)
  const other = await open(time, documents)
  isAway = true
  await rotateNow(time, documents)
  await time.pass(2 * SPREAD_MS)
  const token = sealAt(other, time.clock.wallMs())
  t.throws(() => cutOff.open(token, time.clock.wallMs()), StoreUnavailable)
  isAway = false
  await time.pass(6000)
  t.type(cutOff.open(token, time.clock.wallMs()), 'object')
  t.equal(cutOff.open('garbage', time.clock.wallMs()), 'invalid')
})
