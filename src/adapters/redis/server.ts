import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { Address } from './address.js'
import { explain } from './errors.js'
import { HEALTH_KEY, NAMES_KEY } from './keys.js'
import { ALL_SCRIPTS } from './scripts.js'
import { ServerClock } from './server-clock.js'
import { asError, isWrite, wireForm } from './wire.js'
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
  readonly #clock = new ServerClock()
  readonly #heartbeat: NodeJS.Timeout
  #client: Redis
  #greeted = false
  #closed = false
  /** Whether the last connection was left by this side because nothing came. */
  #left = false
  #lastBeatMs = performance.now()
  #announcedAway = false

  constructor(address: Address, options: WireOptions, role: ServerRole) {
    this.address = address
    this.#options = options
    this.#role = role
    this.#client = this.#open()
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS)
    this.#heartbeat.unref()
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
    if (writes && !this.ready) return calls.map(() => new Error('Connection is closed'))
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
      return commands.map(() => answers ?? new Error('Connection is closed'))
    return answers.map(([error, answer]) => error ?? answer)
  }

  #open(): Redis {
    const client = new Redis(clientOptions(this.address, this.#options.name))
    client.on('error', (error: Error) => {
      if (SOCKET_TIMEOUT.test(error.message)) this.#left = true
      this.#away(error.message)
    })
    client.on('close', () => {
      this.#greeted = false
    })
    client.on('ready', () => void this.#greet(client))
    return client
  }

  /** Gives a fresh connection its scripts and learns the server's clock before the first write. */
  async #greet(client: Redis): Promise<void> {
    try {
      await Promise.all(ALL_SCRIPTS.map(script => client.script('LOAD', script.lua)))
      if (this.#role.foundCluster !== undefined && (await isClustered(client)))
        this.#role.foundCluster()
      else await this.#beat()
    } catch (error) {
      this.#away(asError(error).message)
    }
  }

  async #beat(): Promise<void> {
    if (this.#client.status === 'ready') {
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
    this.#greeted = false
    this.#lastBeatMs = performance.now()
    this.#client = this.#open()
  }

  #away(message: string): void {
    if (this.#closed || this.#announcedAway) return
    this.#announcedAway = true
    this.#options.log.error(
      { redis: this.address.text, error: message },
      `${explain(message)}; decisions are degraded and writes refused until it answers`
    )
  }
}

/** The client's settings: fail fast, keep nothing, resend nothing, come back soon and not all processes at once. */
export function clientOptions(address: Address, name: string): RedisOptions {
  return {
    ...address.options,
    connectionName: name,
    connectTimeout: 500,
    socketTimeout: 1000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    disableClientInfo: true,
    retryStrategy: times => Math.ceil(Math.random() * Math.min(1000, 50 * 2 ** Math.min(times, 10)))
  }
}

/**
 * Not the client's own commandTimeout: its timer goes off before a reply is read that came while this process was busy.
 * Here what has arrived by then still counts. The client keeps the place of an answer that comes later.
 */
function inTime<T>(answer: Promise<T>, untilMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => setImmediate(() => reject(new Error('Command timed out'))),
      Math.max(0, untilMs - performance.now())
    )
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** A server that does not show INFO is taken to stand alone; health.ts asks for INFO to be allowed. */
async function isClustered(client: Redis): Promise<boolean> {
  const info = await client.info('cluster').catch((error: unknown) => {
    if (/\bNOPERM\b/.test(asError(error).message)) return ''
    throw error
  })
  return /^cluster_enabled:1/m.test(info)
}

function isMissingScript(answer: unknown): boolean {
  return answer instanceof Error && answer.message.startsWith('NOSCRIPT')
}
