import type { FastifyInstance } from 'fastify'
import type { SharedLoader } from '../decisioning/strategy/shared-loader.js'
import type { Snapshot, Snapshots } from '../decisioning/snapshot.js'
import type { Strategy } from '../policy/strategy.js'
import { problem } from './errors.js'
import { sendProblem } from './refuse.js'

/** What serves now, and loading what the files say now. */
export function strategyRoutes(
  app: FastifyInstance,
  snapshots: Pick<Snapshots, 'current'>,
  loader: SharedLoader
): void {
  const config = { scope: 'admin' } as const

  app.get('/v1/strategy', { config }, async () => ({
    ...describe(snapshots.current()),
    lastLoad: loader.lastLoad() ?? null,
    processes: loader.processes()
  }))

  app.post('/v1/strategy/reload', { config }, async (request, reply) => {
    const report = await loader.load()
    if (report.outcome !== 'refused') return report
    const count = report.problems.filter(each => each.severity === 'error').length
    const detail = `The files have ${count} errors; strategy ${report.version} goes on serving. See "problems".`
    return sendProblem(reply, { ...problem('not_allowed', detail, request.id), ...report })
  })

  app.post('/v1/strategy/validate', { config }, async () => loader.validate())
}

function describe({ strategy, version, hash, models, shadows, loadedAtMs }: Snapshot): object {
  return {
    name: strategy.name,
    version,
    hash,
    loadedAt: new Date(loadedAtMs).toISOString(),
    currency: strategy.currency,
    timeZone: strategy.timeZone,
    namespaces: strategy.namespaces,
    counts: countsOf(strategy, models.size),
    models: [...models.values()].map(({ name, version }) => ({
      name,
      version,
      shadows: (shadows.get(name) ?? []).map(shadow => shadow.version).sort((a, b) => a - b)
    })),
    offers: strategy.offers.map(({ id, name, issue, group, fallbackOnly, mandatory, model }) => ({
      id,
      name,
      issue,
      group,
      fallbackOnly,
      mandatory,
      model: model ?? null
    }))
  }
}

function countsOf(strategy: Strategy, models: number): Readonly<Record<string, number>> {
  const {
    offers,
    groups,
    issues,
    channels,
    placements,
    segments,
    attributes,
    context,
    contextWeights,
    examples
  } = strategy
  return {
    offers: offers.length,
    groups: groups.length,
    issues: issues.length,
    channels: channels.length,
    placements: placements.length,
    segments: segments.length,
    attributes: attributes.length,
    context: context.length,
    contextWeights: contextWeights.length,
    models,
    examples: examples.length
  }
}
