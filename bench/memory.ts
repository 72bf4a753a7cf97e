/** `npm run bench -- memory`: what a customer takes in Redis, by kind of key. */
import { Redis } from 'ioredis'
import { withOfferd } from './ground.js'
import { say, tableOf } from './report.js'
import { seedOfferd } from './seed.js'

const CUSTOMERS = Number(process.env['BENCH_CUSTOMERS'] ?? 5000)
const INTERACTIONS = 50
const MOST_SCANNED = 1000

/** The letters that a customer's keys end with (src/adapters/redis/keys.ts), of those that every customer of the bench has. */
const KINDS = {
  p: 'profile, 60 attributes',
  h: `log of ${INTERACTIONS} interactions`,
  d: "their details for people: ids, here UUIDs, and what a decision's token tells",
  e: 'ids against repetitions, for seven days after the last interaction'
} as const
type Kind = keyof typeof KINDS

/**
 * Customers with 60 attributes and 50 interactions, each with an id of its own. What Redis uses more afterwards counts, with its tables
 * and all that its allocator rounds up; then once more without the ids against repetitions.
 */
export async function runMemory(): Promise<void> {
  await withOfferd(async ({ offerd, redisSocket }) => {
    const redis = new Redis({ path: redisSocket })
    try {
      const emptyBytes = await usedBytes(redis)
      await seedOfferd(offerd.url, CUSTOMERS, INTERACTIONS)
      const fullBytes = await usedBytes(redis)
      const kinds = await bytesByKind(redis)
      await dropEventIds(redis)
      const restBytes = await usedBytes(redis)
      const each = (bytes: number): string => `${(bytes / CUSTOMERS / 1000).toFixed(2)} kB`
      say(
        tableOf(
          ['what', 'bytes a customer'],
          Object.entries(KINDS).map(([kind, name]) => [name, kinds[kind as Kind].toFixed(0)])
        )
      )
      say(
        `\n${CUSTOMERS} customers: ${each(fullBytes - emptyBytes)} each, ${each(restBytes - emptyBytes)} without the ids against repetitions.`
      )
    } finally {
      redis.disconnect()
    }
  })
}

async function usedBytes(redis: Redis): Promise<number> {
  const text = await redis.info('memory')
  return Number(/used_memory:(\d+)/.exec(text)?.[1])
}

/** What Redis says of the keys themselves, without its tables; the mean of those of each kind. */
async function bytesByKind(redis: Redis): Promise<Record<Kind, number>> {
  const bytes: Record<Kind, number> = { p: 0, h: 0, d: 0, e: 0 }
  for await (const keys of redis.scanStream({ match: 'offerd:{crm:*', count: MOST_SCANNED }))
    for (const key of keys as string[]) {
      const kind = key.at(-1)!
      if (kind in bytes) bytes[kind as Kind] += Number(await redis.memory('USAGE', key))
    }
  for (const kind of Object.keys(bytes) as Kind[]) bytes[kind] /= CUSTOMERS
  return bytes
}

async function dropEventIds(redis: Redis): Promise<void> {
  for await (const keys of redis.scanStream({ match: 'offerd:{crm:*}:e', count: MOST_SCANNED }))
    if ((keys as string[]).length > 0) await redis.del(...(keys as string[]))
}
