import { resolve } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** Where the build puts the client; the same place seen from the source and from the build. */
const FOLDER = resolve(import.meta.dirname, '../../dist/client')

/**
 * Pages of any site load the client. Its address never changes, so it is asked for anew after five minutes, beside the page;
 * what is there serves until then, for a week also without the service.
 */
const OF_SCRIPTS = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'public, max-age=300, stale-while-revalidate=604800, stale-if-error=604800'
}

/** The browser client: an ES module, and a script that sets `offerd` for pages without modules. */
export async function clientRoutes(app: FastifyInstance): Promise<void> {
  const config = { scope: 'open' } as const
  await app.register(fastifyStatic, {
    root: FOLDER,
    // The routes are below; the plugin sends the files.
    serve: false,
    suppressWarning: true,
    preCompressed: true,
    cacheControl: false
  })
  for (const file of ['sdk.js', 'sdk.umd.js']) {
    app.get(`/${file}`, { config }, async (_request, reply) =>
      reply.headers(OF_SCRIPTS).sendFile(file)
    )
  }
}
