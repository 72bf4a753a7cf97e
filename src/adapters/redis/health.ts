import type { Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { fieldOf } from './greeting.js'
import { PROBE } from './scripts.js'
import type { Call } from './wire.js'

/** The oldest server whose commands are used: SET … KEEPTTL in scripts, ZRANGE, UNLINK, RESP3. */
const OLDEST = [6, 2] as const
const INFO: Call = { command: 'INFO', args: ['everything'] }

/**
 * Why Redis cannot serve now, in one sentence; undefined when it can. A PING proves nothing: a server that may not write answers it.
 * A server that evicts keys would forget suppressions and consent, so it does not count as healthy. In a cluster every master must be.
 */
export async function troubleOf(connection: Connection, log: Log): Promise<string | undefined> {
  const probes = await connection.onEach(key => ({ script: PROBE, keys: [key], args: [] }))
  const several = probes.length > 1
  for (const { server, answer } of probes)
    if (answer instanceof Error) return several ? `${server}: ${answer.message}` : answer.message
  for (const { server, answer } of await connection.onEach(() => INFO)) {
    if (answer instanceof Error) {
      log.warn(
        { redis: server, error: String(answer) },
        'INFO could not be read: whether Redis evicts keys is not known; allow it in the ACL'
      )
      continue
    }
    const trouble = versionTrouble(String(answer)) ?? evictionTrouble(String(answer))
    if (trouble !== undefined) return several ? `${server}: ${trouble}` : trouble
  }
  return undefined
}

function versionTrouble(info: string): string | undefined {
  const version = fieldOf(info, 'redis_version')
  if (version === undefined || isSupported(version)) return undefined
  return `Redis ${version} is too old; version ${OLDEST.join('.')} or later is needed`
}

/** Whether a server's version, as 7.0.15, is one that can be used. */
export function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

function evictionTrouble(info: string): string | undefined {
  const policy = fieldOf(info, 'maxmemory_policy')
  if (
    Number(fieldOf(info, 'maxmemory') ?? 0) === 0 ||
    policy === undefined ||
    policy === 'noeviction'
  )
    return undefined
  return `Redis may evict customers to save memory (maxmemory-policy ${policy}): set maxmemory-policy noeviction`
}
