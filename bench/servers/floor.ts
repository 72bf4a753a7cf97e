/**
 * What the parts themselves cost, tuned as far as they go: the loads of one turn of the event loop are one MGET of msgpackr with shared
 * structures, the rows of one turn are one ONNX run of 50 × 32 each, and the answer is a constant. It checks, limits, signs, explains
 * and records nothing, so nobody could put it to use; it is the floor under everything that could be.
 */
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { Packr } from 'msgpackr'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { FLOOR_STRUCTURES, floorKeys } from '../seed.js'
import { COLUMNS, OFFERS, offerValue } from '../world.js'
import { listenForBench } from './listen.js'

interface Loaded {
  readonly profile: Readonly<Record<string, number>>
  readonly history: ReadonlyArray<{ readonly offerId: string }>
}

const answer = readFileSync(process.env['BENCH_ANSWER']!, 'utf8')
const redis = new Redis({ path: process.env['BENCH_REDIS']! })
const structures = JSON.parse((await redis.get(FLOOR_STRUCTURES)) ?? '[]') as object[]
const packr = new Packr({ structures })
const session = await InferenceSession.create(process.env['BENCH_MODEL']!, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1
})
const values = Float32Array.from({ length: OFFERS }, (_, offer) => offerValue(offer))

const load = onceATurn<string, Loaded>(async ids => {
  const replies = await redis.mgetBuffer(ids.flatMap(floorKeys))
  return ids.map((_, i) => ({
    profile: packr.unpack(replies[2 * i]!) as Loaded['profile'],
    history: packr.unpack(replies[2 * i + 1]!) as Loaded['history']
  }))
})

const chooseBest = onceATurn<Loaded, number>(async customers => {
  const rows = new Float32Array(customers.length * OFFERS * COLUMNS)
  customers.forEach(({ profile }, i) => writeRows(rows, i * OFFERS * COLUMNS, profile))
  const input = new Tensor('float32', rows, [customers.length * OFFERS, COLUMNS])
  const output = await session.run({ input })
  const probabilities = output['probabilities']!.data as Float32Array
  return customers.map(({ history }, i) => bestOf(probabilities, i * OFFERS, history))
})

/** The customer's row once, then copied; the last column is the offer's own. */
function writeRows(rows: Float32Array, start: number, profile: Loaded['profile']): void {
  for (let column = 0; column < COLUMNS - 1; column++)
    rows[start + column] = profile[`a${column}`] ?? 0
  for (let offer = 0; offer < OFFERS; offer++) {
    const at = start + offer * COLUMNS
    if (offer > 0) rows.copyWithin(at, start, start + COLUMNS - 1)
    rows[at + COLUMNS - 1] = values[offer]!
  }
}

function bestOf(probabilities: Float32Array, first: number, history: Loaded['history']): number {
  const seen = new Set<string>()
  for (const { offerId } of history) seen.add(offerId)
  let best = 0
  let bestPriority = -1
  for (let offer = 0; offer < OFFERS; offer++) {
    const priority = probabilities[(first + offer) * 2 + 1]! * values[offer]!
    if (priority <= bestPriority || seen.has(`gone-${offer}`)) continue
    best = offer
    bestPriority = priority
  }
  return best
}

/** Joins what is asked for within one turn of the event loop into one lot of work. */
function onceATurn<In, Out>(
  work: (lot: readonly In[]) => Promise<readonly Out[]>
): (one: In) => Promise<Out> {
  interface Waiting {
    readonly one: In
    readonly resolve: (out: Out) => void
    readonly reject: (error: unknown) => void
  }
  let waiting: Waiting[] = []
  const flush = (): void => {
    const lot = waiting
    waiting = []
    work(lot.map(({ one }) => one)).then(
      outs => lot.forEach(({ resolve }, i) => resolve(outs[i]!)),
      (error: unknown) => lot.forEach(({ reject }) => reject(error))
    )
  }
  return one =>
    new Promise((resolve, reject) => {
      if (waiting.push({ one, resolve, reject }) === 1) setImmediate(flush)
    })
}

const app = Fastify()
app.post<{ Body: { customer: { id: string } } }>('/v1/decisions', async (request, reply) => {
  const best = await chooseBest(await load(request.body.customer.id))
  return reply.type('application/json; charset=utf-8').header('x-best', String(best)).send(answer)
})
await listenForBench(app)
