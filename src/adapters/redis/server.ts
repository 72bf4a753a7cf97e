import { Redis } from 'ioredis'
import type { Address } from './address.js'
import { clientOptions, inTime } from './client.js'
import { explain, NOT_CONNECTED } from './errors.js'
import { greetingOf, refusalOf, risksOf } from './greeting.js'
import type { Greeting } from './greeting.js'
import { HEALTH_KEY, NAMES_KEY } from './keys.js'
import { ALL_SCRIPTS } from './scripts.js'
import { ServerClock } from './server-clock.js'
import { answerOf, asError, isMissingScript, isWrite, wireForm } from './wire.js'
import type { Argument, Call, ServerAnswer, Wire, WireOptions } from './wire.js'

const HEARTBEAT_MS = 1000
/** A client that calls itself ready and yet answers nothing for so long is replaced. */
const SILENCE_MS = 5000
/** Redis must run a write within this share of the caller's wait: the rest is for the way back. */
const DEADLINE_SHARE = 0.9
const LOOK_EVERY_MS = 5
/** What the client says when it leaves a connection on which nothing came. */
const SOCKET_TIMEOUT = /^Socket timeout/

/** What a server is to those who opened it. */
export interface ServerRole {
  /** Whether the names registry is on it. */
  holdsNames(): boolean
  /** Whether sentinels name it: it is used as a master only then, and others should be ready to take its place. */
  readonly isWatched?: boolean
  /** Called when a server that was taken to stand alone says that it is one of a cluster; it is not used then. */
  foundCluster?(): void
  /** Called whenever a connection has become ready. */
  greeted?(): void
}

/**
 * One connection to one server, with its timeouts, its clock and its repair.
 * Nothing is queued while the server is away and nothing is sent twice.
 */
export class Server implements Wire {
  readonly spansCustomers = true
  readonly address: Address
  readonly #options: WireOptions
  readonly #role: ServerRole
  readonly #heartbeat: NodeJS.Timeout
  readonly #warned = new Set<string>()
  #clock = new ServerClock()
  #client: Redis
  /** Whether the server on this connection is one that can be used. */
  #met = false
  /** Whether its clock is known too. */
  #greeted = false
  #closed = false
  /** Whether the last connection was left by this side because nothing came. */
  #left = false
  #lastBeatMs = performance.now()
  #announcedAway = false
  /** What was heard last of a connection that is not ready. */
  #reason = NOT_CONNECTED

