import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { linesOf } from './lines.js'
import type { ImportCustomers } from './use-cases.js'

/**
 * POST /v1/customers/import: a stream of lines, as many as there are, read no faster than the store takes them.
 * `patient` are the connections that may take longer than a request usually may.
 */
export function importRoute(
  app: FastifyInstance,
  importCustomers: ImportCustomers,
  nowMs: () => number,
  patient: WeakSet<Socket>
): void {
  app.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload))
  app.post('/v1/customers/import', { config: { scope: 'customers' } }, async request => {
    patient.add(request.raw.socket)
    // Leaving early must not close the connection, or the client would never see why.
    const chunks = (request.body as Readable).iterator({
      destroyOnReturn: false
    }) as AsyncIterable<Buffer>
    return importCustomers(linesOf(chunks), request.caller, nowMs())
  })
}
