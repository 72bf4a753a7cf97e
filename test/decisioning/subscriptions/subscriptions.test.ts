import type { Test } from 'tap'
import { test } from 'tap'
import { createChanges, tellingOf } from '../../../src/decisioning/subscriptions/changes.js'
import type { CustomerStore } from '../../../src/decisioning/ports.js'
import type { Watcher } from '../../../src/decisioning/subscriptions/subscription.js'
import { createSubscriptions } from '../../../src/decisioning/subscriptions/subscriptions.js'
import { LOCAL_CALLER } from '../../../src/domain/caller.js'
import { StoreUnavailable } from '../../../src/domain/refusal.js'
import { silentLog, startEngine, type Answer, type Engine } from '../../helpers/engine.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

const offers = [
  offerYaml('gold', { value: 3, suitability: 'seen("reject", "same", "30d") == 0' }),
  offerYaml('silver', { value: 2, suitability: 'seen("complaint", "any", "30d") == 0' }),
  offerYaml('bronze', { value: 1 })
].join('\n')
const RULES = rulesWith({ offers })
const REQUEST = {
  customer: { id: 'c-1' },
  channel: 'web',
  placements: [{ id: 'home_hero' }],
  options: { timeoutMs: 10_000 }
}

interface Scene {
  readonly engine: Engine
  readonly subscriptions: ReturnType<typeof createSubscriptions>
  /** What lies between the decisions and the store. */
  readonly store: { isAway: boolean; loadsLeft: number }
}

async function scene(t: Test, rules = RULES): Promise<Scene> {
  const store = { isAway: false, loadsLeft: Infinity }
  const log = silentLog()
  let telling: CustomerStore | undefined
  const engine = await startEngine(t, {
    rules,
    customers: ({ customers, announcements }) => {
      telling = tellingOf(customers, createChanges(announcements, log))
      const load: CustomerStore['load'] = async (...given) => {
        if (store.isAway || store.loadsLeft-- <= 0) throw new StoreUnavailable('away for the test')
        return customers.load(...given)
      }
      return { ...telling, load }
    }
  })
  const timers: NodeJS.Timeout[] = []
  const subscriptions = createSubscriptions({
    decide: engine.decide,
    customers: engine.store.customers,
    records: engine.store.records,
    changes: createChanges(engine.store.announcements, log),
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
    meters: { renewed: outcome => engine.counted.push(`renewed ${outcome}`) },
    log,
    schedule: (work, delayMs) => timers.push(setTimeout(work, delayMs))
  })
  t.teardown(() => {
    subscriptions.close()
    for (const timer of timers) clearTimeout(timer)
  })
  return { engine, subscriptions, store }
}

class Screen implements Watcher {
  readonly seen: string[] = []
  readonly failures: unknown[] = []
  isSlow = false

  isBehind(): boolean {
    return this.isSlow
  }

  send(body: string): void {
    const { placements } = JSON.parse(body) as Answer
    this.seen.push(placements[0]!.offers[0]!.offerId)
  }

  fail(error: unknown): void {
    this.failures.push(error)
  }
}

function open({ subscriptions }: Scene, screen: Screen) {
  return subscriptions.open(REQUEST, LOCAL_CALLER, screen, { receivedAtMs: performance.now() })
}

let told = 0
function tell({ engine }: Scene, event: object) {
  return engine.tell({ id: `e-${told++}`, type: 'click', customer: { id: 'c-1' }, ...event })
}

/** Waits until as many looks as this came to the outcome. */
async function looked({ engine }: Scene, outcome: string, times: number): Promise<void> {
  const count = () => engine.counted.filter(one => one === `renewed ${outcome}`).length
  while (count() < times) await new Promise(resolve => setTimeout(resolve, 2))
}

const REJECT = { type: 'reject', offerId: 'gold', channel: 'web' }
const COMPLAINT = { type: 'complaint' }

test('a client that is behind gets the newest answer once it has caught up, and none of those before', async t => {
  const here = await scene(t)
  const screen = new Screen()
  const subscription = await open(here, screen)
  screen.isSlow = true
  await tell(here, REJECT)
  await looked(here, 'behind', 1)
  await tell(here, COMPLAINT)
  await looked(here, 'behind', 2)
  t.same(screen.seen, ['gold'])
  screen.isSlow = false
  subscription.look()
  await looked(here, 'changed', 1)
  t.same(screen.seen, ['gold', 'bronze'])
})

test('that the store is away is no news; what happened meanwhile comes when it is back', async t => {
  const here = await scene(t)
  const screen = new Screen()
  await open(here, screen)
  await looked(here, 'same', 1)
  here.store.isAway = true
  await tell(here, REJECT)
  await looked(here, 'degraded', 1)
  t.same(screen.seen, ['gold'])
  here.store.isAway = false
  await looked(here, 'changed', 1)
  t.same(screen.seen, ['gold', 'silver'])
})

test('a store that goes away after the first look is no news either', async t => {
  const here = await scene(t)
  const screen = new Screen()
  await open(here, screen)
  await looked(here, 'same', 1)
  here.store.loadsLeft = 1
  await tell(here, REJECT)
  await looked(here, 'degraded', 1)
  t.same(screen.seen, ['gold'], 'no fallback takes its place')
  here.store.loadsLeft = Infinity
  await looked(here, 'changed', 1)
  t.same(screen.seen, ['gold', 'silver'])
})

test('chance alone changes no answer', async t => {
  const rest = 'arbitration: {exploration: {method: epsilon, share: 1}}'
  const here = await scene(t, rulesWith({ offers, rest }))
  const screen = new Screen()
  await open(here, screen)
  for (let i = 1; i <= 30; i++) {
    await tell(here, { type: 'page_view' })
    await looked(here, 'same', i)
  }
  t.equal(screen.seen.length, 1)
  t.notOk(here.engine.counted.includes('renewed changed'))
})

test('a subscription that a new strategy makes impossible ends and says why', async t => {
  const here = await scene(t)
  const screen = new Screen()
  await open(here, screen)
  t.equal(here.subscriptions.size, 1)
  const placements =
    '  home_tile: {channel: web, count: 3, fallback: welcome}\n  agent: {channel: call_center, count: 2, fallback: welcome}'
  const treatments = { any: { placements: ['home_tile'], content: {} } }
  here.engine.rewrite(rulesWith({ offers: offerYaml('gold', { treatments }), placements }))
  const { outcome, problems } = await here.engine.loader.load()
  t.equal(outcome, 'swapped', JSON.stringify(problems))
  await tell(here, COMPLAINT)
  while (screen.failures.length === 0) await new Promise(resolve => setTimeout(resolve, 2))
  t.match(screen.failures, [{ code: 'invalid', faults: [{ pointer: '/placements/0/id' }] }])
  t.equal(here.subscriptions.size, 0)
})

test('a subscription that has ended hears nothing more and keeps nothing', async t => {
  const here = await scene(t)
  const screen = new Screen()
  const subscription = await open(here, screen)
  await looked(here, 'same', 1)
  subscription.end()
  t.equal(here.subscriptions.size, 0)
  const before = here.engine.counted.filter(one => one.startsWith('renewed')).length
  await tell(here, REJECT)
  await new Promise(resolve => setTimeout(resolve, 50))
  t.equal(here.engine.counted.filter(one => one.startsWith('renewed')).length, before)
  t.same(screen.seen, ['gold'])
})
