import { APPEND, HOLD, RELEASE_RESERVATIONS } from './event-scripts.js'
import {
  APPEND_EVENTS,
  JOURNAL_KEY,
  JOURNAL_STANDING,
  LEASE,
  SETTLE_JOURNAL,
  TELL_TROUBLE
} from './journal-scripts.js'
import { KEEP_RECORDS } from './record-scripts.js'
import { APPEND_LESSONS, EXPERIENCE_SINCE, LEARN } from './learning-scripts.js'
import { ABSORB, JOIN, LET_LAPSE } from './merge-scripts.js'
import { CLAIM_QUOTA, COUNT_QUOTA, RELEASE_QUOTA } from './quota-scripts.js'
import { ALIAS_STATE, RENEW, write } from './script.js'
import type { Script } from './script.js'

/**
 * KEYS history, details. ARGV header of the log as read, its length, the length of the details, the new log, the new details.
 * The header carries a random stamp that only a fold changes; while it stands, the log has only grown.
 */
export const FOLD = write(`
local log, details = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
if not log or not details or string.sub(log, 1, 8) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[5] .. string.sub(log, ARGV[3] + 1), 'KEEPTTL')
redis.call('SET', KEYS[2], ARGV[6] .. string.sub(details, ARGV[4] + 1), 'KEEPTTL')
return 1
`)

/**
 * KEYS profile, tombstone, alias, history, details. ARGV ttl ms, the profile's prefix as read ('' for none), the new profile.
 * Answers 0 where the profile is another, -1 where the record is not whole.
 */
export const CHANGE = write(`${RENEW}${ALIAS_STATE}
if aliasState(KEYS[3]) > 0 then return -1 end
local stored = redis.call('GET', KEYS[1])
if (stored and string.sub(stored, 1, 10) or '') ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[4])
redis.call('DEL', KEYS[2])
renew(ARGV[2], KEYS[1], KEYS[3], KEYS[4], KEYS[5])
return 1
`)

/**
 * Many customers at once. KEYS per customer: profile, tombstone, alias and, where its namespace has a retention, history, details.
 * ARGV ttl ms of all of them, then the new profile of each. Answers for each 1, or 0 where the record is not whole.
 */
export const REPLACE = write(`${RENEW}${ALIAS_STATE}
local done = {}
local stride = #KEYS / (#ARGV - 2)
for i = 3, #ARGV do
  local first = (i - 3) * stride + 1
  done[i - 2] = aliasState(KEYS[first + 2]) == 0 and 1 or 0
  if done[i - 2] == 1 then
    redis.call('SET', KEYS[first], ARGV[i])
    redis.call('DEL', KEYS[first + 1])
    if stride == 5 then renew(ARGV[2], KEYS[first], KEYS[first + 2], KEYS[first + 3], KEYS[first + 4]) end
  end
end
return done
`)

/** KEYS tombstone, then all other keys of the customer. Answers how many of those there were. */
export const ERASE = write(`
local found = redis.call('DEL', unpack(KEYS, 2))
if found > 0 then redis.call('SET', KEYS[1], '1') end
return found
`)

/** KEYS alias, then what else shall live on. ARGV ttl ms. The alias of a closed record lives as long as its canonical key may need it. */
export const TOUCH = write(`${RENEW}${ALIAS_STATE}
if aliasState(KEYS[1]) < 2 then
  renew(ARGV[2], unpack(KEYS))
elseif redis.call('PTTL', KEYS[1]) > 0 then
  renew(ARGV[2], KEYS[1])
end
return 1
`)

/**
 * KEYS names. ARGV the epoch that the caller knows ('' none), one for a registry that it may begin then,
 * then names with their kind's letter in front.
 * Answers the epoch, then a number per name, 0 where the kind is full. Answers the epoch alone, which may be nil,
 * where it is not the one that the caller knows: then it must first learn or restore.
 */
