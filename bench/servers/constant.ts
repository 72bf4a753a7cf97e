/** The floor of HTTP: Fastify answering a constant of the same size as an answer of the service. */
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { listenForBench } from './listen.js'

const answer = readFileSync(process.env['BENCH_ANSWER']!, 'utf8')
const app = Fastify()
app.post('/v1/decisions', (_request, reply) =>
  reply.type('application/json; charset=utf-8').send(answer)
)
await listenForBench(app)
