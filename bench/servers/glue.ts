/**
 * What a good engineer would write by hand in an afternoon: profile and history as two commands, JSON,
 * one ONNX run of 50 rows × 32 columns filled with plain loops, pick the best, answer a constant.
 */
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { COLUMNS, OFFERS, offerValue } from '../world.js'
import { listenForBench } from './listen.js'

const answer = readFileSync(process.env['BENCH_ANSWER']!, 'utf8')
const redis = new Redis({ path: process.env['BENCH_REDIS']! })
const session = await InferenceSession.create(process.env['BENCH_MODEL']!, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1
})
const app = Fastify()

app.post<{ Body: { customer: { id: string } } }>('/v1/decisions', async (request, reply) => {
  const id = request.body.customer.id
  const [profileText, historyTexts] = await Promise.all([
    redis.get(`glue:profile:${id}`),
    redis.zrange(`glue:history:${id}`, '-inf', '+inf', 'BYSCORE')
  ])
  const profile = JSON.parse(profileText ?? '{}') as Record<string, number>
  const history = historyTexts.map(
    text => JSON.parse(text) as { type: string; offerId: string; time: number }
  )
  const seen = new Set(history.map(({ offerId }) => offerId))
  const rows = new Float32Array(OFFERS * COLUMNS)
  for (let offer = 0; offer < OFFERS; offer++) {
    for (let column = 0; column < COLUMNS - 1; column++)
      rows[offer * COLUMNS + column] = profile[`a${column}`] ?? 0
    rows[offer * COLUMNS + COLUMNS - 1] = offerValue(offer)
  }
  const output = await session.run({ input: new Tensor('float32', rows, [OFFERS, COLUMNS]) })
  const probabilities = output['probabilities']!.data as Float32Array
  let best = 0
  let bestPriority = -1
  for (let offer = 0; offer < OFFERS; offer++) {
    const priority = seen.has(`gone-${offer}`)
      ? 0
      : probabilities[offer * 2 + 1]! * offerValue(offer)
    if (priority > bestPriority) {
      best = offer
      bestPriority = priority
    }
  }
  return reply.type('application/json; charset=utf-8').header('x-best', String(best)).send(answer)
})
await listenForBench(app)
