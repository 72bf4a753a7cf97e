import type { FastifyInstance } from 'fastify'
import type { ReportLearning } from '../decisioning/lessons/learning-report.js'
import { id, learningReportQuery } from './schemas.js'
import { reader } from './validate.js'

export interface LearningRouteNeeds {
  readonly reportLearning: ReportLearning
  /** What the journal says of the last days, JSON text. */
  readonly reportJournal: (days: number) => Promise<string>
}

/** What was learnt from responses, how that went, and what came of decisions. */
export function learningRoutes(
  app: FastifyInstance,
  { reportLearning, reportJournal }: LearningRouteNeeds
): void {
  const config = { right: 'read_strategy' } as const
  const readId = reader(id)
  const readQuery = reader(learningReportQuery)

  app.get('/v1/learning', { config }, async () => reportLearning.now())

  app.get<{ Params: { id: string } }>('/v1/learning/offers/:id', { config }, async request =>
    reportLearning.progressOf(readId(request.params.id))
  )

  app.get(
    '/v1/learning/report',
    { config: { ...config, isLong: true } },
    async (request, reply) => {
      const body = await reportJournal(readQuery(request.query).days)
      return reply.header('content-type', 'application/json; charset=utf-8').send(body)
    }
  )
}
