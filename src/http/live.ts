import type { FastifyInstance } from 'fastify'
import type { Store } from '../decisioning/ports.js'
import type { Snapshots } from '../decisioning/snapshot.js'
import type { Metrics } from './edge.js'
import { modelsInForce } from './strategy.js'

export interface LiveNeeds {
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly store: Pick<Store, 'kind' | 'description' | 'trouble'>
  readonly metrics: Pick<Metrics, 'live'>
  /** A name for this service that no other has. */
  readonly process: string
  readonly version: string
  readonly nowMs: () => number
  isDraining(): boolean
}

/** How this service is doing, for people who watch it: what decides, whether it can, and what its workers have counted since it started. */
export function liveRoute(app: FastifyInstance, needs: LiveNeeds): void {
  app.get('/v1/live', { config: { right: 'measure' } }, async () => {
    const snapshot = needs.snapshots.current()
    const { strategy, version, hash, loadedAtMs } = snapshot
    const { kind, description } = needs.store
    return {
      process: needs.process,
      release: needs.version,
      at: new Date(needs.nowMs()).toISOString(),
      draining: needs.isDraining(),
      store: { kind, description, trouble: (await needs.store.trouble()) ?? null },
      strategy: {
        name: strategy.name,
        version,
        hash,
        loadedAt: new Date(loadedAtMs).toISOString(),
        models: modelsInForce(snapshot)
      },
      ...(await needs.metrics.live())
    }
  })
}
