import tap, { test } from 'tap'
import {
  suppressions,
  type Contacts,
  type Moment
} from '../../../src/decisioning/limits/contact-policies.js'
import { contactStanding, scopeNumber } from '../../../src/decisioning/limits/contact-standing.js'
import { History } from '../../../src/domain/history.js'
import { KEPT_EVENTS } from '../../../src/domain/history-bounds.js'
import { compileStrategy } from '../../../src/policy/compile.js'
import type { ContactPolicy, Strategy } from '../../../src/policy/strategy.js'
import { offerYaml, rulesWith } from '../../helpers/rules.js'

/** Ninety days in which Europe puts its clocks forward. OFFERD_IMPRESSIONS=1000000 counts through them all. */
const IMPRESSIONS = Number(process.env['OFFERD_IMPRESSIONS'] ?? 50_000)
const START_MS = Date.UTC(2026, 1, 1)
const DAY_MS = 86_400_000
const LENGTH_MS = 90 * DAY_MS
/** So many that nearly all events of a customer stay in its list; what leaves it is too old to count. */
const IMPRESSIONS_EACH = 160
/** Visits for each impression, about: at the others all is held back. */
const VISITS_EACH = 1.05
/** All counts of one decision in so many are compared. */
const SAMPLE = 200
const OFFERS = 12

const POLICIES = `contactPolicies:
  - {id: tired, counts: [impression], scope: offer, limit: 2, window: 7d}
  - {id: once-a-day-on-web, counts: [impression], scope: offer, limit: 1, window: 24h, channels: [web]}
  - {id: group, counts: [impression], scope: group, limit: 6, window: week, strict: true}
  - {id: rejected, counts: [reject], scope: group, limit: 2, window: 10d, suppressFor: 12d}
  - {id: issue, counts: [impression], scope: issue, limit: 40, window: month}
  - {id: daily, counts: [impression], scope: all, limit: 4, window: day, strict: true}
`

function compile(): Strategy {
  const offers = Array.from({ length: OFFERS }, (_, i) =>
    offerYaml(`o${i}`, { group: ['cards', 'loans', 'service'][i % 3] })
  )
  const text = rulesWith({
    offers: offers.join('\n'),
    groups: '  cards: {issue: grow}\n  loans: {issue: grow}\n  service: {issue: keep}',
    rest: POLICIES
  }).replace('issues: {grow: {lever: 0}}', 'issues: {grow: {lever: 0}, keep: {lever: 0}}')
  const { strategy, problems } = compileStrategy([{ path: 'rules/small.yaml', text }])
  if (strategy === undefined) throw new Error(JSON.stringify(problems))
  return strategy
}

/** Random numbers in [0, 1) that come again with every run. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Counts one policy for one scope of one customer, told of every event as it happens. */
class NaiveCounter {
  readonly #policy: ContactPolicy
  #timesMs: number[] = []
  #suppressedUntilMs = -Infinity
  #spent = 0

  constructor(policy: ContactPolicy) {
    this.#policy = policy
  }

