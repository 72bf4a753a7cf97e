import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withOfferd, type Ground } from './ground.js'
import type { LoadOrder } from './load.js'
import { startLoad, type Server } from './processes.js'
import { say } from './report.js'
import { seedFloor, seedGlue, seedOfferd } from './seed.js'
import type { Lot } from './turns.js'
import { customerId, JOURNAL, rulesText } from './world.js'

/** Customers of the comparisons; more than any cache of a few would hold. */
export const CUSTOMERS = 10_000

/** What is compared, all on one Redis and with the same customers. */
export type Contenders = Readonly<
  Record<'constant' | 'glue' | 'floor' | 'offerd' | 'journalling', Server>
>

/** Contenders that are warm, and what loads them. */
export interface Bed {
  readonly ground: Ground
  readonly contenders: Contenders
  readonly load: ReturnType<typeof startLoad>
}

/** Starts offerd and what it is compared with, puts the customers in and warms all of them up. */
export async function withContenders(work: (bed: Bed) => Promise<void>): Promise<void> {
  await withOfferd(async ground => {
    say(
      `offerd is ready ${Math.round(ground.offerd.readyMs)} ms after its start; putting customers in`
    )
    const contenders = await startContenders(ground)
    const load = startLoad()
    ground.start.stops.push(load.stop)
    for (const server of Object.values(contenders))
      await load.run(lotOf('', server, { seconds: WARMING_SECONDS }).order)
    await work({ ground, contenders, load })
  })
}

/** A lot of plain decisions for one server: a second at 64 connections unless the order says otherwise. */
export function lotOf(label: string, server: Server, order: Partial<LoadOrder>): Lot {
  const usual = { connections: 64, seconds: 1, customers: CUSTOMERS, explain: 'none' } as const
  return { label, server, order: { url: server.url, ...usual, ...order } }
}

async function startContenders(ground: Ground): Promise<Contenders> {
  const { dir, redisSocket, model, offerd, start } = ground
  await seedOfferd(offerd.url, CUSTOMERS)
  await seedGlue(redisSocket, CUSTOMERS)
  await seedFloor(redisSocket, CUSTOMERS)
  const answer = join(dir, 'answer.json')
  await writeFile(answer, await sampleAnswer(offerd.url))
  const env = { BENCH_ANSWER: answer, BENCH_REDIS: redisSocket, BENCH_MODEL: model }
  const constant = await start('constant', ['bench/servers/constant.ts'], env)
  const glue = await start('glue', ['bench/servers/glue.ts'], env)
  const floor = await start('floor', ['bench/servers/floor.ts'], env)
  await checkAlike(glue, floor)
  return { constant, glue, floor, offerd, journalling: await startJournalling(ground) }
}

/** On a quiet machine enough for a server's code to be compiled as well as it will be. */
const WARMING_SECONDS = 3

/** The floor must do the glue's work, not less: both choose the same offers. */
async function checkAlike(glue: Server, floor: Server): Promise<void> {
  for (let i = 0; i < 50; i++) {
    const [one, other] = await Promise.all([glue, floor].map(({ url }) => bestOf(url, i)))
    if (one !== other)
      throw new Error(`for ${customerId(i)} the glue chooses offer ${one}, the floor ${other}`)
  }
}

async function bestOf(url: string, customer: number): Promise<string | null> {
  const { headers } = await postDecision(url, customer)
  return headers.get('x-best')
}

/** The service once more, which journals every decision. */
export async function startJournalling({ dir, further }: Ground): Promise<Server> {
  const folder = join(dir, 'journalling')
  await mkdir(folder)
  await writeFile(join(folder, 'strategy.yaml'), rulesText() + JOURNAL)
  return further('offerd with the journal', folder)
}

async function sampleAnswer(url: string): Promise<string> {
  const { text, status } = await postDecision(url, 0)
  const { degraded, placements } = JSON.parse(text) as {
    degraded?: string[]
    placements?: Array<{ fallback: boolean }>
  }
  if (status !== 200 || degraded?.length !== 0 || placements?.[0]?.fallback !== false) {
    throw new Error(`the service does not decide as the bench needs: ${status} ${text}`)
  }
  return text
}

async function postDecision(
  url: string,
  customer: number
): Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }> {
  const response = await fetch(`${url}/v1/decisions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      customer: { id: customerId(customer) },
      channel: 'web',
      placements: [{ id: 'home_hero' }],
      options: { timeoutMs: 10_000 }
    })
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
