import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { LogNameOf } from '../decisioning/log-names.js'
import type { Log } from '../decisioning/ports.js'
import { RateExceeded } from './errors.js'
import type { KeyRing } from './keys.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whom or what a request of this route looks up. */
    looksUp?: (request: FastifyRequest) => LookedUp
  }
}

/** Somebody, as namespace/id; or a decision or everybody, in words that name nobody. */
export type LookedUp = { readonly customer: string } | { readonly about: string }

export interface LookUpNeeds {
  readonly keys: KeyRing
  readonly log: Pick<Log, 'info'>
  readonly logNameOf: LogNameOf
}

/**
 * Notes in the log who looked up whom, for all routes from here on that look people up, and holds keys to the number of people that they may
 * look up. A line is written before the answer is: what could not be noted is not shown.
 */
export function noteLookUps(app: FastifyInstance, { keys, log, logNameOf }: LookUpNeeds): void {
  app.addHook('onRoute', route => {
    const { looksUp } = route.config ?? {}
    if (looksUp === undefined) return
    route.preHandler = async (request: FastifyRequest) => {
      const lookedUp = looksUp(request)
      const { id } = request.caller
      const subject = 'customer' in lookedUp ? lookedUp.customer : lookedUp.about
      const waitSeconds = keys.named(id)?.lookUps?.take(subject) ?? 0
      log.info(
        {
          audit: 'look_up',
          key: id,
          route: `${request.method} ${route.url}`,
          subject: 'customer' in lookedUp ? await logNameOf(subject) : subject,
          refused: waitSeconds > 0,
          requestId: request.id
        },
        waitSeconds > 0 ? 'a look-up was refused' : 'looked up'
      )
      if (waitSeconds > 0)
        throw new RateExceeded(
          waitSeconds,
          `This key has looked up as many people as it may; the next in ${waitSeconds} s.`
        )
    }
  })
}
