import type { Address } from './address.js'
import { Sentinels } from './sentinels.js'
import type { Sighting } from './sentinels.js'
import { Server } from './server.js'
import type { Watched } from './way.js'
import type { Call, ServerAnswer, Wire, WireOptions } from './wire.js'

/** How often the sentinels are asked while the master answers, and while it does not. */
const LOOK_MS = 1000
const SEARCH_MS = 100
/** What a server says that is a master no longer. */
const DEMOTED = /\bREADONLY\b/

/**
 * The master that sentinels name. They are asked every second, and more often while it does not answer or says that it is one no longer.
 * What a server answers after another one took its place is not believed: what it acknowledged may be lost with it.
 * The client library's own way is not used: it believes the first sentinel that answers, and takes one clock for all servers.
 */
export class WatchedMaster implements Wire {
  readonly spansCustomers = true
  readonly #watched: Watched
  readonly #options: WireOptions
  readonly #sentinels: Sentinels
  readonly #timer: NodeJS.Timeout
  #master: Server | undefined
  /** Of the failover that made it the master. */
  #epoch = -1
  #lookedMs = -Infinity
  #looking = false

  constructor(addresses: readonly [Address, ...Address[]], watched: Watched, options: WireOptions) {
    this.#watched = watched
    this.#options = options
    this.#sentinels = new Sentinels(addresses, watched.name, options)
    this.#timer = setInterval(() => {
      if (!this.ready || performance.now() - this.#lookedMs >= LOOK_MS) void this.#look()
    }, SEARCH_MS).unref()
  }

  get ready(): boolean {
    return this.#master?.ready ?? false
  }

  get address(): Address | undefined {
    return this.#master?.address
  }

  async send(calls: readonly Call[], untilMs: number): Promise<unknown[]> {
    const master = this.#master
    if (master === undefined) return calls.map(() => new Error(this.#sentinels.reason))
    const answers = await master.send(calls, untilMs)
    if (answers.some(isDemoted)) void this.#look()
    return master === this.#master ? answers : calls.map(() => new Error('READONLY'))
  }

  async onEach(call: (key: string) => Call, untilMs: number): Promise<ServerAnswer[]> {
    const answers = await this.#master?.onEach(call, untilMs)
    return answers ?? [{ server: this.#watched.name, answer: new Error(this.#sentinels.reason) }]
  }

  close(): void {
    clearInterval(this.#timer)
    this.#sentinels.close()
    this.#master?.close()
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    this.#lookedMs = performance.now()
    const sightings = await this.#sentinels.look()
    const newest = sightings.reduce<Sighting | undefined>(
      (best, each) => (best === undefined || each.epoch > best.epoch ? each : best),
      undefined
    )
    if (newest !== undefined && this.#isBelieved(newest, sightings)) this.#follow(newest)
    this.#looking = false
  }

  /** A sentinel that is cut off knows older masters only: it is believed where most of them say so, as after they were set up anew. */
  #isBelieved(sighting: Sighting, all: readonly Sighting[]): boolean {
    if (sighting.epoch >= this.#epoch) return true
    const agreeing = all.filter(
      ({ host, port }) => host === sighting.host && port === sighting.port
    )
    return agreeing.length > this.#sentinels.count / 2
  }

  #follow({ host, port, epoch }: Sighting): void {
    this.#epoch = epoch
    const address = this.#watched.at(host, port)
    const before = this.#master
    if (before?.address.text === address.text) return
    this.#master = new Server(address, this.#options, { holdsNames: () => true, isWatched: true })
    before?.leave()
    this.#options.log.info(
      { redis: address.text, master: this.#watched.name },
      before === undefined
        ? 'the sentinels name the master'
        : 'another server is the master now; what the one before had not answered counts as failed'
    )
  }
}

function isDemoted(answer: unknown): boolean {
  return answer instanceof Error && DEMOTED.test(answer.message)
}
