import { Redis } from 'ioredis'
import type { Announcements, Log } from '../../decisioning/ports.js'
import { clientOptions } from './connection.js'
import type { Connection, ConnectionOptions } from './connection.js'
import { newsChannel } from './keys.js'

const PING_MS = 1000
/** How long an announcement waits for the process' own listeners to be in place. */
const SUBSCRIBE_WAIT_MS = 500

/**
 * News over Redis' publish and subscribe, heard on a connection of its own that is opened with the first listener.
 * What is announced while the connection is away is not heard: listeners must also look for themselves now and then.
 */
export class RedisAnnouncements implements Announcements {
  readonly #connection: Connection
  readonly #options: ConnectionOptions
  readonly #log: Log
  readonly #listeners = new Map<string, Set<(text: string) => void>>()
  #subscriber: Redis | undefined
  #ping: NodeJS.Timeout | undefined
  #subscribed: Promise<unknown> = Promise.resolve()

  constructor(connection: Connection, options: ConnectionOptions) {
    this.#connection = connection
    this.#options = options
    this.#log = options.log
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
    clearInterval(this.#ping)
    this.#subscriber?.disconnect()
  }

  #open(): void {
    const subscriber = new Redis({
      ...clientOptions({ ...this.#options, name: `${this.#options.name}-news` }),
      commandTimeout: this.#options.commandTimeoutMs
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
    subscriber.on('message', (channel: string, text: string) => this.#hear(channel, text))
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

  #subscribe(subscriber: Redis): void {
    const channels = [...this.#listeners.keys()].map(newsChannel)
    this.#subscribed = subscriber.subscribe(...channels).then(
      () => subscriber.emit('subscribed'),
      (error: unknown) => {
        this.#log.warn(
          { error: String(error) },
          'listening to announcements failed; the connection is opened again'
        )
        subscriber.disconnect(true)
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
