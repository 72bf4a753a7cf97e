import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ImportCustomers } from '../decisioning/customers/import-customers.js'
import { Refusal, StoreUnavailable } from '../domain/refusal.js'

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
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-ndjson', (_request, payload, done) => {
    done(null, payload)
  })
  app.post(
    '/v1/customers/import',
    { config: { right: 'change_customers', load: 'batch', isLong: true } },
    async request => {
      if (request.headers['content-encoding'] !== undefined) {
        throw new Refusal('invalid', 'Compressed lines are not read here; send them as they are.')
      }
      const { socket } = request.raw
      patient.add(socket)
      try {
        return await importCustomers(piecesOf(request.body), {
          caller: request.caller,
          nowMs: nowMs()
        })
      } catch (error) {
        // Says how many lines are in, which the usual sentence does not.
        throw error instanceof StoreUnavailable ? new Refusal('unavailable', error.message) : error
      } finally {
        patient.delete(socket)
      }
    }
  )
}

/** The body as it arrives. Leaving early must not close the connection, or the client would never see why. */
async function* piecesOf(body: unknown): AsyncGenerator<Uint8Array> {
  if (body === undefined)
    throw new Refusal('malformed', 'There are no lines; send application/x-ndjson.')
  try {
    yield* (body as Readable).iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw new Refusal(
      'malformed',
      `The upload broke off: ${error instanceof Error ? error.message : String(error)}.`
    )
  }
}
