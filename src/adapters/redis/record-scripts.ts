import { APPEND } from './journal-scripts.js'
import { write } from './script.js'

/**
 * KEYS batches of the slot, index, bytes; where the batch is journalled, stream and counters of its partition. ARGV batch, index
 * member, its time in ms, its size in bytes, most bytes in all, lifetime ms, what the keys of batches begin with; where it is
 * journalled, most bytes of the journal, 'wait' or 'drop', how many records, what the entry counts in bytes.
 * Makes room first, oldest out first; a bounded number a call, so that the script stays short. The batch comes once and stands in
 * both, or, where the journal makes it wait (-2), in neither.
 */
export const KEEP_RECORDS = write(`${APPEND}
if KEYS[4] then
  local appended = append(KEYS[4], KEYS[5], ARGV[9], ARGV[10], 'd', ARGV[11], ARGV[2], ARGV[12])
  if appended == -2 then return -2 end
end
local bytes = tonumber(redis.call('GET', KEYS[3]) or 0)
local room = tonumber(ARGV[6]) - tonumber(ARGV[5])
for _ = 1, 64 do
  local oldest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if not oldest[1] or (bytes <= room and tonumber(oldest[2]) > now - tonumber(ARGV[7])) then break end
  local bucket, size = string.match(oldest[1], '^(.*):(%d+):%d+$')
  redis.call('UNLINK', ARGV[8] .. bucket)
  redis.call('ZREM', KEYS[2], oldest[1])
  bytes = bytes - tonumber(size)
end
redis.call('RPUSH', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
redis.call('SET', KEYS[3], bytes + tonumber(ARGV[5]))
return 1
`)
