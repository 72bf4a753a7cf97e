import { isIP } from 'node:net'
import type { RedisOptions } from 'ioredis'

/** Where a Redis server is: the client's options for it, and a text for people without credentials. */
export interface Address {
  readonly options: RedisOptions
  readonly text: string
}

/**
 * Reads redis://[user:password@]host[:port][/db], rediss://… (TLS), several of these with commas between for the servers of a cluster,
 * or the path of a unix socket (`unix:/run/redis.sock`, `/run/redis.sock`).
 * @throws Error with a sentence for people
 */
export function readAddresses(url: string): [Address, ...Address[]] {
  if (/^(unix:|\/|\.)/.test(url)) return [socketAddress(url.replace(/^unix:(\/\/(?=\/))?/, ''))]
  const [first, ...further] = url.split(',').map(each => readAddress(each.trim()))
  if (further.length > 0 && [first!, ...further].some(({ options }) => options.db !== 0))
    throw new Error('several Redis URLs are a cluster, which has database 0 only: leave /db out')
  return [first!, ...further]
}

function readAddress(url: string): Address {
  if (!URL.canParse(url)) throw new Error(remedy())
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const db = pathname.slice(1)
  if ((protocol !== 'redis:' && protocol !== 'rediss:') || hostname === '' || !/^\d{0,4}$/.test(db))
    throw new Error(remedy())
  const options: RedisOptions = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 6379 : Number(port),
    db: Number(db)
  }
  if (username !== '') options.username = decodeURIComponent(username)
  if (password !== '') options.password = decodeURIComponent(password)
  if (protocol === 'rediss:') options.tls = { servername: hostname }
  return { options, text: `${protocol}//${hostname}:${options.port}${db === '' ? '' : `/${db}`}` }
}

export function socketAddress(path: string): Address {
  return { options: { path }, text: `unix:${path}` }
}

/** Another server of the cluster that an address belongs to, reached with the same credentials. */
export function addressOf({ options }: Address, host: string, port: number): Address {
  const tls = options.tls && {
    ...options.tls,
    // A certificate names hosts; one reached by its number shows that of the address it was found through.
    ...(isIP(host) === 0 ? { servername: host } : {})
  }
  const scheme = tls === undefined ? 'redis' : 'rediss'
  return {
    options: { ...options, host, port, db: 0, ...(tls === undefined ? {} : { tls }) },
    text: `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  }
}

// The URL itself is not repeated: it may hold a password.
function remedy(): string {
  return 'the Redis URL is not understood: write redis://host:6379/0, rediss://user:password@host:6380/0, several of them with commas between for a cluster, or the path of a unix socket'
}
