import type { FastifyInstance } from 'fastify'
import type { ReportExperiments } from '../decisioning/experiments/experiment-report.js'

/** Whom the experiments have reached, and whether their arms are comparable. */
export function experimentRoutes(app: FastifyInstance, report: ReportExperiments): void {
  app.get('/v1/experiments', { config: { right: 'read_strategy' } }, async () => report())
}
