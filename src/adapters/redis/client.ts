import type { RedisOptions } from 'ioredis'
import type { Address } from './address.js'

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
export function inTime<T>(answer: Promise<T>, untilMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => setImmediate(() => reject(new Error('Command timed out'))),
      Math.max(0, untilMs - performance.now())
    )
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