export const REGISTER = write(`
if ARGV[2] == '' then redis.call('HSETNX', KEYS[1], '@', ARGV[3]) end
local epoch = redis.call('HGET', KEYS[1], '@')
if ARGV[2] ~= '' and ARGV[2] ~= epoch then return { epoch } end
local most = { t = 4095, c = 4095, s = 1023, m = 65535, l = 65535 }
local answer = { epoch }
for i = 4, #ARGV do
  local number = redis.call('HGET', KEYS[1], ARGV[i])
  if not number then
    local letter = string.sub(ARGV[i], 1, 1)
    local used = tonumber(redis.call('HGET', KEYS[1], '#' .. letter) or 0)
    if used < (most[letter] or 16777215) then
      number = used + 1
      redis.call('HSET', KEYS[1], '#' .. letter, number, ARGV[i], number)
    end
  end
  answer[i - 2] = tonumber(number or 0)
end
return answer
`)

/** KEYS names. ARGV fields and values of the whole hash. Puts them back unless there is a registry. Answers the epoch that holds. */
export const RESTORE_NAMES = write(`
if redis.call('EXISTS', KEYS[1]) == 0 then
  for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return redis.call('HGET', KEYS[1], '@')
`)

/**
 * KEYS exposures of a customer, its tombstone. ARGV ttl ms (0: none), then experiment and arm of each exposure.
 * Answers 1 for every exposure that is the customer's first to its experiment, else 0.
 */
export const MARK_EXPOSED = write(`${RENEW}
local firsts = {}
local erased = redis.call('EXISTS', KEYS[2]) == 1
for i = 3, #ARGV, 2 do
  firsts[#firsts + 1] = erased and 0 or redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
end
renew(ARGV[2], KEYS[1])
return firsts
`)

/** KEYS customers of an experiment. ARGV arm and how many more, pair after pair. */
export const COUNT_EXPOSED = write(`
for i = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
`)

/** KEYS document. ARGV text. */
export const PUT_ONCE = write(`
redis.call('SETNX', KEYS[1], ARGV[2])
return redis.call('GET', KEYS[1])
`)

/** KEYS series. ARGV key. Its own field for the last number is '', which no key is. */
export const NUMBER_OF = write(`
local number = redis.call('HGET', KEYS[1], ARGV[2])
if not number then
  number = redis.call('HINCRBY', KEYS[1], '', 1)
  redis.call('HSET', KEYS[1], ARGV[2], number)
end
return tonumber(number)
`)

/** KEYS claim. ARGV lifetime ms, stamp. Answers the stamp and text that stand there now. */
export const CLAIM = write(`
redis.call('SET', KEYS[1], ARGV[3], 'NX', 'PX', ARGV[2])
return redis.call('GET', KEYS[1])
`)

/** KEYS claim. ARGV stamp, text, lifetime ms. Only the holder's own claim is settled. */
export const SETTLE = write(`
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. ARGV[3], 'PX', ARGV[4])
return 1
`)

/** KEYS claim. ARGV stamp. */
export const RELEASE = write(`
local held = redis.call('GET', KEYS[1])
if not held or string.sub(held, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])
`)

/** KEYS part. ARGV lifetime ms, bytes. */
export const PUT_PART = write(`
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2])
return 1
`)

/** KEYS part. ARGV lifetime ms. Answers 0 where there is none. */
export const RENEW_PART = write(`
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`)

/** KEYS health. The smallest write there is. */
export const PROBE = write(`
redis.call('SET', KEYS[1], '1', 'PX', 60000)
return 1
`)

/** Loaded with every new connection, so that the first use of each needs no second try. */
export const ALL_SCRIPTS: readonly Script[] = [
  APPEND,
  HOLD,
  RELEASE_RESERVATIONS,
  CLAIM_QUOTA,
  RELEASE_QUOTA,
  COUNT_QUOTA,
  FOLD,
  CHANGE,
  REPLACE,
  ERASE,
  TOUCH,
  JOIN,
  ABSORB,
  LET_LAPSE,
  REGISTER,
  RESTORE_NAMES,
  KEEP_RECORDS,
  APPEND_EVENTS,
  SETTLE_JOURNAL,
  JOURNAL_STANDING,
  LEASE,
  TELL_TROUBLE,
  JOURNAL_KEY,
  APPEND_LESSONS,
  LEARN,
  EXPERIENCE_SINCE,
  MARK_EXPOSED,
  COUNT_EXPOSED,
  PUT_ONCE,
  NUMBER_OF,
  CLAIM,
  SETTLE,
  RELEASE,
  PUT_PART,
  RENEW_PART,
  PROBE
]
