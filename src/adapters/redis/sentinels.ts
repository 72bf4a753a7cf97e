import { Redis } from 'ioredis'
import type { Address } from './address.js'
import { clientOptions, inTime } from './client.js'
import { explain, NOT_CONNECTED } from './errors.js'
import { asError } from './wire.js'
import type { WireOptions } from './wire.js'

/** A sentinel that is silent must not keep the others waiting. */
const ANSWER_MS = 300

/** Who the master is, as one sentinel knows. */
export interface Sighting {
  readonly host: string
  readonly port: number
  /** Grows with every failover: the newest knows best. */
  readonly epoch: number
}

/** Connections to the sentinels that watch over one master. */
export class Sentinels {
  readonly #name: string
  readonly #options: WireOptions
  readonly #clients: readonly Redis[]
  /** What each connection failed with last. */
  readonly #failures = new Map<Redis, string>()
  #reason = `SENTINELS ${NOT_CONNECTED}`
  #announced: string | undefined
  #closed = false

  constructor(addresses: readonly Address[], name: string, options: WireOptions) {
    this.#name = name
    this.#options = options
    this.#clients = addresses.map(address => this.#open(address))
  }

  get count(): number {
    return this.#clients.length
  }

  /** Why no sentinel names a master, as an error says it; see explain. */
  get reason(): string {
    return this.#reason
  }

  /** What the sentinels say that answer in time. */
  async look(): Promise<Sighting[]> {
    const asked = await Promise.allSettled(this.#clients.map(client => this.#ask(client)))
    const told = asked.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
    if (told.length > 0) this.#announced = undefined
    else
      this.#blind(
        asked.map(answer => (answer.status === 'rejected' ? asError(answer.reason).message : ''))
      )
    return told
  }

  close(): void {
    this.#closed = true
    for (const client of this.#clients) client.disconnect()
  }

  /** Rejects when a sentinel does not name a master. */
  async #ask(client: Redis): Promise<Sighting> {
    if (client.status !== 'ready') throw new Error(this.#failures.get(client) ?? NOT_CONNECTED)
    // In one piece, so that no failover comes between.
    const asked = client
      .pipeline()
      .call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#name)
      .call('SENTINEL', 'MASTER', this.#name)
      .exec()
    const answers = await inTime(asked, performance.now() + ANSWER_MS)
    const [place, facts] = (answers ?? []).map(([error, answer]) => {
      if (error) throw error
      return answer
    })
    if (!Array.isArray(place) || !Array.isArray(facts)) throw new Error('NOMASTER')
    const [host, port] = place.map(String)
    const texts = facts.map(String)
    const epoch = Number(texts[texts.indexOf('config-epoch') + 1])
    return { host: host!, port: Number(port), epoch }
  }

  #open(address: Address): Redis {
    const client = new Redis({
      ...clientOptions(address, `${this.#options.name}-watch`),
      enableReadyCheck: false
    })
    client.on('error', (error: Error) => this.#failures.set(client, error.message))
    client.on('ready', () => this.#failures.delete(client))
    return client
  }

  /** The first that says more than that it is not connected gives the reason. */
  #blind(messages: readonly string[]): void {
    const message = messages.find(each => each !== NOT_CONNECTED) ?? NOT_CONNECTED
    this.#reason = `SENTINELS ${message}`
    if (this.#closed || this.#announced === message || message === NOT_CONNECTED) return
    this.#announced = message
    this.#options.log.error(
      { master: this.#name, error: message },
      `${explain(this.#reason)}; decisions are degraded and writes refused until the master is known`
    )
  }
}
