import { REMEMBERED_MS } from '../../domain/quota-counting.js'
import { write } from './script.js'

/*
 * A period of a quota in Redis (keys.ts): a sum, parts of which end at a time.
 *
 *     taken     "sum next": what is taken, and when the first part ends in ms ('' never); this is what loads read
 *     ending    names of parts by their end in ms: 'r' and an id for a reservation, 's' and a number for a slice of a rolling window
 *     amounts   how much of the sum each of those is
 *     counted   by receipt in ms: 'e' and an id for an event, 'c' and an id for a claim counted at once
 *
 * Where windows are not rolling, counts are in the sum only. Ids are digests of 12 bytes (quotas.ts).
 */

/** Parts that end are forgotten so many at a time, and so many times a call, so that a script stays short; the next call goes on. */
const FORGOTTEN_TOGETHER = 128
const FORGOTTEN_TIMES = 8

const PERIODS = `
local function text (number) return string.format('%.0f', number) end

local function openPeriod (first)
  local period = { taken = KEYS[first], ending = KEYS[first + 1], amounts = KEYS[first + 2], changed = false }
  local stored = redis.call('GET', period.taken) or '0 '
  period.sum = tonumber(string.match(stored, '^(%d+) ') or '')
  if not period.sum then error('UNREADABLE what a quota has taken is no number') end
  for _ = 1, ${FORGOTTEN_TIMES} do
    local names = redis.call('ZRANGEBYSCORE', period.ending, '-inf', now, 'LIMIT', 0, ${FORGOTTEN_TOGETHER})
    if #names == 0 then break end
    for _, amount in ipairs(redis.call('HMGET', period.amounts, unpack(names))) do
      period.sum = period.sum - (tonumber(amount) or 0)
    end
    redis.call('HDEL', period.amounts, unpack(names))
    redis.call('ZREMRANGEBYRANK', period.ending, 0, #names - 1)
    period.changed = true
  end
  return period
end

-- keptUntil: '' for ever, else ms; the parts of a period may outlast it
local function closePeriod (period, keptUntil)
  if not period.changed then return end
  local first = redis.call('ZRANGE', period.ending, 0, 0, 'WITHSCORES')[2]
  redis.call('SET', period.taken, text(period.sum) .. ' ' .. (first or ''))
  if keptUntil == '' then return end
  local last = redis.call('ZREVRANGE', period.ending, 0, 0, 'WITHSCORES')[2]
  local till = math.max(tonumber(keptUntil), tonumber(last or 0))
  for _, key in ipairs({ period.taken, period.ending, period.amounts }) do redis.call('PEXPIREAT', key, till) end
end

local function take (period, name, amount, ends)
  period.sum = period.sum + amount
  period.changed = true
  redis.call('HINCRBY', period.amounts, name, text(amount))
  redis.call('ZADD', period.ending, ends, name)
end

-- answers how much it was, nil where there is no such part
local function give (period, name)
  local amount = tonumber(redis.call('HGET', period.amounts, name) or '')
  if not amount then return nil end
  redis.call('HDEL', period.amounts, name)
  redis.call('ZREM', period.ending, name)
  period.sum = period.sum - amount
  period.changed = true
  return amount
end

-- slice: '' where the window is not rolling; what is out of it counts nothing
local function count (period, amount, slice, ends)
  if slice ~= '' then
    if tonumber(ends) > now then take(period, slice, amount, ends) end
    return
  end
  period.sum = period.sum + amount
  period.changed = true
end

-- true for an id that is not known yet
local function remember (counted, id)
  if redis.call('ZADD', counted, 'NX', now, id) == 0 then return false end
  local old = redis.call('ZRANGEBYSCORE', counted, '-inf', now - ${REMEMBERED_MS}, 'LIMIT', 0, 2)
  if #old > 0 then redis.call('ZREM', counted, unpack(old)) end
  redis.call('PEXPIRE', counted, ${REMEMBERED_MS})
  return true
end
`

/**
 * KEYS taken, ending, amounts, counted.
 * ARGV limit, until when the period is kept, then per claim: id, amount, lifetime ms (0: counted at once), slice, its end.
 * Answers 1 (held) or 0 (full) per claim.
 */
export const CLAIM_QUOTA = write(`${PERIODS}
local period = openPeriod(1)
local outcomes = {}
for i = 4, #ARGV, 5 do
  local id, amount, lifetime = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local outcome = 1
  if redis.call('HEXISTS', period.amounts, 'r' .. id) == 0 and not redis.call('ZSCORE', KEYS[4], 'c' .. id) then
    if period.sum + amount > tonumber(ARGV[2]) then
      outcome = 0
    elseif lifetime > 0 then
      take(period, 'r' .. id, amount, now + lifetime)
    else
      remember(KEYS[4], 'c' .. id)
      count(period, amount, ARGV[i + 3], ARGV[i + 4])
    end
  end
  outcomes[#outcomes + 1] = outcome
end
closePeriod(period, ARGV[3])
return outcomes
`)

/** KEYS taken, ending, amounts, counted. ARGV until when the period is kept, then per claim: id, amount, 'c' counted at once or 'r', slice, its end. */
export const RELEASE_QUOTA = write(`${PERIODS}
local period = openPeriod(1)
for i = 3, #ARGV, 5 do
  local id, amount, slice = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 3]
  if ARGV[i + 2] == 'r' then
    give(period, 'r' .. id)
  elseif redis.call('ZREM', KEYS[4], 'c' .. id) == 1 then
    if slice == '' then
      period.sum = period.sum - amount
      period.changed = true
    else
      local rest = (give(period, slice) or 0) - amount
      if rest > 0 then take(period, slice, rest, ARGV[i + 4]) end
    end
  end
end
closePeriod(period, ARGV[2])
return 1
`)

/**
 * KEYS taken, ending, amounts, counted; then taken, ending, amounts of the period of the reservations where that is another.
 * ARGV limit, until when the period is kept, the same of the other period,
 * then per fact: event id, reservation's id ('' none), amount, slice, its end.
 * Answers per fact by how much it went over the limit.
 */
export const COUNT_QUOTA = write(`${PERIODS}
local own = openPeriod(1)
local reserved = KEYS[5] and openPeriod(5) or own
local overruns = {}
for i = 5, #ARGV, 5 do
  local amount, slice, ends = tonumber(ARGV[i + 2]), ARGV[i + 3], ARGV[i + 4]
  local overrun = 0
  if remember(KEYS[4], 'e' .. ARGV[i]) then
    local held = ARGV[i + 1] ~= '' and give(reserved, 'r' .. ARGV[i + 1])
    if held then
      count(reserved, held, slice, ends)
    else
      local before = own.sum
      count(own, amount, slice, ends)
      overrun = math.min(own.sum - before, math.max(0, own.sum - tonumber(ARGV[2])))
    end
  end
  overruns[#overruns + 1] = overrun
end
closePeriod(own, ARGV[3])
if reserved ~= own then closePeriod(reserved, ARGV[4]) end
return overruns
`)
