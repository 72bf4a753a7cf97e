import type { Redis } from 'ioredis'
import { asError } from './wire.js'

/** What a server says of itself when it is met. What its ACL does not show is taken to be in order. */
export interface Greeting {
  readonly isClustered: boolean
  readonly isReplica: boolean
  readonly isSentinel: boolean
  /** Servers that could take its place; undefined: not shown. */
  readonly replicas: number | undefined
  /** What its settings put at risk, each with the remedy. */
  readonly risks: readonly string[]
}

/** Asks a server what it is. Rejects when it does not answer. */
export async function greetingOf(client: Redis): Promise<Greeting> {
  const [info, save, fsync, coverage] = await Promise.all([
    shown(client.info(), ''),
    settingOf(client, 'save'),
    settingOf(client, 'appendfsync'),
    settingOf(client, 'cluster-require-full-coverage')
  ])
  const field = (name: string) => fieldOf(info, name)
  const isClustered = field('cluster_enabled') === '1'
  const replicas = field('connected_slaves')
  return {
    isClustered,
    isReplica: field('role') === 'slave',
    isSentinel: field('redis_mode') === 'sentinel',
    replicas: replicas === undefined ? undefined : Number(replicas),
    risks: [
      persistenceRisk(field('aof_enabled'), save, fsync),
      isClustered && coverage === 'yes'
        ? 'cluster-require-full-coverage is yes: one dead master stops the whole of Redis Cluster; set it to no on every server'
        : undefined
    ].filter(risk => risk !== undefined)
  }
}

/**
 * Why a server cannot be used, as a server would say it, see explain; undefined when it can.
 * @param isWatched whether sentinels name it as the master
 */
export function refusalOf(
  { isSentinel, isReplica }: Greeting,
  isWatched = false
): string | undefined {
  if (isSentinel) return 'SENTINEL'
  return isReplica && isWatched ? 'READONLY' : undefined
}

/** What of a master's state and settings puts data at risk, each with the remedy. */
export function risksOf(greeting: Greeting, isWatched = false): readonly string[] {
  const { isReplica, isClustered, replicas, risks } = greeting
  if (isReplica) return []
  if (replicas !== 0 || !(isClustered || isWatched)) return risks
  return [
    ...risks,
    'Redis has no replica that could take over when it dies: give the master at least one'
  ]
}

/** A field of the answer to INFO. */
export function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}

/** What of the acknowledged a crash or a restart of Redis takes with it. */
function persistenceRisk(
  aof: string | undefined,
  save: string | undefined,
  fsync: string | undefined
): string | undefined {
  if (aof === '0')
    return save === ''
      ? 'Redis keeps nothing on disk: when it restarts, customers, consent and what counts towards limits are gone; set appendonly yes'
      : 'Redis writes pictures now and then only: when it crashes, what came after the last one is gone; set appendonly yes'
  if (fsync === 'no')
    return 'Redis leaves it to the operating system when writes reach the disk (appendfsync no): set everysec, or always where limits are money'
  return undefined
}

/** A setting; undefined where it is not shown or not known. */
async function settingOf(client: Redis, name: string): Promise<string | undefined> {
  const answer = await shown(client.config('GET', name) as Promise<unknown>, [])
  return Array.isArray(answer) && answer.length === 2 ? String(answer[1]) : undefined
}

/** What a server does not show, because an ACL forbids it or it does not have the command, counts as `otherwise`. */
async function shown<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (/\bNOPERM\b|^ERR unknown (command|subcommand)/i.test(asError(error).message))
      return otherwise
    throw error
  }
}