  add(nowMs: number): void {
    if (nowMs < this.#suppressedUntilMs) return
    const { limit, suppressForMs } = this.#policy
    this.#timesMs.push(nowMs)
    if (suppressForMs === undefined || this.count(nowMs) < limit) return
    this.#spent = this.count(nowMs)
    this.#suppressedUntilMs = nowMs + suppressForMs
    this.#timesMs = []
  }

  count(nowMs: number): number {
    if (nowMs < this.#suppressedUntilMs) return this.#spent
    const sinceMs = this.#policy.window.startMs(nowMs)
    return this.#timesMs.filter(timeMs => timeMs > sinceMs).length
  }
}

/** What is kept of one customer: columns that grow towards their beginning, since histories begin with the newest. */
class Log {
  readonly #columns = {
    timesMs: new Float64Array(KEPT_EVENTS),
    types: new Int32Array(KEPT_EVENTS),
    offers: new Int32Array(KEPT_EVENTS),
    channels: new Int32Array(KEPT_EVENTS),
    untilsMs: new Float64Array(KEPT_EVENTS)
  }
  #start = KEPT_EVENTS

  add(timeMs: number, type: number, offer: number, channel: number): void {
    const { timesMs, types, offers, channels } = this.#columns
    // Full: the oldest makes room.
    if (this.#start === 0) {
      for (const column of Object.values(this.#columns)) column.copyWithin(1, 0)
      this.#start = 1
    }
    const at = --this.#start
    timesMs[at] = timeMs
    types[at] = type
    offers[at] = offer
    channels[at] = channel
  }

  history(): History {
    const { timesMs, types, offers, channels, untilsMs } = this.#columns
    return new History({
      timesMs: timesMs.subarray(this.#start),
      types: types.subarray(this.#start),
      offers: offers.subarray(this.#start),
      channels: channels.subarray(this.#start),
      untilsMs: untilsMs.subarray(this.#start)
    })
  }
}

class Customer {
  readonly log = new Log()
  readonly #counters = new Map<number, NaiveCounter>()

  counter(strategy: Strategy, policy: ContactPolicy, offer: number): NaiveCounter {
    const { index, groupIndex, issueIndex } = strategy.offers[offer]!
    const scope = { offer: index, group: groupIndex, issue: issueIndex, all: 0 }[policy.scope]
    const number = policy.index * 100 + scope
    const known = this.#counters.get(number) ?? new NaiveCounter(policy)
    this.#counters.set(number, known)
    return known
  }
}

class Simulation {
  readonly strategy = compile()
  readonly random = createRandom(4711)
  readonly #customers: readonly Customer[]
  nowMs = START_MS
  shown = 0
  decisions = 0
  compared = 0
  readonly differences: string[] = []

  constructor(customers: number) {
    this.#customers = Array.from({ length: customers }, () => new Customer())
  }

  /** One visit: the first of the offers, in random order, that may be shown is shown, and now and then rejected. */
  visit(): void {
    const { strategy, nowMs, random } = this
    const customer = this.#customers[Math.floor(random() * this.#customers.length)]!
    const contacts = { history: customer.log.history(), reserved: [] }
    const channel = strategy.channels[random() < 0.7 ? 0 : 1]!
    const moment = { nowMs, live: true, channel }
    const { causeOf } = suppressions(strategy, moment, contacts)
    if (this.decisions++ % SAMPLE === 0) this.#compare(customer, moment, contacts, causeOf)
    const first = Math.floor(random() * OFFERS)
    for (let i = 0; i < OFFERS; i++) {
      const offer = 1 + ((first + i) % OFFERS)
      if (causeOf(offer) >= 0) continue
      this.#happen(customer, 'impression', offer, channel.index)
      if (random() < 0.05) this.#happen(customer, 'reject', offer, channel.index)
      this.shown++
      return
    }
  }

  #happen(customer: Customer, type: string, offer: number, channel: number): void {
    const { strategy, nowMs } = this
    customer.log.add(nowMs, strategy.lexicon.types.indexOf(type), offer, channel)
    for (const policy of strategy.contactPolicies) {
      const inChannel = policy.channels === undefined || policy.channels[channel] === 1
      if (policy.countedTypes.includes(type) && inChannel)
        customer.counter(strategy, policy, offer).add(nowMs)
    }
  }

  #compare(
    customer: Customer,
    moment: Moment,
    contacts: Contacts,
    causeOf: (offer: number) => number
  ): void {
    const { strategy, nowMs } = this
    for (const { index, id } of strategy.offers.slice(1)) {
      const verdict = causeOf(index)
      const full: number[] = []
      for (const policy of strategy.contactPolicies) {
        const scope = scopeNumber(strategy, policy, index)
        const { count } = contactStanding(strategy, policy, scope, contacts, moment)
        const naive = customer.counter(strategy, policy, index).count(nowMs)
        this.compared++
        if (count !== naive || count > policy.limit)
          this.differences.push(`${policy.id} counts ${count} for ${id}, not ${naive}`)
        const holds = policy.channels === undefined || policy.channels[moment.channel.index] === 1
        if (holds && naive >= policy.limit) full.push(policy.index)
      }
      if (verdict !== (full[0] ?? -1))
        this.differences.push(`${id} ends at ${verdict}, not ${full[0]}`)
    }
  }
}

tap.setTimeout(300_000)

test('over ninety days every policy counts what a naive counter counts', async t => {
  const customers = Math.ceil(IMPRESSIONS / IMPRESSIONS_EACH)
  const simulation = new Simulation(customers)
  const startedAt = process.cpuUsage()
  while (simulation.shown < IMPRESSIONS) {
    const passed = simulation.decisions / (IMPRESSIONS * VISITS_EACH)
    simulation.nowMs = START_MS + Math.floor(passed * LENGTH_MS)
    simulation.visit()
  }
  const { user, system } = process.cpuUsage(startedAt)
  const { shown, decisions, compared, differences } = simulation
  const days = (simulation.nowMs - START_MS) / DAY_MS
  t.comment(
    `${shown} impressions of ${customers} customers in ${decisions} decisions over ${days.toFixed(1)} days, ` +
      `${compared} counts compared, ${((user + system) / 1e6).toFixed(1)} s of CPU`
  )
  t.same(differences.slice(0, 5), [])
  t.ok(decisions > shown, 'policies held something back')
  t.ok(days > 85 && days < 100, `${days} days passed`)
})
