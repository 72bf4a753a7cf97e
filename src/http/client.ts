import type { FastifyInstance } from 'fastify'
import { sendBuiltFiles } from './built-files.js'
import { PAGE_POLICY } from './page-policy.js'

/**
 * Pages of any site load the client. Its address never changes, so it is asked for anew after five minutes, beside the page;
 * what is there serves until then, for a week also without the service.
 */
const OF_SCRIPTS = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'public, max-age=300, stale-while-revalidate=604800, stale-if-error=604800'
}

/** The files of the demo change with the service, and nobody else loads them. */
const OF_DEMO = { 'content-security-policy': PAGE_POLICY, 'cache-control': 'no-cache' }
const DEMO_FILES = {
  '/demo': 'index.html',
  '/demo/page.js': 'page.js',
  '/demo/page.css': 'page.css'
}

/** The browser client, as an ES module and as a script that sets `offerd` for pages without modules, and a page that shows it at work. */
export async function clientRoutes(app: FastifyInstance): Promise<void> {
  const config = { right: 'open' } as const
  await sendBuiltFiles(app, 'client')
  for (const file of ['sdk.js', 'sdk.umd.js']) {
    app.get(`/${file}`, { config }, async (_request, reply) =>
      reply.headers(OF_SCRIPTS).sendFile(file)
    )
  }
  for (const [url, file] of Object.entries(DEMO_FILES)) {
    app.get(url, { config }, async (_request, reply) =>
      reply.headers(OF_DEMO).sendFile(`demo/${file}`)
    )
  }
}