  constructor(address: Address, options: WireOptions, role: ServerRole) {
    this.address = address
    this.#options = options
    this.#role = role
    this.#client = this.#open()
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS).unref()
  }

  get ready(): boolean {
    return this.#greeted && this.#client.status === 'ready'
  }

  /** Resolves at the first moment when the server is ready, or at untilMs on the monotonic clock. */
  async settled(untilMs: number): Promise<void> {
    while (!this.ready && !this.#closed && performance.now() < untilMs)
      await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }

  /**
   * What a hanging server has been sent it carries out, within the deadline, also when this side has left the connection:
   * of such writes nobody is told before the deadline has passed.
   */
  async send(calls: readonly Call[], untilMs: number): Promise<unknown[]> {
    const writes = calls.some(isWrite)
    if (writes && !this.ready) return calls.map(() => new Error(this.#reason))
    const answers = await this.#sendComplete(calls, untilMs)
    if (writes && this.#left && answers.some(answer => answer instanceof Error))
      await new Promise(resolve => setTimeout(resolve, Math.max(0, untilMs - performance.now())))
    return answers
  }

  /** When the server has lost the scripts, the calls that it did not run are sent again with their text, and the plain ones with them. */
  async #sendComplete(calls: readonly Call[], untilMs: number): Promise<unknown[]> {
    const deadlineMs = Math.floor(
      this.#clock.nowMs() + (untilMs - performance.now()) * DEADLINE_SHARE
    )
    const answers = await this.#write(
      calls.map(call => wireForm(call, deadlineMs, false)),
      untilMs
    )
    if (!answers.some(isMissingScript)) return answers
    const again = calls.flatMap((call, i) =>
      isMissingScript(answers[i]) || !('script' in call) ? [i] : []
    )
    const second = await this.#write(
      again.map(i => wireForm(calls[i]!, deadlineMs, true)),
      untilMs
    )
    again.forEach((position, i) => {
      answers[position] = second[i]
    })
    return answers
  }

  async onEach(call: (key: string) => Call, untilMs: number): Promise<ServerAnswer[]> {
    const [answer] = await this.send([call(HEALTH_KEY)], untilMs)
    return [{ server: this.address.text, answer }]
  }

  /** Ends the connection while callers wait: of their writes they hear when the server can no longer carry them out. */
  leave(): void {
    this.#left = true
    this.close()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#heartbeat)
    this.#client.disconnect()
  }

  async #write(
    commands: ReadonlyArray<readonly [string, ...Argument[]]>,
    untilMs: number
  ): Promise<unknown[]> {
    if (commands.length === 1) {
      const [command, ...args] = commands[0]!
      return [await inTime(this.#client.callBuffer(command, ...args), untilMs).catch(asError)]
    }
    const pipeline = this.#client.pipeline()
    for (const [command, ...args] of commands) pipeline.callBuffer(command, ...args)
    const answers = await inTime(pipeline.exec(), untilMs).catch(asError)
    if (answers instanceof Error || answers === null)
      return commands.map(() => answers ?? new Error(NOT_CONNECTED))
    return answers.map(([error, answer]) => error ?? answer)
  }

  #open(): Redis {
    const client = new Redis(clientOptions(this.address, this.#options.name))
    client.on('error', (error: Error) => {
      if (SOCKET_TIMEOUT.test(error.message)) this.#left = true
      this.#away(error.message)
    })
    client.on('close', () => {
      this.#met = false
      this.#greeted = false
    })
    client.on('ready', () => void this.#greet(client))
    return client
  }

  /**
   * Learns what is at the other end of a fresh connection, gives it its scripts, in one round trip, and learns its clock before the
   * first write: a name may lead to another server than before.
   */
  async #greet(client: Redis): Promise<void> {
    try {
      const loading = Promise.all(ALL_SCRIPTS.map(({ lua }) => client.script('LOAD', lua)))
      const loaded = loading.catch(asError)
      const greeting = await greetingOf(client)
      if (greeting.isClustered && this.#role.foundCluster !== undefined) {
        this.#role.foundCluster()
        return
      }
      const refusal = refusalOf(greeting, this.#role.isWatched)
      if (refusal !== undefined) {
        this.#away(refusal)
        client.disconnect(true)
        return
      }
      this.#warnOfRisks(greeting)
      answerOf(await loaded)
      this.#clock = new ServerClock()
      this.#met = true
      await this.#beat()
    } catch (error) {
      this.#away(asError(error).message)
    }
  }

  async #beat(): Promise<void> {
    if (this.#met && this.#client.status === 'ready') {
      const calls: Call[] = [{ command: 'TIME', args: [] }]
      if (this.#role.holdsNames()) calls.push({ command: 'HGET', args: [NAMES_KEY, '@'] })
      const untilMs = performance.now() + this.#options.commandTimeoutMs
      const [time, epoch] = await this.send(calls, untilMs)
      if (Array.isArray(time)) this.#heard(time, epoch)
      else if (time instanceof Error) this.#away(time.message)
    }
    this.#replaceSilent()
  }

  /** @param epoch undefined or an error where the registry is not, or no longer, on this server */
  #heard([seconds, micros]: unknown[], epoch: unknown): void {
    this.#clock.heard(Number(seconds) * 1000 + Math.floor(Number(micros) / 1000))
    this.#lastBeatMs = performance.now()
    const isNew = !this.#greeted
    this.#greeted = true
    this.#left = false
    if (epoch === null) this.#options.heardEpoch(undefined)
    else if (epoch instanceof Buffer) this.#options.heardEpoch(String(epoch))
    if (this.#announcedAway)
      this.#options.log.info({ redis: this.address.text }, 'Redis answers again')
    this.#announcedAway = false
    this.#reason = NOT_CONNECTED
    if (isNew) this.#role.greeted?.()
  }

  #replaceSilent(): void {
    if (this.#closed) return
    const silent =
      this.#client.status === 'ready' && performance.now() - this.#lastBeatMs > SILENCE_MS
    if (!silent && this.#client.status !== 'end') return
    this.#options.log.warn(
      { redis: this.address.text },
      'Redis says nothing on an open connection; a new one is opened'
    )
    this.#left = true
    this.#client.disconnect()
    this.#met = false
    this.#greeted = false
    this.#lastBeatMs = performance.now()
    this.#client = this.#open()
  }

  #warnOfRisks(greeting: Greeting): void {
    for (const risk of risksOf(greeting, this.#role.isWatched)) {
      if (!this.#warned.has(risk)) this.#options.log.warn({ redis: this.address.text }, risk)
      this.#warned.add(risk)
    }
  }

  #away(message: string): void {
    this.#reason = message
    if (this.#closed || this.#announcedAway) return
    this.#announcedAway = true
    this.#options.log.error(
      { redis: this.address.text, error: message },
      `${explain(message)}; decisions are degraded and writes refused until it answers`
    )
  }
}
