import type { FastifyInstance } from 'fastify'
import type { Store } from '../decisioning/ports.js'
import type { Snapshots } from '../decisioning/snapshot.js'
import { problem } from './errors.js'
import { sendProblem } from './refuse.js'
import type { Metrics } from './edge.js'

export interface OperationNeeds {
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly store: Pick<Store, 'trouble'>
  readonly metrics: Metrics
  readonly version: string
  isDraining(): boolean
}

/** Alive, ready, and the figures. */
export function operationRoutes(app: FastifyInstance, needs: OperationNeeds): void {
  app.get('/livez', { config: { right: 'open' } }, async () => ({
    status: 'alive',
    version: needs.version
  }))

  app.get('/readyz', { config: { right: 'open' } }, async (request, reply) => {
    const trouble = needs.isDraining() ? 'This process is stopping.' : await needs.store.trouble()
    const { version, hash } = needs.snapshots.current()
    if (trouble === undefined) return { status: 'ready', strategy: { version, hash } }
    return sendProblem(reply, problem('not_ready', trouble, request.id), { 'retry-after': '1' })
  })

  app.get('/metrics', { config: { right: 'measure' } }, async (_request, reply) => {
    const text = await needs.metrics.text()
    return reply.header('content-type', needs.metrics.contentType).send(text)
  })
}
