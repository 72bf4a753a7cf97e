import type { Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { HEALTH_KEY } from './keys.js'
import { PROBE } from './scripts.js'

/** The oldest server whose commands are used: SET … KEEPTTL in scripts, ZRANGE, UNLINK, RESP3. */
const OLDEST = [6, 2] as const

/**
 * Why Redis cannot serve now, in one sentence; undefined when it can. A PING proves nothing: a server that may not write answers it.
 * A server that evicts keys would forget suppressions and consent, so it does not count as healthy.
 */
export async function troubleOf(connection: Connection, log: Log): Promise<string | undefined> {
  try {
    await connection.run(PROBE, [HEALTH_KEY], [])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  try {
    const info = String(await connection.command('INFO', 'everything'))
    return versionTrouble(info) ?? evictionTrouble(info)
  } catch (error) {
    log.warn(
      { error: String(error) },
      'INFO could not be read: whether Redis evicts keys is not known; allow it in the ACL'
    )
    return undefined
  }
}

function versionTrouble(info: string): string | undefined {
  const version = field(info, 'redis_version')
  if (version === undefined || isSupported(version)) return undefined
  return `Redis ${version} is too old; version ${OLDEST.join('.')} or later is needed`
}

/** Whether a server's version, as 7.0.15, is one that can be used. */
export function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

function evictionTrouble(info: string): string | undefined {
  const policy = field(info, 'maxmemory_policy')
  if (
    Number(field(info, 'maxmemory') ?? 0) === 0 ||
    policy === undefined ||
    policy === 'noeviction'
  )
    return undefined
  return `Redis may evict customers to save memory (maxmemory-policy ${policy}): set maxmemory-policy noeviction`
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
}
