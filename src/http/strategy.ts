import type { FastifyInstance } from 'fastify'
import type { SharedLoader } from '../decisioning/strategy/shared-loader.js'
import { describeStrategy } from '../decisioning/strategy/describe-strategy.js'
import type { ReportQuotas } from '../decisioning/limits/quota-report.js'
import type { ReportSegments } from '../decisioning/strategy/segment-report.js'
import type { Snapshot, Snapshots } from '../decisioning/snapshot.js'
import type { Strategy } from '../policy/strategy.js'
import { problem } from './errors.js'
import { sendProblem } from './refuse.js'

export interface StrategyRouteNeeds {
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly strategyLoader: SharedLoader
  readonly reportQuotas: ReportQuotas
  readonly reportSegments: ReportSegments
}

/** What serves now, how much of it is used, and loading what the files say now. */
export function strategyRoutes(
  app: FastifyInstance,
  { snapshots, strategyLoader: loader, reportQuotas, reportSegments }: StrategyRouteNeeds
): void {
  const config = { right: 'read_strategy' } as const

  app.get('/v1/strategy', { config }, async () => ({
    ...describe(snapshots.current()),
    lastLoad: loader.lastLoad() ?? null,
    processes: loader.processes()
  }))

  app.get('/v1/strategy/details', { config }, async () => describeStrategy(snapshots.current()))

  app.get('/v1/quotas', { config }, async () => reportQuotas())

  app.get('/v1/segments', { config }, async () => reportSegments())

  app.post(
    '/v1/strategy/reload',
    { config: { right: 'load_strategy' } },
    async (request, reply) => {
      const report = await loader.load()
      if (report.outcome !== 'refused') return report
      const count = report.problems.filter(each => each.severity === 'error').length
      const detail = `The files have ${count} errors; strategy ${report.version} goes on serving. See "problems".`
      return sendProblem(reply, { ...problem('not_allowed', detail, request.id), ...report })
    }
  )

  app.post(
    '/v1/strategy/validate',
    { config: { right: 'check_strategy', isLong: true } },
    async () => loader.validate()
  )
}

function describe(snapshot: Snapshot): object {
  const { strategy, version, hash, models, loadedAtMs } = snapshot
  return {
    name: strategy.name,
    version,
    hash,
    loadedAt: new Date(loadedAtMs).toISOString(),
    currency: strategy.currency,
    timeZone: strategy.timeZone,
    namespaces: strategy.namespaces,
    counts: countsOf(strategy, models.size),
    models: modelsInForce(snapshot),
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

/** The models that decide, each with the versions that score beside it. */
export function modelsInForce({ models, shadows }: Pick<Snapshot, 'models' | 'shadows'>): object[] {
  return [...models.values()].map(({ name, version }) => ({
    name,
    version,
    shadows: (shadows.get(name) ?? []).map(shadow => shadow.version).sort((a, b) => a - b)
  }))
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
