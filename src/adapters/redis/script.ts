import { createHash } from 'node:crypto'

/** A Lua script; a write gets its deadline as the first argument and is refused by Redis itself when it comes later. */
export interface Script {
  readonly lua: string
  readonly sha1: string
  readonly writes: boolean
}

/**
 * A command timeout only rejects the promise: the command still waits in a socket and would run later.
 * So every write compares Redis' own clock with the moment until which its caller waits.
 */
const IN_TIME = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if now > tonumber(ARGV[1]) then return redis.error_reply('LATE the deadline has passed') end
`

/** Lua: renew(ttl, key…) gives keys a new lifetime in ms; 0 leaves them as they are. */
export const RENEW = `
local function renew (ttl, ...)
  if tonumber(ttl) > 0 then for _, key in ipairs({...}) do redis.call('PEXPIRE', key, ttl) end end
end
`

/**
 * Lua: aliasState(key) is what a customer's alias says (alias-codec.ts). 0: the record is whole, as without an alias; 1: the records
 * of other keys are still to be united into it; 2: the record is closed, for another key is the canonical one.
 */
export const ALIAS_STATE = `
local function aliasState (key)
  local alias = redis.call('GET', key)
  return alias and string.byte(alias, 3) or 0
end
`

/** A script that writes, within its deadline: `now` is Redis' time in ms. */
export function write(lua: string): Script {
  return script(IN_TIME + lua, true)
}

/** A script that only reads. */
export function read(lua: string): Script {
  return script(lua, false)
}

function script(lua: string, writes: boolean): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex'), writes }
}
