import { addressFrom, credentialsOf, readAddress, socketAddress } from './address.js'
import type { Address } from './address.js'
import { TRUST_OF_THE_SYSTEM } from './security.js'
import type { Security } from './security.js'

/** The master that sentinels watch over. */
export interface Watched {
  /** By which the sentinels know it. */
  readonly name: string
  /** Its address, where the sentinels say that it is. */
  at(host: string, port: number): Address
}

/** How the data is reached. */
export type Way = (
  | { readonly kind: 'server'; readonly server: Address }
  | { readonly kind: 'cluster'; readonly seeds: readonly [Address, ...Address[]] }
  | {
      readonly kind: 'sentinels'
      readonly sentinels: readonly [Address, ...Address[]]
      readonly watched: Watched
    }
) & {
  /** For people, without credentials. */
  readonly text: string
}

const SENTINEL_PORT = 26_379
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/
const SENTINEL_SETTINGS = ['sentinel_username', 'sentinel_password']
const SENTINELS =
  /^(rediss?)\+sentinel:\/\/(?:([^@/?]*)@)?([^/?]+)\/([^/?]+)(?:\/(\d{1,4}))?(?:\?(.*))?$/

/**
 * Reads where Redis is: one URL; several with commas between, which are servers of one cluster; the path of a unix socket
 * (`unix:/run/redis.sock`, `/run/redis.sock`); or redis+sentinel://[user:password@]host[:port],…/name[/db], which is how other clients write it,
 * with ?sentinel_username=…&sentinel_password=… for the sentinels themselves. rediss: TLS to all of them.
 * @throws Error with a sentence for people
 */
export function readWay(url: string, security: Security = TRUST_OF_THE_SYSTEM): Way {
  if (/^(unix:|\/|\.)/.test(url))
    return wayTo(socketAddress(url.replace(/^unix:(\/\/(?=\/))?/, '')))
  if (/^rediss?\+sentinel:/.test(url)) return readSentinels(url, security)
  const [first, ...further] = url.split(',').map(each => known(readAddress(each.trim(), security)))
  if (further.length === 0) return wayTo(first!)
  const seeds = [first!, ...further] as const
  if (seeds.some(({ options }) => options.db !== 0))
    throw new Error('several Redis URLs are a cluster, which has database 0 only: leave /db out')
  return { kind: 'cluster', seeds, text: seeds.map(({ text }) => text).join(', ') }
}

/** One server; should it turn out to be one of a cluster, the way to that. */
export function wayTo(server: Address): Way {
  return { kind: 'server', server, text: server.text }
}

function readSentinels(url: string, security: Security): Way {
  const [, scheme, credentials = '', hosts = '', name = '', db = '0', query = ''] =
    SENTINELS.exec(url) ?? []
  if (scheme === undefined) throw new Error(remedy())
  const secured = scheme === 'rediss' ? security : undefined
  const own = sentinelCredentials(new URLSearchParams(query))
  const sentinels = hosts
    .split(',')
    .map(each => addressFrom({ ...readHost(each.trim()), db: 0, ...own }, secured))
  const [first, ...further] = sentinels
  const [user = '', ...password] = credentials.split(':')
  const whose = { db: Number(db), ...credentialsOf(user, password.join(':')) }
  return {
    kind: 'sentinels',
    sentinels: [first!, ...further],
    watched: {
      name: decodeURIComponent(name),
      at: (host, port) => addressFrom({ host, port, ...whose }, secured, first!.options.host)
    },
    text: `${scheme}+sentinel://${hosts}/${name}`
  }
}

function readHost(text: string): { host: string; port: number } {
  const [, host, port] = HOST.exec(text) ?? []
  if (host === undefined) throw new Error(remedy())
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? SENTINEL_PORT : Number(port)
  }
}

function sentinelCredentials(query: URLSearchParams): { username?: string; password?: string } {
  const [username, password] = SENTINEL_SETTINGS.map(key => query.get(key))
  for (const key of query.keys())
    if (!SENTINEL_SETTINGS.includes(key))
      throw new Error(
        `the Redis URL sets ${key}; after the ? go ${SENTINEL_SETTINGS.join(' and ')}`
      )
  return {
    ...(username ? { username } : {}),
    ...(password ? { password } : {})
  }
}

function known(address: Address | undefined): Address {
  if (address === undefined) throw new Error(remedy())
  return address
}

// The URL itself is not repeated: it may hold a password.
function remedy(): string {
  return 'the Redis URL is not understood: write redis://host:6379/0, rediss://user:password@host:6380/0, several of them with commas between for a cluster, redis+sentinel://host:26379,host:26379/name for a master that sentinels name, or the path of a unix socket'
}
