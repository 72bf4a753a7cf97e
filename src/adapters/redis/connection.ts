import type { Address } from './address.js'
import { Cluster } from './cluster.js'
import { unavailable } from './errors.js'
import { NAMES_KEY } from './keys.js'
import type { Script } from './script.js'
import { Server } from './server.js'
import { WatchedMaster } from './watched-master.js'
import { answerOf, isWrite } from './wire.js'
import type { Argument, Call, Command, ServerAnswer, Wire, WireOptions } from './wire.js'
import type { Way } from './way.js'

export interface ConnectionOptions extends Omit<WireOptions, 'heardEpoch'> {
  readonly way: Way
}

/** Writes may take so many times as long as a read: nobody waits for them within a page's budget, and a pipeline holds many. */
const WRITE_PATIENCE = 10

/**
 * All commands of a process, to one server, to the master that sentinels name, or to a cluster, which a server is asked about.
 * Failures are StoreUnavailable. Nothing is queued while Redis is away and nothing is carried out twice.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #onEpoch = new Set<(epoch: string | undefined) => void>()
  #wire: Wire
  #closed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#wire = this.#open(options.way)
  }

  /** True when commands are answered and writes can be given a deadline. */
  get ready(): boolean {
    return this.#wire.ready
  }

  get name(): string {
    return this.#options.name
  }

  /** Whether one command or script may name keys of several customers. */
  get spansCustomers(): boolean {
    return this.#wire.spansCustomers
  }

  /** Where to listen for announcements; undefined while that is not known. */
  get address(): Address | undefined {
    return this.#wire.address
  }

  /** Resolves at the first moment when the connection is ready, or false after waitMs. */
  async settled(waitMs: number): Promise<boolean> {
    const endMs = performance.now() + waitMs
    while (!this.ready && !this.#closed && performance.now() < endMs)
      await new Promise(resolve => setTimeout(resolve, 5))
    return this.ready
  }

  /** Calls back with the epoch of the names registry after every heartbeat. */
  onEpoch(heard: (epoch: string | undefined) => void): void {
    this.#onEpoch.add(heard)
  }

  async run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return answerOf((await this.runAll([{ script, keys, args }]))[0])
  }

  async command(command: Command, ...args: Argument[]): Promise<unknown> {
    return answerOf((await this.runAll([{ command, args }]))[0])
  }

  /** Values of groups of keys, group by group; the keys of a group share a slot. A key of another type reads as absent. */
  async values(groups: ReadonlyArray<readonly string[]>): Promise<Array<Array<Buffer | null>>> {
    const answers = await this.valuesOrErrors(groups)
    return answers.map(answer => answerOf(answer) as Array<Buffer | null>)
  }

  /**
   * The same, where an error may stand for the values of a group: one command for one server, which fails as a whole; in a cluster
   * one a group, in one pipeline a server.
   */
  async valuesOrErrors(
    groups: ReadonlyArray<readonly string[]>
  ): Promise<Array<Array<Buffer | null> | Error>> {
    if (!this.spansCustomers) {
      const answers = await this.runAll(groups.map(args => ({ command: 'MGET', args })))
      return answers as Array<Array<Buffer | null> | Error>
    }
    const all = (await this.command('MGET', ...groups.flat())) as Array<Buffer | null>
    let at = 0
    return groups.map(({ length }) => all.slice(at, (at += length)))
  }

  async publish(channel: string, text: string): Promise<void> {
    await this.command('PUBLISH', channel, text)
  }

  /** Runs calls in order in one round trip; answers or errors stand in the order of the calls, none is thrown. */
  async runAll(calls: readonly Call[]): Promise<unknown[]> {
    const answers = await this.#wire.send(calls, this.#patience(calls.some(isWrite)))
    return answers.map(answer => (answer instanceof Error ? unavailable(answer) : answer))
  }

  /** One call on every server that takes writes, given a key that the server holds; answers or errors, none is thrown. */
  async onEach(call: (key: string) => Call): Promise<ServerAnswer[]> {
    const answers = await this.#wire.onEach(call, this.#patience(true))
    return answers.map(({ server, answer }) => ({
      server,
      answer: answer instanceof Error ? unavailable(answer) : answer
    }))
  }

  /** Ends the connection; waits for nothing. */
  close(): void {
    this.#closed = true
    this.#wire.close()
  }

  #patience(writes: boolean): number {
    return performance.now() + this.#options.commandTimeoutMs * (writes ? WRITE_PATIENCE : 1)
  }

  #open(way: Way): Wire {
    const options = this.#wireOptions()
    if (way.kind === 'cluster') return new Cluster(way.seeds, NAMES_KEY, options)
    if (way.kind === 'sentinels') return new WatchedMaster(way.sentinels, way.watched, options)
    return new Server(way.server, options, {
      holdsNames: () => true,
      foundCluster: () => this.#becomeCluster(way.server)
    })
  }

  #becomeCluster(seed: Address): void {
    if (this.#closed) return
    this.#wire.close()
    this.#wire = new Cluster([seed], NAMES_KEY, this.#wireOptions())
  }

  #wireOptions(): WireOptions {
    return {
      ...this.#options,
      heardEpoch: epoch => {
        for (const heard of this.#onEpoch) heard(epoch)
      }
    }
  }
}
