import type { Random } from '../../src/learning/random.js'
import { createClient, type Answer, type Asking, type Client } from './client.js'
import type { DecideCall, Outcome, Recorder } from './history.js'
import { consentsAtFirst, customerId, PLAIN, RESERVE_MS } from './world-rules.js'

/** A place where a process serves; another one takes it when the first ends. */
export interface Place {
  /** Of the process that serves there now, such as `b.2`. */
  readonly service: string
  readonly url: string
}

export interface LoadSettings {
  readonly places: readonly Place[]
  readonly random: Random
  readonly recorder: Recorder
  readonly customers: number
  readonly decisionsPerSecond: number
  readonly eventsPerSecond: number
  readonly timeoutMs: number
}

/** Calls that come whether or not the ones before are answered. */
export interface Load {
  /** Ends it and waits for the answers. */
  stop(): Promise<void>
}

const TICK_MS = 5
const MOST_BEHIND_MS = 100
/** Calls at the same time; a service that answers all of them late is not sent more. */
const MOST_OPEN = 1500
const PROBE_EVERY_MS = 20
const READY_EVERY_MS = 250
/** What a process that is gone was asked, is asked of another; as a proxy before them does. */
const MOST_ATTEMPTS = 3
const AGENTS_SHARE = 0.2
/** A tenth of the calls is about a handful of customers, so that limits of one customer are met. */
const HOT_SHARE = 0.1
const HOT = 20
const NO_ANSWER = { offers: [], fallback: false, degraded: [], decisionId: '', mixedUp: false }

/** An offer that is on a customer's screen. */
interface Shown {
  readonly customer: number
  readonly offer: string
  readonly token: string
  readonly askedMs: number
}

interface Attempt {
  readonly service: string
  readonly sentMs: number
  readonly endedMs: number
  readonly tookMs: number
  readonly answer: Answer
  readonly outcome: Outcome
  readonly status: number
  readonly last: boolean
}

/** Begins to ask for decisions, to tell events and consent, and to look whether the processes live. */
export function startLoad(settings: LoadSettings): Load {
  return new OpenLoop(settings)
}

class OpenLoop implements Load {
  readonly #settings: LoadSettings
  readonly #client: Client = createClient()
  readonly #timers: NodeJS.Timeout[]
  readonly #open = new Set<Promise<void>>()
  readonly #due = { decisions: 0, events: 0 }
  readonly #sent = { decisions: 0, events: 0, probes: 0 }
  #lastTickMs = performance.now()
  readonly #shown: Shown[] = []
  readonly #acknowledged: Array<{ readonly id: string; readonly customer: number }> = []
  readonly #consents = new Map<number, boolean>()
  readonly #changing = new Set<number>()

  constructor(settings: LoadSettings) {
    this.#settings = settings
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#begin(this.#probe()), PROBE_EVERY_MS),
      setInterval(() => {
        for (const place of settings.places) this.#begin(this.#askReady(place))
      }, READY_EVERY_MS)
    ]
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all(this.#open)
    this.#client.close()
  }

