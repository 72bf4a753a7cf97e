import { Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import { StoreUnavailable } from '../../domain/refusal.js'
import type { Log } from '../../decisioning/ports.js'
import type { Address } from './address.js'
import { explain, unavailable } from './errors.js'
import { NAMES_KEY } from './keys.js'
import { ALL_SCRIPTS, HEARTBEAT } from './scripts.js'
import type { Script } from './scripts.js'
import { ServerClock } from './server-clock.js'

export type Argument = string | Buffer | number
/** What is not a script: reads, and what concerns the server itself. Whatever writes is a script, for its deadline. */
type Command = 'MGET' | 'GET' | 'EXISTS' | 'HGETALL' | 'LRANGE' | 'INFO' | 'CLIENT' | 'SHUTDOWN'
/** One command of a pipeline: a script with its keys and arguments, or a plain read. */
export type Call =
  | {
      readonly script: Script
      readonly keys: readonly string[]
      readonly args: readonly Argument[]
    }
  | { readonly command: Command; readonly args: readonly Argument[] }

export interface ConnectionOptions {
  readonly address: Address
  readonly log: Log
  /** Shown in CLIENT LIST. */
  readonly name: string
  /** How long a caller waits for a read. */
  readonly commandTimeoutMs: number
}

/** How long the caller waits, and until when, by Redis' clock, a write may still be carried out. */
interface Limits {
  readonly waitMs: number
  readonly deadlineMs: number
}

const HEARTBEAT_MS = 1000
/** A client that calls itself ready and yet answers nothing for so long is replaced. */
const SILENCE_MS = 5000
/** Writes may take so many times as long as a read: nobody waits for them within a page's budget, and a pipeline holds many. */
const WRITE_PATIENCE = 10
/** Redis must run a write within this share of the caller's wait: the rest is for the way back. */
const DEADLINE_SHARE = 0.9

/**
 * One connection for all commands of a process, with its timeouts, its clock and its repair.
 * Failures are StoreUnavailable. Nothing is queued while Redis is away and nothing is sent twice.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #clock = new ServerClock()
  readonly #heartbeat: NodeJS.Timeout
  readonly #onEpoch = new Set<(epoch: string | undefined) => void>()
  #client: Redis
  #greeted = false
  #closed = false
  #lastBeatMs = performance.now()
  #announcedAway = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#client = this.#open()
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  /** True when commands are answered and writes can be given a deadline. */
  get ready(): boolean {
    return this.#greeted && this.#client.status === 'ready'
  }

  get name(): string {
    return this.#options.name
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
    try {
      return await this.#inTime(this.#client.callBuffer(command, ...args))
    } catch (error) {
      throw unavailable(error)
    }
  }

  /**
   * Values of groups of keys, group by group; the keys of a group share a slot. One command here; in a cluster one a group,
   * in one pipeline a node. A key of another type reads as absent.
   */
  async values(groups: ReadonlyArray<readonly string[]>): Promise<Array<Array<Buffer | null>>> {
    const all = (await this.command('MGET', ...groups.flat())) as Array<Buffer | null>
    let at = 0
    return groups.map(({ length }) => all.slice(at, (at += length)))
  }

  async publish(channel: string, text: string): Promise<void> {
    try {
      await this.#inTime(this.#client.publish(channel, text))
    } catch (error) {
      throw unavailable(error)
    }
  }

  /**
   * Runs calls in order in one round trip; answers or errors stand in the order of the calls, none is thrown.
   * When Redis has lost the scripts, the calls that it did not run are sent again with their text, and the plain reads with them.
   */
  async runAll(calls: readonly Call[]): Promise<unknown[]> {
    const writes = calls.some(call => 'script' in call && call.script.writes)
    if (writes && !this.ready)
      return calls.map(() => new StoreUnavailable(explain('Connection is closed')))
    const waitMs = this.#options.commandTimeoutMs * (writes ? WRITE_PATIENCE : 1)
    const limits = { waitMs, deadlineMs: Math.floor(this.#clock.nowMs() + waitMs * DEADLINE_SHARE) }
    const answers = await this.#send(calls, limits, false)
    const again = calls.flatMap((_, i) => (isMissingScript(answers[i]) ? [i] : []))
    if (again.length > 0) {
      const repeated = calls.flatMap((call, i) =>
        again.includes(i) || !('script' in call) ? [i] : []
      )
      const second = await this.#send(
        repeated.map(i => calls[i]!),
        limits,
        true
      )
      repeated.forEach((position, i) => {
        answers[position] = second[i]
      })
    }
    return answers.map(answer => (answer instanceof Error ? unavailable(answer) : answer))
  }

  /** Ends the connection; waits for nothing. */
  close(): void {
    this.#closed = true
    clearInterval(this.#heartbeat)
    this.#client.disconnect()
  }

  async #send(
    calls: readonly Call[],
    { waitMs, deadlineMs }: Limits,
    withText: boolean
  ): Promise<unknown[]> {
    if (calls.length === 1) {
      const [command, ...args] = wireForm(calls[0]!, deadlineMs, withText)
      return [
        await this.#inTime(this.#client.callBuffer(String(command), ...args), waitMs).catch(asError)
      ]
    }
    const pipeline = this.#client.pipeline()
    for (const call of calls) {
      const [command, ...args] = wireForm(call, deadlineMs, withText)
      pipeline.callBuffer(String(command), ...args)
    }
    const answers = await this.#inTime(pipeline.exec(), waitMs).catch(asError)
    if (answers instanceof Error || answers === null)
      return calls.map(() => answers ?? new Error('Connection is closed'))
    return answers.map(([error, answer]) => error ?? answer)
  }

  /**
   * Not the client's own commandTimeout: its timer goes off before a reply is read that came while this process was busy.
   * Here what has arrived by then still counts. The client keeps the place of an answer that comes later.
   */
  #inTime<T>(answer: Promise<T>, waitMs = this.#options.commandTimeoutMs): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => setImmediate(() => reject(new Error('Command timed out'))),
        waitMs
      )
      answer.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }

  #open(): Redis {
    const client = new Redis(clientOptions(this.#options))
    client.on('error', (error: Error) => this.#away(error.message))
    client.on('close', () => {
      this.#greeted = false
    })
    client.on('ready', () => void this.#greet(client))
    return client
  }

  /** Gives a fresh connection its scripts and learns Redis' clock before the first write. */
  async #greet(client: Redis): Promise<void> {
    try {
      await Promise.all(ALL_SCRIPTS.map(script => client.script('LOAD', script.lua)))
      await this.#beat()
    } catch (error) {
      this.#away(asError(error).message)
    }
  }

  async #beat(): Promise<void> {
    if (this.#client.status === 'ready') {
      const beat = [{ script: HEARTBEAT, keys: [NAMES_KEY], args: [] }]
      const limits = { waitMs: this.#options.commandTimeoutMs, deadlineMs: 0 }
      const [answer] = await this.#send(beat, limits, false)
      const [heard] = isMissingScript(answer) ? await this.#send(beat, limits, true) : [answer]
      if (Array.isArray(heard))
        this.#heard(Number(heard[0]), heard[1] === null ? undefined : String(heard[1]))
      else if (heard instanceof Error) this.#away(heard.message)
    }
    this.#replaceSilent()
  }

  #heard(serverMs: number, epoch: string | undefined): void {
    this.#clock.heard(serverMs)
    this.#lastBeatMs = performance.now()
    this.#greeted = true
    for (const heard of this.#onEpoch) heard(epoch)
    if (this.#announcedAway)
      this.#options.log.info({ redis: this.#options.address.text }, 'Redis answers again')
    this.#announcedAway = false
  }

  #replaceSilent(): void {
    if (this.#closed) return
    const silent =
      this.#client.status === 'ready' && performance.now() - this.#lastBeatMs > SILENCE_MS
    if (!silent && this.#client.status !== 'end') return
    this.#options.log.warn(
      { redis: this.#options.address.text },
      'Redis says nothing on an open connection; a new one is opened'
    )
    this.#client.disconnect()
    this.#greeted = false
    this.#lastBeatMs = performance.now()
    this.#client = this.#open()
  }

  #away(message: string): void {
    if (this.#closed || this.#announcedAway) return
    this.#announcedAway = true
    this.#options.log.error(
      { redis: this.#options.address.text, error: message },
      `${explain(message)}; decisions are degraded and writes refused until it answers`
    )
  }
}

/** The client's settings: fail fast, keep nothing, resend nothing, come back soon and not all processes at once. */
export function clientOptions({
  address,
  name
}: Pick<ConnectionOptions, 'address' | 'name'>): RedisOptions {
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

/** The answer of a call, its error thrown. */
export function answerOf(answer: unknown): unknown {
  if (answer instanceof Error) throw answer
  return answer
}

function wireForm(call: Call, deadlineMs: number, withText: boolean): Argument[] {
  if (!('script' in call)) return [call.command, ...call.args]
  const { script, keys, args } = call
  const head: Argument[] = withText ? ['EVAL', script.lua] : ['EVALSHA', script.sha1]
  return script.writes
    ? [...head, keys.length, ...keys, deadlineMs, ...args]
    : [...head, keys.length, ...keys, ...args]
}

function isMissingScript(answer: unknown): boolean {
  return answer instanceof Error && answer.message.startsWith('NOSCRIPT')
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
