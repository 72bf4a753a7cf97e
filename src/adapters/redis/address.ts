import { isIP } from 'node:net'
import type { RedisOptions } from 'ioredis'
import { TRUST_OF_THE_SYSTEM } from './security.js'
import type { Security } from './security.js'

/** Where a Redis server is: the client's options for it, and a text for people without credentials. */
export interface Address {
  readonly options: RedisOptions
  readonly text: string
  /** How connections to it, and to servers that it tells of, are secured; undefined: they are not. */
  readonly security: Security | undefined
}

interface AddressParts {
  readonly host: string
  readonly port: number
  readonly db: number
  readonly username?: string
  readonly password?: string
}

const PORT = 6379

/**
 * Reads redis://[user:password@]host[:port][/db] or rediss://… (TLS).
 * @returns undefined when it is neither
 */
export function readAddress(
  url: string,
  security: Security = TRUST_OF_THE_SYSTEM
): Address | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  const db = pathname.slice(1)
  if ((protocol !== 'redis:' && protocol !== 'rediss:') || hostname === '' || !/^\d{0,4}$/.test(db))
    return undefined
  const address = addressFrom(
    {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? PORT : Number(port),
      db: Number(db),
      ...credentialsOf(username, password)
    },
    protocol === 'rediss:' ? security : undefined
  )
  return db === '' ? address : { ...address, text: `${address.text}/${db}` }
}

/** Those of a URL, which are written with percent signs where they hold special characters. */
export function credentialsOf(
  username: string,
  password: string
): Pick<AddressParts, 'username' | 'password'> {
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) })
  }
}

export function socketAddress(path: string): Address {
  return { options: { path }, text: `unix:${path}`, security: undefined }
}

/** A server that another one told of, reached with the same credentials and under the same security. */
export function addressOf({ options, security }: Address, host: string, port: number): Address {
  const { username, password } = options
  return addressFrom(
    {
      host,
      port,
      db: options.db ?? 0,
      ...(typeof username === 'string' ? { username } : {}),
      ...(typeof password === 'string' ? { password } : {})
    },
    security,
    options.host
  )
}

/** @param foundThrough the host of the server that told of this one */
export function addressFrom(
  parts: AddressParts,
  security: Security | undefined,
  foundThrough?: string
): Address {
  const { host, port } = parts
  const tls = security === undefined ? {} : { tls: security(host, foundThrough) }
  const scheme = security === undefined ? 'redis' : 'rediss'
  return {
    options: { ...parts, ...tls },
    text: `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    security
  }
}
