import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../domain/refusal.js'

/**
 * Reads bodies of these types as text. A route parses the text itself, because the text as sent is also what an
 * idempotency key stands for. Bytes that are no UTF-8 are refused: they would turn into other ids than the caller meant.
 */
export function readAsText(app: FastifyInstance, types: readonly string[]): void {
  app.addContentTypeParser([...types], { parseAs: 'buffer' }, (_request, bytes: Buffer, done) => {
    if (isUtf8(bytes)) done(null, bytes.toString('utf8'))
    else done(new Refusal('malformed', 'The body is not UTF-8.'))
  })
}

/** The text of a body that readAsText has read; empty where there was none. */
export function textOf(body: unknown): string {
  return typeof body === 'string' ? body : ''
}
