import { write } from './script.js'

/*
 * Scripts over one partition of the journal. KEYS 1 and 2 are its stream and its counters: a hash of the bytes and the decisions
 * and events (rows) that wait, and of the rows that were dropped and exported.
 */

/**
 * Lua: append(stream, counters, most bytes, 'wait' or 'drop', 'd' (decision records) or 'e' (events), rows, payload, what the entry
 * counts in bytes). One entry goes into an empty partition whatever its size. Answers the bytes that wait then, -1 where it was
 * dropped, -2 where it has to wait.
 */
export const APPEND = `
local function append (stream, counters, most, whenFull, kind, rows, payload, size)
  local bytes = tonumber(redis.call('HGET', counters, 'bytes') or 0)
  if bytes > 0 and bytes + tonumber(size) > tonumber(most) then
    if whenFull == 'wait' then return -2 end
    redis.call('HINCRBY', counters, 'dropped', rows)
    return -1
  end
  redis.call('XADD', stream, '*', kind, payload, 'n', rows)
  redis.call('HINCRBY', counters, 'rows', rows)
  return redis.call('HINCRBY', counters, 'bytes', size)
end
`

/** ARGV as of append, from most bytes on, for events. */
export const APPEND_EVENTS = write(`${APPEND}
return append(KEYS[1], KEYS[2], ARGV[2], ARGV[3], 'e', ARGV[4], ARGV[5], ARGV[6])
`)

/**
 * ARGV first and last of the entries that are on disk, the first place after them, their bytes and rows.
 * Answers 0 where they had been taken away before.
 */
export const SETTLE_JOURNAL = write(`
if #redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2]) == 0 then return 0 end
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[4])
redis.call('HINCRBY', KEYS[2], 'exported', ARGV[6])
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('HSET', KEYS[2], 'bytes', 0, 'rows', 0)
else
  redis.call('HINCRBY', KEYS[2], 'bytes', -ARGV[5])
  redis.call('HINCRBY', KEYS[2], 'rows', -ARGV[6])
end
return 1
`)

/** Answers bytes, rows, dropped, exported and the place of the oldest entry, '' where there is none. */
export const JOURNAL_STANDING = write(`
local counters = redis.call('HMGET', KEYS[2], 'bytes', 'rows', 'dropped', 'exported')
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
counters[5] = oldest and oldest[1] or ''
return counters
`)

/** KEYS lease. ARGV holder, lifetime ms; lifetime 0 gives it up. Answers 1 where the holder has, or had, the lease. */
export const LEASE = write(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[2] then return 0 end
if ARGV[3] == '0' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
`)

/** KEYS trouble. ARGV a sentence, or '' for none. */
export const TELL_TROUBLE = write(`
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`)

/** KEYS a customer's journal key, its tombstone. ARGV a fresh key, lifetime ms. Answers the key that holds; nil for an erased customer. */
export const JOURNAL_KEY = write(`
if redis.call('EXISTS', KEYS[2]) == 1 then return nil end
redis.call('SET', KEYS[1], ARGV[2], 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('GET', KEYS[1])
`)
