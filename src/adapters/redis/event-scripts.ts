import { ALIAS_STATE, RENEW, write } from './script.js'

/*
 * Scripts over a customer's events and reservations. KEYS 1 to 7 are history, details, event ids, tombstone, profile, alias,
 * reservations.
 */

const RESERVATIONS = `
-- the entries of packed reservations (reservation-codec.ts) that have neither lapsed nor ended; and when the last of them lapses
local function remaining (packed, ended)
  local kept, last, at = {}, 0, 3
  while at <= #packed do
    local b = { string.byte(packed, at, at + 19) }
    local stop = at + 19 + b[1] * 256 + b[2]
    local lapses = ((((b[3] * 256 + b[4]) * 256 + b[5]) * 256 + b[6]) * 256 + b[7]) * 256 + b[8]
    if lapses > now and not ended(string.sub(packed, at + 20, stop), b[18] * 16 + math.floor(b[19] / 16)) then
      kept[#kept + 1] = string.sub(packed, at, stop)
      last = math.max(last, lapses)
    end
    at = stop + 1
  end
  return kept, last
end

local function keepReservations (key, entries, last)
  if #entries == 0 then
    redis.call('DEL', key)
  else
    redis.call('SET', key, '\\1r' .. table.concat(entries))
    redis.call('PEXPIREAT', key, string.format('%.0f', last))
  end
end

local function areReadable (packed)
  if packed == '' then return true end
  local at = string.sub(packed, 1, 2) == '\\1r' and 3 or #packed + 2
  while at <= #packed do
    local high, low = string.byte(packed, at, at + 1)
    at = at + 20 + high * 256 + (low or 0)
  end
  return at == #packed + 1
end
`

/* What history-codec.ts says of a log's records. */
const WIDTHS = `
local function isLog (log)
  local version = string.byte(log, 1)
  return #log >= 8 and (version == 1 or version == 2) and string.byte(log, 2) == 104
end

local function isWide (log) return string.byte(log, 1) == 1 end

local function firstRecordOf (log) return 9 + 12 * (string.byte(log, 3) * 256 + string.byte(log, 4)) end

-- the log with records that hold an until as well, which is none
local function widened (log)
  local first = firstRecordOf(log)
  local records = string.gsub(string.sub(log, first), string.rep('.', 12), '%0\\0\\0\\0\\0')
  return '\\1' .. string.sub(log, 2, first - 1) .. records
end

local function withRecords (log, records)
  local wide = isWide(log)
  for _, record in ipairs(records) do wide = wide or #record == 16 end
  if wide then
    if not isWide(log) then log = widened(log) end
    for i, record in ipairs(records) do
      if #record == 12 then records[i] = record .. '\\0\\0\\0\\0' end
    end
  end
  return log .. table.concat(records)
end
`

/**
 * append(first, added, last): ARGV 2 to 4 are ttl ms (0: none), header of a new log, header of new details; from `first` on per event
 * duplicate key, record, detail, and the reservations that it ends: '' none, else the number of their type in two bytes (0: of every
 * type) and their id. `added` are entries of reservations to keep besides, the last of which lapses at `last`.
 * Everything is read and checked before the first write, for a script that fails half way is not rolled back; and the first write is
 * one that takes memory, for a script that has written anything is not refused any more when Redis has no memory left.
 * Answers an error; or the records in the log, then per event 1 (stored), 0 (duplicate) or 2 (duplicate of one received within the hour).
 * SET instead of APPEND: an append reserves twice the bytes.
 */
