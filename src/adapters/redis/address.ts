import type { RedisOptions } from 'ioredis'

/** Where a Redis server is: the client's options for it, and a text for people without credentials. */
export interface Address {
  readonly options: RedisOptions
  readonly text: string
}

/**
 * Reads redis://[user:password@]host[:port][/db], rediss://… (TLS) or the path of a unix socket (`unix:/run/redis.sock`, `/run/redis.sock`).
 * @throws Error with a sentence for people
 */
export function readAddress(url: string): Address {
  if (/^(unix:|\/|\.)/.test(url)) return socketAddress(url.replace(/^unix:(\/\/(?=\/))?/, ''))
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

// The URL itself is not repeated: it may hold a password.
function remedy(): string {
  return 'the Redis URL is not understood: write redis://host:6379/0, rediss://user:password@host:6380/0 or the path of a unix socket'
}
