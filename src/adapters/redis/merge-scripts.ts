import { RENEW, write } from './script.js'

/*
 * The steps of a merge, each over the keys of one customer's key. They run seldom, so no connection loads them beforehand.
 */

/** Another day of what a member held, should a failover lose the record that it was united into. */
const LEFT_MS = 86_400_000

/**
 * KEYS alias, tombstone, profile, history, details. ARGV the alias as read ('' for none), the new alias, ttl ms (0: for ever),
 * whether an erased customer is revived (1) or left as it is (0).
 * Answers 1; 0 where the alias is another; -1 where the customer is erased.
 */
export const JOIN = write(`${RENEW}
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then return 0 end
if redis.call('EXISTS', KEYS[2]) == 1 then
  if ARGV[5] ~= '1' then return -1 end
  redis.call('DEL', KEYS[2])
end
redis.call('SET', KEYS[1], ARGV[3])
for _, key in ipairs({ KEYS[1], KEYS[3], KEYS[4], KEYS[5] }) do redis.call('PERSIST', key) end
renew(ARGV[4], KEYS[1], KEYS[3], KEYS[4], KEYS[5])
return 1
`)

/**
 * KEYS alias, profile, history, details, reservations, event ids. ARGV the alias, the profile's prefix, the log's header, the log's
 * length, the length of the details and the reservations, all as read ('' and 0 for none), the new alias, profile, log, details and
 * reservations ('' for none), ttl ms, when the last reservation lapses, then the event ids to add, each after its receipt in ms.
 * Puts the united record in the place of the one that was read. Answers 0 where something has changed meanwhile.
 */
export const ABSORB = write(`${RENEW}
local profile, log = redis.call('GET', KEYS[2]) or '', redis.call('GET', KEYS[3]) or ''
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] or string.sub(profile, 1, 10) ~= ARGV[3]
  or string.sub(log, 1, 8) ~= ARGV[4] or #log ~= tonumber(ARGV[5])
  or redis.call('STRLEN', KEYS[4]) ~= tonumber(ARGV[6])
  or (redis.call('GET', KEYS[5]) or '') ~= ARGV[7] then return 0 end
redis.call('SET', KEYS[1], ARGV[8])
for i = 2, 5 do
  if ARGV[i + 7] ~= '' then redis.call('SET', KEYS[i], ARGV[i + 7]) end
end
if ARGV[12] ~= '' then redis.call('PEXPIREAT', KEYS[5], ARGV[14]) end
for i = 15, #ARGV, 2 do redis.call('ZADD', KEYS[6], 'NX', ARGV[i], ARGV[i + 1]) end
if #ARGV > 14 then redis.call('PEXPIRE', KEYS[6], 604800000) end
renew(ARGV[13], KEYS[1], KEYS[2], KEYS[3], KEYS[4])
return 1
`)

/** KEYS alias, then what a member held and its canonical key holds now. Lets it lapse within a day. */
export const LET_LAPSE = write(`
local alias = redis.call('GET', KEYS[1])
if not alias or string.byte(alias, 3) ~= 2 then return 0 end
for i = 2, #KEYS do
  local left = redis.call('PTTL', KEYS[i])
  if left == -1 or left > ${LEFT_MS} then redis.call('PEXPIRE', KEYS[i], ${LEFT_MS}) end
end
return 1
`)
