import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Snapshots } from '../decisioning/snapshot.js'
import type { WhatIf } from '../decisioning/what-if/what-if.js'
import { customerText } from '../domain/customer.js'
import type { Strategy } from '../policy/strategy.js'
import type { z } from 'zod'
import type { ANSWERS } from './answers.js'
import { textOf } from './body.js'
import { parseJson } from './json.js'
import type { LookedUp } from './look-ups.js'
import { whatIfRequest } from './schemas.js'
import { reader } from './validate.js'
import { wordsOf } from './words.js'

/** What would be decided if something were otherwise, and the words to say it with. */
export function whatIfRoutes(
  app: FastifyInstance,
  whatIf: WhatIf,
  snapshots: Pick<Snapshots, 'current'>
): void {
  const read = reader(whatIfRequest)

  app.get('/v1/what-if', { config: { right: 'read_strategy' } }, async () =>
    whatIfWordsOf(snapshots.current().strategy)
  )

  const looksUp = ({ body }: FastifyRequest): LookedUp => {
    const { customer } = read(parseJson(textOf(body))).request
    const { id, namespace = snapshots.current().strategy.namespaces[0]! } = customer
    return { customer: customerText({ namespace, id }) }
  }

  app.post('/v1/what-if', { config: { right: 'suppose', looksUp } }, async (request, reply) => {
    const body = await whatIf(read(parseJson(textOf(request.body))), request.caller)
    return reply.header('content-type', 'application/json; charset=utf-8').send(body)
  })
}

/** What a request and its changes may name. */
function whatIfWordsOf(strategy: Strategy): z.infer<(typeof ANSWERS)['WhatIfWords']> {
  return {
    ...wordsOf(strategy),
    tags: [...strategy.tagPaths],
    purposes: [...strategy.purposes],
    offers: strategy.offers
      .filter(({ fallbackOnly }) => !fallbackOnly)
      .map(({ id, name, issue, group, levers }) => ({ id, name, issue, group, levers }))
  }
}
