import { Redis } from 'ioredis'
import { Packr } from 'msgpackr'
import { attributesOf, customerId, historyOf } from './world.js'

/** Puts customers and their histories in through the service's own interface. */
export async function seedOfferd(
  url: string,
  customers: number,
  interactions?: number
): Promise<void> {
  const lines = Array.from({ length: customers }, (_, i) =>
    JSON.stringify({ namespace: 'crm', id: customerId(i), attributes: attributesOf(i) })
  )
  const imported = (await post(
    `${url}/v1/customers/import`,
    'application/x-ndjson',
    lines.join('\n')
  )) as { imported: number }
  if (imported.imported !== customers)
    throw new Error(`only ${imported.imported} of ${customers} customers were imported`)
  const nowMs = Date.now()
  const perCall = 20
  for (let from = 0; from < customers; from += perCall) {
    const events = Array.from({ length: Math.min(perCall, customers - from) }, (_, i) =>
      eventsOf(from + i, nowMs, interactions)
    ).flat()
    const told = (await post(`${url}/v1/events`, 'application/json', JSON.stringify(events))) as {
      accepted: number
      duplicates: number
    }
    if (told.accepted + told.duplicates !== events.length)
      throw new Error(`only ${told.accepted} of ${events.length} events were accepted`)
  }
}

function eventsOf(customer: number, nowMs: number, interactions?: number): object[] {
  return historyOf(customer, interactions).map(({ type, offer, ageMinutes }, i) => ({
    id: eventId(customer, i),
    type,
    time: new Date(nowMs - ageMinutes * 60_000).toISOString(),
    customer: { namespace: 'crm', id: customerId(customer) },
    offerId: `offer-${offer}`,
    channel: 'web'
  }))
}

/** As long as ids usually are: a UUID. */
function eventId(customer: number, number: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
  return `${hex(customer, 8)}-0000-4000-8000-${hex(number, 12)}`
}

/** Posts until it is taken: events carry ids and imports replace, so saying them again is harmless. */
async function post(url: string, contentType: string, body: string): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body
    })
    if (response.ok) return response.json()
    if (response.status !== 503 || attempt === 20)
      throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}

/** The same customers as the glue keeps them: a JSON document and a sorted set of JSON entries. */
export async function seedGlue(socket: string, customers: number): Promise<void> {
  const redis = new Redis({ path: socket })
  const nowMs = Date.now()
  for (let from = 0; from < customers; from += 500) {
    const pipeline = redis.pipeline()
    for (let i = from; i < Math.min(from + 500, customers); i++) {
      pipeline.set(`glue:profile:${customerId(i)}`, JSON.stringify(attributesOf(i)))
      for (const { type, offer, ageMinutes } of historyOf(i)) {
        const time = nowMs - ageMinutes * 60_000
        pipeline.zadd(
          `glue:history:${customerId(i)}`,
          time,
          JSON.stringify({ type, offerId: `offer-${offer}`, time, channel: 'web' })
        )
      }
    }
    await pipeline.exec()
  }
  redis.disconnect()
}

/** Where the tuned floor keeps the structures that its packed values share. */
export const FLOOR_STRUCTURES = 'floor:structures'

/** Where the tuned floor keeps a customer's profile and history. */
export function floorKeys(id: string): [profile: string, history: string] {
  return [`floor:profile:${id}`, `floor:history:${id}`]
}

/** The same customers as the tuned floor keeps them: two values each, packed by structures that all of them share. */
export async function seedFloor(socket: string, customers: number): Promise<void> {
  const redis = new Redis({ path: socket })
  const structures: object[] = []
  const packr = new Packr({ structures })
  const nowMs = Date.now()
  for (let from = 0; from < customers; from += 500) {
    const values = new Map<string, Buffer>()
    for (let i = from; i < Math.min(from + 500, customers); i++) {
      const [profile, history] = floorKeys(customerId(i))
      const interactions = historyOf(i).map(({ type, offer, ageMinutes }) => ({
        type,
        offerId: `offer-${offer}`,
        time: nowMs - ageMinutes * 60_000,
        channel: 'web'
      }))
      values.set(profile, Buffer.from(packr.pack(attributesOf(i))))
      values.set(history, Buffer.from(packr.pack(interactions)))
    }
    await redis.mset(values)
  }
  await redis.set(FLOOR_STRUCTURES, JSON.stringify(structures))
  redis.disconnect()
}
