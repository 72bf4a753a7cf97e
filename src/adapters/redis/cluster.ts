import type { Address } from './address.js'
import { healthKey } from './keys.js'
import { readRedirection } from './redirection.js'
import type { Redirection } from './redirection.js'
import type { Server } from './server.js'
import { SLOTS, slotOf } from './slots.js'
import { Topology } from './topology.js'
import type { Call, Command, ServerAnswer, Wire, WireOptions } from './wire.js'

/** While a slot moves, a customer's keys may be at two places for moments, and servers may point at each other. */
const TRY_AGAIN_MS = 5
/** Far more keys than it takes to meet every slot. */
const MOST_HEALTH_KEYS = 16 * SLOTS
const ASKING: Call = { command: 'ASKING', args: [] }
const KEYLESS: ReadonlySet<Command> = new Set(['PUBLISH', 'TIME', 'INFO', 'CLIENT', 'CONFIG'])

/** A call on its way to a server. */
interface Errand {
  readonly call: Call
  /** Among the answers. */
  readonly position: number
  /** undefined where nobody serves the slot. */
  readonly server: Server | undefined
  /** The slot is on its way to the server, which must be asked to make an exception. */
  readonly asking: boolean
}

/**
 * The servers of a Redis Cluster. Calls go straight to the master that holds their keys, with a deadline by that master's clock;
 * redirections are followed within the caller's time. What a server redirects it did not carry out, so following repeats nothing.
 * The client library's own cluster is not used: it queues and sends again behind the caller's back, and knows no clocks.
 */
export class Cluster implements Wire {
  readonly spansCustomers = false
  readonly #seeds: readonly [Address, ...Address[]]
  readonly #topology: Topology

  /** @param namesKey of the names registry, whose epoch comes with the heartbeats of its server */
  constructor(seeds: readonly [Address, ...Address[]], namesKey: string, options: WireOptions) {
    this.#seeds = seeds
    this.#topology = new Topology(seeds, slotOf(namesKey), options)
  }

  get ready(): boolean {
    const { masters } = this.#topology
    return masters.length > 0 && masters.every(({ ready }) => ready)
  }

  get address(): Address {
    return this.#topology.any()?.address ?? this.#seeds[0]
  }

  async send(calls: readonly Call[], untilMs: number): Promise<unknown[]> {
    const answers = new Array<unknown>(calls.length)
    let errands = calls.map((call, position) => this.#errand(call, position))
    for (let hops = 0; errands.length > 0; hops++) {
      await Promise.all(
        [...byServer(errands)].map(([server, share]) =>
          this.#carryOut(server, share, answers, untilMs)
        )
      )
      errands = await this.#redirected(errands, answers, untilMs)
      if (hops > 0 && errands.length > 0) await pause()
    }
    return answers
  }

  async onEach(call: (key: string) => Call, untilMs: number): Promise<ServerAnswer[]> {
    const { masters, unserved } = this.#topology
    const answers = await Promise.all(
      masters.map(async server => {
        const [answer] = await server.send([call(this.#keyOn(server))], untilMs)
        return { server: server.address.text, answer }
      })
    )
    if (unserved === 0) return answers
    return [{ server: 'Redis Cluster', answer: this.#unserved() }, ...answers]
  }

  close(): void {
    this.#topology.close()
  }

  #errand(call: Call, position: number): Errand {
    const key = keyOf(call)
    const server = key === undefined ? this.#topology.any() : this.#topology.ownerOf(slotOf(key))
    return { call, position, server, asking: false }
  }

  /** The errands that were sent on, to where they were sent; none once the time is up. */
  async #redirected(
    errands: readonly Errand[],
    answers: readonly unknown[],
    untilMs: number
  ): Promise<Errand[]> {
    const again: Errand[] = []
    for (const errand of errands) {
      const host = errand.server?.address.options.host ?? ''
      const to = readRedirection(answers[errand.position], host)
      if (to !== undefined) again.push(this.#sentOn(errand, to))
    }
    if (again.some(errand => errands.includes(errand))) await pause()
    // A server that was not known before greets first.
    for (const { server } of again) await server?.settled(untilMs)
    return performance.now() < untilMs ? again : []
  }

  #sentOn(errand: Errand, to: Redirection): Errand {
    if (to.kind === 'TRYAGAIN') return errand
    const server = this.#topology.serverAt(to.host, to.port)
    if (to.kind === 'MOVED') this.#topology.moved(to.slot, server)
    return { ...errand, server, asking: to.kind === 'ASK' }
  }

  /** Sends errands to their server in one pipeline and enters the answers in their places. */
  async #carryOut(
    server: Server | undefined,
    errands: readonly Errand[],
    answers: unknown[],
    untilMs: number
  ): Promise<void> {
    const calls = errands.flatMap(({ call, asking }) => (asking ? [ASKING, call] : [call]))
    const told =
      server === undefined ? calls.map(() => this.#unserved()) : await server.send(calls, untilMs)
    let at = 0
    for (const { position, asking } of errands) {
      if (asking) at++
      answers[position] = told[at++]
    }
  }

  #unserved(): Error {
    const isMet = this.#topology.masters.length > 0
    return new Error(isMet ? 'CLUSTERDOWN a slot is not served' : 'Connection is closed')
  }

  #keyOn(server: Server): string {
    for (let i = 0; i < MOST_HEALTH_KEYS; i++)
      if (this.#topology.ownerOf(slotOf(healthKey(i))) === server) return healthKey(i)
    return healthKey(0)
  }
}

function byServer(errands: readonly Errand[]): Map<Server | undefined, Errand[]> {
  const shares = new Map<Server | undefined, Errand[]>()
  for (const errand of errands) {
    const share = shares.get(errand.server)
    if (share === undefined) shares.set(errand.server, [errand])
    else share.push(errand)
  }
  return shares
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, TRY_AGAIN_MS))
}

/** The key that says where a call goes; undefined when any server will do. */
function keyOf(call: Call): string | undefined {
  if ('script' in call) return call.keys[0]
  return KEYLESS.has(call.command) ? undefined : String(call.args[0])
}
