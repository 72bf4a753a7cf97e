import type { FastifyInstance } from 'fastify'
import { problem } from './errors.js'
import { PROBLEM_JSON } from './refuse.js'
import type { CurrentSnapshot, Metrics, StoreHealth } from './use-cases.js'

export interface OperationNeeds {
  readonly snapshots: CurrentSnapshot
  readonly store: StoreHealth
  readonly metrics: Metrics
  readonly version: string
  isDraining(): boolean
}

/** Alive, ready, and the figures. */
export function operationRoutes(app: FastifyInstance, needs: OperationNeeds): void {
  app.get('/livez', { config: { scope: 'open' } }, async () => ({
    status: 'alive',
    version: needs.version
  }))

  app.get('/readyz', { config: { scope: 'open' } }, async (request, reply) => {
    const trouble = needs.isDraining() ? 'This process is stopping.' : await needs.store.trouble()
    const { version, hash } = needs.snapshots.current()
    if (trouble === undefined) return { status: 'ready', strategy: { version, hash } }
    reply.code(503).headers({ 'content-type': PROBLEM_JSON, 'retry-after': '1' })
    return JSON.stringify(problem('not_ready', trouble, request.id))
  })

  app.get('/metrics', { config: { scope: 'admin' } }, async (_request, reply) => {
    const text = await needs.metrics.text()
    return reply.header('content-type', needs.metrics.contentType).send(text)
  })
}
