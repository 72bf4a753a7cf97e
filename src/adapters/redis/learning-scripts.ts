import { read, write } from './script.js'

/*
 * Scripts over what is learnt; all its keys share one slot. `state` is a hash with the version of experience, `stream` holds a lesson
 * an entry, `experience` is a hash by name, `changed` a sorted set of those names by the version that changed them last.
 */

/** KEYS stream. ARGV most lessons, then each lesson. Answers how many were dropped. */
export const APPEND_LESSONS = write(`
local room = tonumber(ARGV[2]) - redis.call('XLEN', KEYS[1])
local taken = math.max(0, math.min(room, #ARGV - 2))
for i = 3, 2 + taken do redis.call('XADD', KEYS[1], '*', 'l', ARGV[i]) end
return #ARGV - 2 - taken
`)

/**
 * KEYS lease, state, stream, experience, changed, then slices of the ledger. ARGV holder, version as read, place of the last lesson,
 * lifetime of the slices in ms, number of experiences, those as pairs of name and value, then triples of a slice's position among
 * the slices (from 1), an entry and its value.
 * Answers 1, or 0 where the holder has lost the lease or the version is another; then nothing is written.
 */
export const LEARN = write(`
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
if (redis.call('HGET', KEYS[2], 'version') or '0') ~= ARGV[3] then return 0 end
local version = redis.call('HINCRBY', KEYS[2], 'version', 1)
local at = 7
for i = 1, tonumber(ARGV[6]) do
  redis.call('HSET', KEYS[4], ARGV[at], ARGV[at + 1])
  redis.call('ZADD', KEYS[5], version, ARGV[at])
  at = at + 2
end
while at < #ARGV do
  redis.call('HSET', KEYS[5 + tonumber(ARGV[at])], ARGV[at + 1], ARGV[at + 2])
  at = at + 3
end
for i = 6, #KEYS do redis.call('PEXPIRE', KEYS[i], ARGV[5]) end
redis.call('XTRIM', KEYS[3], 'MINID', ARGV[4])
redis.call('XDEL', KEYS[3], ARGV[4])
return 1
`)

/** KEYS state, experience, changed. ARGV a version. Answers the version now, that from which on changes follow, and those as name, value… */
export const EXPERIENCE_SINCE = read(`
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
local since = tonumber(ARGV[1])
if since > version then since = 0 end
local news = {version, since}
if since == version then return news end
for _, name in ipairs(redis.call('ZRANGE', KEYS[3], '(' .. since, '+inf', 'BYSCORE')) do
  news[#news + 1] = name
  news[#news + 1] = redis.call('HGET', KEYS[2], name)
end
return news
`)

/**
 * KEYS lease, then series of points: sorted sets by time. ARGV holder, time of the point in ms, the point, then for each series its
 * spacing in ms and its length.
 */
export const KEEP_POINT = write(`
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
for i = 2, #KEYS do
  local newest = redis.call('ZRANGE', KEYS[i], -1, -1, 'WITHSCORES')[2]
  if not newest or tonumber(ARGV[3]) - tonumber(newest) >= tonumber(ARGV[2 * i + 1]) then
    redis.call('ZADD', KEYS[i], ARGV[3], ARGV[4])
    redis.call('ZREMRANGEBYRANK', KEYS[i], 0, -1 - tonumber(ARGV[2 * i + 2]))
  end
end
return 1
`)
