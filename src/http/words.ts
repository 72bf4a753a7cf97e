import type { FastifyInstance } from 'fastify'
import type { Snapshots } from '../decisioning/snapshot.js'
import type { Declared, Strategy } from '../policy/strategy.js'
import type { z } from 'zod'
import type { ANSWERS } from './answers.js'

type Words = z.infer<(typeof ANSWERS)['Words']>

/** GET /v1/words: what who asks for decisions must know of the strategy, and no more: no rules, no values, no models. */
export function wordsRoute(app: FastifyInstance, snapshots: Pick<Snapshots, 'current'>): void {
  app.get('/v1/words', { config: { right: 'read_words' } }, async () =>
    wordsOf(snapshots.current().strategy)
  )
}

/** All but the protected attributes. */
export function wordsOf({
  currency,
  namespaces,
  channels,
  placements,
  offers,
  attributes,
  context,
  behaviourTypes
}: Strategy): Words {
  return {
    currency,
    namespaces: [...namespaces],
    channels: channels.map(({ id, index, direction, activate }) => ({
      id,
      direction,
      activate,
      placements: placements
        .filter(({ channel }) => channel === index)
        .map(({ id, count }) => ({ id, count }))
    })),
    offers: offers.map(({ id, name, group, issue }) => ({ id, name, group, issue })),
    attributes: attributes
      .filter(each => !each.protected)
      .map(each => ({ ...declaredAs(each), personal: each.personal })),
    context: context.map(declaredAs),
    events: [...behaviourTypes.keys()]
  }
}

function declaredAs({ name, type, values }: Declared): Words['context'][number] {
  return values === undefined ? { name, type } : { name, type, values: [...values] }
}