const APPENDING = `${RENEW}${ALIAS_STATE}${RESERVATIONS}${WIDTHS}
local function append (first, added, last)
  local log, details = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
  local packed = redis.call('GET', KEYS[7]) or ''
  if (not log) ~= (not details) then return redis.error_reply('UNREADABLE half of a history is missing') end
  log, details = log or ARGV[3], details or ARGV[4]
  if not isLog(log) or string.sub(details, 1, 2) ~= ARGV[4] or not areReadable(packed) then
    return redis.error_reply('UNREADABLE a history has an unknown format')
  end
  local records, texts, outcomes, endings = {}, { details }, { 0 }, {}
  for i = first, #ARGV, 4 do
    local known = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[i]) or '')
    if known and known > now - 604800000 then
      outcomes[#outcomes + 1] = known > now - 3600000 and 2 or 0
    else
      redis.call('ZADD', KEYS[3], now, ARGV[i])
      outcomes[#outcomes + 1] = 1
      records[#records + 1] = ARGV[i + 1]
      texts[#texts + 1] = ARGV[i + 2]
      if ARGV[i + 3] ~= '' then
        local high, low = string.byte(ARGV[i + 3], 1, 2)
        endings[#endings + 1] = { type = high * 256 + low, id = string.sub(ARGV[i + 3], 3) }
      end
    end
  end
  if #records > 0 then
    log = withRecords(log, records)
    redis.call('SET', KEYS[1], log, 'KEEPTTL')
    redis.call('SET', KEYS[2], table.concat(texts), 'KEEPTTL')
    redis.call('PEXPIRE', KEYS[3], 604800000)
  end
  if added ~= '' or (packed ~= '' and #endings > 0) then
    local kept, lapses = remaining(packed, function (id, type)
      for _, ending in ipairs(endings) do
        if ending.id == id and (ending.type == 0 or ending.type == type) then return true end
      end
      return false
    end)
    if added ~= '' then kept[#kept + 1] = added end
    keepReservations(KEYS[7], kept, math.max(lapses, last))
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - 604800000)
  renew(ARGV[2], KEYS[1], KEYS[2], KEYS[5], KEYS[6])
  outcomes[1] = (#log - firstRecordOf(log) + 1) / (isWide(log) and 16 or 12)
  return outcomes
end
`

/** ARGV as append(5). Answers -1 for an erased customer, -2 where the record is closed; else as append. */
export const APPEND = write(`${APPENDING}
if redis.call('EXISTS', KEYS[4]) == 1 then return { -1 } end
if aliasState(KEYS[6]) == 2 then return { -2 } end
return append(5, '', 0)
`)

/**
 * ARGV as append(10); 5 to 9 are the log's header and length and the reservations, all as loaded ('' and 0 for none, '-' for
 * reservations that were not read), the reservations to add, when the last of them lapses.
 * Answers 0 and what stands under profile, history, alias and reservations where something has changed or the record is closed;
 * else 1 and the records in the log. For an erased customer nothing is written.
 */
export const HOLD = write(`${APPENDING}
local log, packed = redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[7]) or ''
if string.sub(log, 1, 8) ~= ARGV[5] or #log ~= tonumber(ARGV[6]) or (ARGV[7] ~= '-' and packed ~= ARGV[7])
  or aliasState(KEYS[6]) == 2 then
  return { 0, redis.call('MGET', KEYS[5], KEYS[1], KEYS[6], KEYS[7]) }
end
if redis.call('EXISTS', KEYS[4]) == 1 then return { 1, 0 } end
local outcomes = append(10, ARGV[8], tonumber(ARGV[9]))
if outcomes.err then return outcomes end
return { 1, outcomes[1] }
`)

/** KEYS reservations, alias. ARGV ids. Drops those that have one of them. Answers -2 where the record is closed. */
export const RELEASE_RESERVATIONS = write(`${RESERVATIONS}${ALIAS_STATE}
if aliasState(KEYS[2]) == 2 then return -2 end
local packed = redis.call('GET', KEYS[1])
if not packed then return 0 end
if not areReadable(packed) then return redis.error_reply('UNREADABLE reservations have an unknown format') end
local ids = {}
for i = 2, #ARGV do ids[ARGV[i]] = true end
local kept, last = remaining(packed, function (id) return ids[id] end)
keepReservations(KEYS[1], kept, last)
return 1
`)
