import type { Random } from '../../src/learning/random.js'
import { createAsker, readDecision, type Asker, type Place } from './asker.js'
import type { Asking } from './client.js'
import type { Recorder } from './history.js'
import { consentsAtFirst, customerId, PLAIN, RESERVE_MS } from './world-rules.js'

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
const AGENTS_SHARE = 0.2
/** A tenth of the calls is about a handful of customers, so that limits of one customer are met. */
const HOT_SHARE = 0.1
const HOT = 20

/** An offer that is on a customer's screen. */
interface Shown {
  readonly customer: number
  readonly offer: string
  readonly token: string
  readonly askedMs: number
}

/** Begins to ask for decisions, to tell events and consent, and to look whether the processes live. */
export function startLoad(settings: LoadSettings): Load {
  return new OpenLoop(settings)
}

class OpenLoop implements Load {
  readonly #settings: LoadSettings
  readonly #asker: Asker
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
    this.#asker = createAsker(settings.places, settings.random)
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
    this.#asker.close()
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
    await this.#asker.any('/v1/decisions', asking, attempt => {
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
    const number = this.#sent.events++
    const draw = this.#settings.random.uniform()
    const shown = draw < 0.5 ? this.#takeShown() : undefined
    if (draw < 0.04) await this.#changeConsent()
    else if (draw < 0.08) await this.#tellAgain()
    else if (shown !== undefined) await this.#tellShown(`s-${number}`, shown, draw < 0.1)
    else await this.#lookAround(`v-${number}`)
  }

  /** An offer that was answered lately: what was promised must not have lapsed, for a fact is never refused and would count beyond the limit. */
  #takeShown(): Shown | undefined {
    const shown = this.#shown.pop()
    return shown !== undefined && Date.now() - shown.askedMs < RESERVE_MS / 3 ? shown : undefined
  }

  async #lookAround(id: string): Promise<void> {
    const customer = this.#someCustomer()
    await this.#tell(id, customer, 'page_view', {
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
    await this.#asker.any('/v1/events', asking, ({ answer: _answer, ...call }) => {
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
    await this.#asker.any(path, asking, ({ answer: _answer, ...call }) => {
      this.#note({ op: 'consent', ...call, customer, granted })
    })
    this.#changing.delete(customer)
  }

  async #probe(): Promise<void> {
    const { places } = this.#settings
    const { answer: _answer, ...call } = await this.#asker.one(
      places[this.#sent.probes++ % places.length]!,
      '/livez',
      { method: 'GET' }
    )
    this.#note({ op: 'probe', ...call })
  }

  async #askReady(place: Place): Promise<void> {
    const { answer, ...call } = await this.#asker.one(place, '/readyz', { method: 'GET' })
    const said = answer.kind === 'answered' && call.status !== 200 ? answer.text : ''
    const detail = said === '' ? '' : String((JSON.parse(said) as { detail?: unknown }).detail)
    this.#note({ op: 'ready', ...call, detail })
  }

  #someCustomer(): number {
    const { random, customers } = this.#settings
    return random.chance(HOT_SHARE) ? random.integer(HOT) : random.integer(customers)
  }

  #note(line: Parameters<Recorder['note']>[0]): void {
    this.#settings.recorder.note(line)
  }
}
