import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SharedDocuments } from '../decisioning/ports.js'
import { Refusal } from '../domain/refusal.js'
import type { KeyRing } from './keys.js'
import type { Passes } from './passes.js'

/** Long enough to open a connection. */
const TICKET_MS = 60_000

export interface TicketNeeds {
  readonly keys: KeyRing
  readonly passes: Passes
  /** Claims hold over all processes, so that a ticket opens one stream at one of them. */
  readonly claims: Pick<SharedDocuments, 'claim'>
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
}

/** Tickets for streams: a page asks for one with its session or key, and opens one stream with it, within a minute, from the same origin. */
export function ticketRoute(app: FastifyInstance, { keys, passes, nowMs }: TicketNeeds): void {
  const config = { right: 'decide', publishable: true } as const
  app.post('/v1/stream/tickets', { config }, async ({ caller, headers }) => {
    const untilMs = nowMs() + TICKET_MS
    const key = keys.named(caller.id)
    const until = new Date(untilMs).toISOString()
    // Without keys a stream asks for none.
    if (key === undefined) return { ticket: null, until }
    const origin = headers.origin ?? ''
    return { ticket: passes.seal({ kind: 'ticket', key, origin, untilMs }, nowMs()), until }
  })
}

/** Takes the ticket that a request came with, for good. Throws a Refusal where it was taken before; rejects with StoreUnavailable. */
export async function takeTicket(
  { pass }: FastifyRequest,
  claims: TicketNeeds['claims']
): Promise<void> {
  if (pass?.kind !== 'ticket') return
  // It is over by then, so that nobody could use it again.
  const claimed = await claims.claim(`ticket:${pass.id}`, 2 * TICKET_MS)
  if (!claimed.mine)
    throw new Refusal('unauthenticated', 'This ticket was used before; ask for a new one.')
}
