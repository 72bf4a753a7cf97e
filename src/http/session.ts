import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { Caller } from '../domain/caller.js'
import { Refusal } from '../domain/refusal.js'
import type { ANSWERS } from './answers.js'
import type { KeyRing } from './keys.js'
import type { Passes } from './passes.js'
import { SESSION_COOKIE } from './presented.js'

/** A working day; then the key is asked for again. */
const SESSION_MS = 8 * 60 * 60 * 1000

/** No script reads it, no other site's page makes the browser send it, and nobody on the way sees it. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict'

export interface SessionNeeds {
  readonly keys: KeyRing
  readonly passes: Passes
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
}

type Session = z.infer<(typeof ANSWERS)['Session']>

/** Signing in with a key, for screens: a cookie stands for the key, which no page need keep. */
export function sessionRoutes(app: FastifyInstance, { keys, passes, nowMs }: SessionNeeds): void {
  app.get('/v1/session', { config: { right: 'any' } }, async ({ caller, pass }) =>
    describe(caller, pass?.untilMs)
  )

  app.post('/v1/session', { config: { right: 'any' } }, async ({ caller, headers }, reply) => {
    const key = keys.named(caller.id)
    // Without keys there is nothing to sign in to.
    if (key === undefined) return describe(caller, undefined)
    if (headers.authorization === undefined)
      throw new Refusal(
        'unauthenticated',
        'Present the key itself, as "Authorization: Bearer KEY".'
      )
    const untilMs = nowMs() + SESSION_MS
    const text = passes.seal({ kind: 'session', key, origin: '', untilMs }, nowMs())
    reply.header(
      'set-cookie',
      `${SESSION_COOKIE}=${text}; Max-Age=${SESSION_MS / 1000}; ${ATTRIBUTES}`
    )
    return describe(caller, untilMs)
  })

  app.delete('/v1/session', { config: { right: 'open' } }, async (_request, reply) =>
    reply.header('set-cookie', `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`).code(204).send()
  )
}

function describe({ id, rights }: Caller, untilMs: number | undefined): Session {
  return {
    key: id,
    rights: [...rights],
    until: untilMs === undefined ? null : new Date(untilMs).toISOString()
  }
}
