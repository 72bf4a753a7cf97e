import { Redis } from 'ioredis'
import type { Announcements, Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { newsChannel } from './keys.js'
import { clientOptions } from './client.js'

const PING_MS = 1000
/** How long an announcement waits for the process' own listeners to be in place. */
const SUBSCRIBE_WAIT_MS = 500
/** A connection that ended is opened again within this time, not by all processes at once. */
const REOPEN_WITHIN_MS = 500

/**
 * News over Redis' publish and subscribe, heard on a connection of its own that is opened with the first listener.
 * What is announced while the connection is away is not heard: listeners must also look for themselves now and then.
 */
export class RedisAnnouncements implements Announcements {
  readonly #connection: Connection
  readonly #commandTimeoutMs: number
  readonly #log: Log
  readonly #listeners = new Map<string, Set<(text: string) => void>>()
  #subscriber: Redis | undefined
  #ping: NodeJS.Timeout | undefined
  #reopening: NodeJS.Timeout | undefined
  #closed = false
  #subscribed: Promise<unknown> = Promise.resolve()

  constructor(connection: Connection, log: Log, commandTimeoutMs: number) {
    this.#connection = connection
    this.#log = log
    this.#commandTimeoutMs = commandTimeoutMs
  }

  async announce(topic: string, text: string): Promise<void> {
    if (this.#listeners.has(topic))
      await Promise.race([this.#subscribed, elapsed(SUBSCRIBE_WAIT_MS)])
    await this.#connection.publish(newsChannel(topic), text)
  }

  listen(topic: string, heard: (text: string) => void): () => void {
    const own = (text: string) => heard(text)
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(own))
    if (this.#subscriber === undefined) this.#open()
    else if (this.#subscriber.status === 'ready') this.#subscribe(this.#subscriber)
    return () => void listeners.delete(own)
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#ping)
    clearTimeout(this.#reopening)
    this.#subscriber?.disconnect()
  }

  #open(): void {
    const { address, name } = this.#connection
    if (address === undefined) {
      this.#reopen()
      return
    }
    const subscriber = new Redis({
      ...clientOptions(address, `${name}-news`),
      commandTimeout: this.#commandTimeoutMs,
      // Not to the same server again: in a cluster another one may have taken over.
      retryStrategy: () => null
    })
    this.#subscriber = subscriber
    this.#subscribed = new Promise(resolve => subscriber.once('subscribed', resolve))
    subscriber.on('ready', () => this.#subscribe(subscriber))
    subscriber.on('error', (error: Error) =>
      this.#log.debug(
        { error: error.message },
        'the connection for announcements failed; it is opened again'
      )
    )
    subscriber.on('end', () => this.#reopen())
    subscriber.on('message', (channel: string, text: string) => this.#hear(channel, text))
    clearInterval(this.#ping)
    // A question that is not answered is what tells the client that the connection is dead.
    this.#ping = setInterval(() => {
      if (subscriber.status === 'ready')
        subscriber
          .ping()
          .catch((error: unknown) =>
            this.#log.debug(
              { error: String(error) },
              'Redis did not answer on the connection for announcements'
            )
          )
    }, PING_MS)
    this.#ping.unref()
  }

  #reopen(): void {
    if (this.#closed) return
    clearTimeout(this.#reopening)
    this.#reopening = setTimeout(() => this.#open(), Math.random() * REOPEN_WITHIN_MS).unref()
  }

  #subscribe(subscriber: Redis): void {
    const channels = [...this.#listeners.keys()].map(newsChannel)
    this.#subscribed = subscriber.subscribe(...channels).then(
      () => subscriber.emit('subscribed'),
      (error: unknown) => {
        this.#log.warn(
          { error: String(error) },
          'listening to announcements failed; the connection is opened again'
        )
        subscriber.disconnect()
      }
    )
  }

  #hear(channel: string, text: string): void {
    for (const [topic, listeners] of this.#listeners) {
      if (newsChannel(topic) !== channel) continue
      for (const heard of listeners) heard(text)
    }
  }
}

function elapsed(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms).unref())
}