  /** What this process was too busy to send in time is left out, or it would come as a burst. */
  #tick(): void {
    const { decisionsPerSecond, eventsPerSecond } = this.#settings
    const nowMs = performance.now()
    const seconds = Math.min(nowMs - this.#lastTickMs, MOST_BEHIND_MS) / 1000
    this.#lastTickMs = nowMs
    this.#due.decisions += seconds * decisionsPerSecond
    this.#due.events += seconds * eventsPerSecond
    for (; this.#due.decisions >= 1; this.#due.decisions--)
      if (this.#open.size < MOST_OPEN) this.#begin(this.#decide())
    for (; this.#due.events >= 1; this.#due.events--)
      if (this.#open.size < MOST_OPEN) this.#begin(this.#tellSomething())
  }

  #begin(call: Promise<void>): void {
    const open = call.finally(() => this.#open.delete(open))
    this.#open.add(open)
  }

  async #decide(): Promise<void> {
    const { random, timeoutMs } = this.#settings
    const number = this.#sent.decisions++
    const customer = this.#someCustomer()
    const isAgent = random.chance(AGENTS_SHARE)
    const channel = isAgent ? 'call_center' : 'web'
    const asking: Omit<Asking, 'url'> = {
      method: 'POST',
      body: {
        customer: { id: customerId(customer) },
        channel,
        placements: [{ id: isAgent ? 'agent' : 'home_hero', count: 1 }],
        options: { timeoutMs }
      },
      // What is shown as it is answered must not be decided twice.
      headers: isAgent ? { 'idempotency-key': `k-${number}` } : {}
    }
    await this.#askAny('/v1/decisions', asking, attempt => {
      const said = readDecision(attempt.answer, customer)
      const { answer: _answer, ...call } = attempt
      const { tokens, ...line } = said
      this.#note({ op: 'decide', ...call, customer, channel, timeoutMs, ...line })
      const [token] = tokens
      const [offer] = line.offers
      if (!isAgent && !line.fallback && token !== undefined && offer !== undefined)
        this.#shown.push({ customer, offer, token, askedMs: attempt.sentMs })
    })
  }

  /** Of what customers do, most is looking around and seeing offers; few reject one, few change their mind about consent. */
  async #tellSomething(): Promise<void> {
    const { random } = this.#settings
    const number = this.#sent.events++
    const draw = random.uniform()
    if (draw < 0.04) return await this.#changeConsent()
    if (draw < 0.08) return await this.#tellAgain()
    if (draw < 0.5) {
      const shown = this.#shown.splice(-1)[0]
      // What was promised must not have lapsed: a fact is never refused, and would count beyond the limit.
      if (shown !== undefined && Date.now() - shown.askedMs < RESERVE_MS / 3)
        return await this.#tellShown(`s-${number}`, shown, draw < 0.1)
    }
    const customer = this.#someCustomer()
    await this.#tell(`v-${number}`, customer, 'page_view', {
      customer: { id: customerId(customer) }
    })
  }

  async #tellShown(
    id: string,
    { customer, offer, token, askedMs }: Shown,
    liked: boolean
  ): Promise<void> {
    // What is for everybody is never rejected, or answers could not be told from failures.
    const type = liked && offer !== PLAIN ? 'reject' : 'impression'
    await this.#tell(id, customer, type, { token }, { offer, askedMs })
  }

  /** Somebody who was told that an event is there, and tells it once more. */
  async #tellAgain(): Promise<void> {
    const told = this.#acknowledged[this.#settings.random.integer(this.#acknowledged.length)]
    if (told === undefined) return
    const { id, customer } = told
    await this.#tell(id, customer, 'page_view', { customer: { id: customerId(customer) } })
  }

  async #tell(
    id: string,
    customer: number,
    type: 'page_view' | 'impression' | 'reject',
    about: object,
    { offer, askedMs } = { offer: '', askedMs: 0 }
  ): Promise<void> {
    const asking = { method: 'POST', body: { id, type, ...about } } as const
    await this.#askAny('/v1/events', asking, ({ answer: _answer, ...call }) => {
      this.#note({ op: 'event', ...call, id, customer, type, offer, askedMs })
      if (call.outcome === 'ok' && type === 'page_view') this.#acknowledged.push({ id, customer })
    })
  }

  /** One change at a time a customer, so that their order is known. */
  async #changeConsent(): Promise<void> {
    const customer = this.#someCustomer()
    if (this.#changing.has(customer)) return
    this.#changing.add(customer)
    const granted = !(this.#consents.get(customer) ?? consentsAtFirst(customer))
    this.#consents.set(customer, granted)
    const asking = { method: 'PUT', body: { marketing: { granted } } } as const
    const path = `/v1/customers/crm/${customerId(customer)}/consent`
    await this.#askAny(path, asking, ({ answer: _answer, ...call }) => {
      this.#note({ op: 'consent', ...call, customer, granted })
    })
    this.#changing.delete(customer)
  }

  async #probe(): Promise<void> {
    const { places } = this.#settings
    const { answer: _answer, ...call } = await this.#attempt(
      places[this.#sent.probes++ % places.length]!,
      '/livez',
      { method: 'GET' }
    )
    this.#note({ op: 'probe', ...call })
  }

  async #askReady(place: Place): Promise<void> {
    const { answer, ...call } = await this.#attempt(place, '/readyz', { method: 'GET' })
    const said = answer.kind === 'answered' && call.status !== 200 ? answer.text : ''
    const detail = said === '' ? '' : String((JSON.parse(said) as { detail?: unknown }).detail)
    this.#note({ op: 'ready', ...call, detail })
  }

  /** Asks one of the processes, and another where the first is gone; every attempt is a call of its own. */
  async #askAny(
    path: string,
    asking: Omit<Asking, 'url'>,
    heard: (attempt: Attempt) => void
  ): Promise<void> {
    const { places, random } = this.#settings
    const first = random.integer(places.length)
    for (let i = 0; i < MOST_ATTEMPTS; i++) {
      const attempt = await this.#attempt(places[(first + i) % places.length]!, path, asking)
      const { answer } = attempt
      const gone = answer.kind !== 'answered' || /This process is stopping/.test(answer.text)
      const last = !gone || i === MOST_ATTEMPTS - 1
      heard({ ...attempt, last })
      if (last) return
    }
  }

  async #attempt(place: Place, path: string, asking: Omit<Asking, 'url'>): Promise<Attempt> {
    const { service, url } = place
    const sentMs = Date.now()
    const beganMs = performance.now()
    const answer = await this.#client.ask({ ...asking, url: url + path })
    const tookMs = performance.now() - beganMs
    const status = answer.kind === 'answered' ? answer.status : 0
    const outcome =
      answer.kind === 'lost' ? 'unknown' : status >= 200 && status < 300 ? 'ok' : 'fail'
    return { service, sentMs, endedMs: Date.now(), tookMs, answer, outcome, status, last: true }
  }

  #someCustomer(): number {
    const { random, customers } = this.#settings
    return random.chance(HOT_SHARE) ? random.integer(HOT) : random.integer(customers)
  }

  #note(line: Parameters<Recorder['note']>[0]): void {
    this.#settings.recorder.note(line)
  }
}

type Decided = Pick<DecideCall, 'offers' | 'fallback' | 'degraded' | 'decisionId' | 'mixedUp'> & {
  readonly tokens: readonly string[]
}

function readDecision(answer: Answer, customer: number): Decided {
  if (answer.kind !== 'answered' || answer.status !== 200) return { ...NO_ANSWER, tokens: [] }
  const said = JSON.parse(answer.text) as {
    readonly decisionId: string
    readonly customer: { readonly id: string }
    readonly degraded: string[]
    readonly placements: ReadonlyArray<{
      readonly fallback: boolean
      readonly offers: ReadonlyArray<{ readonly offerId: string; readonly token: string }>
    }>
  }
  const offers = said.placements.flatMap(placement => placement.offers)
  return {
    decisionId: said.decisionId,
    offers: offers.map(({ offerId }) => offerId),
    tokens: offers.map(({ token }) => token),
    fallback: said.placements.some(({ fallback }) => fallback),
    degraded: said.degraded,
    mixedUp: said.customer.id !== customerId(customer)
  }
}
