import type { FastifyInstance } from 'fastify'
import { describeRoutes, type RegisteredRoute } from './openapi.js'
import { ICON, PAGE, SCRIPT, STYLE } from './docs-page.js'
import { PAGE_POLICY } from './page-policy.js'

/** Collects every route that is registered from here on; the answer is complete when the app is ready. */
export function collectRoutes(app: FastifyInstance): readonly RegisteredRoute[] {
  const routes: RegisteredRoute[] = []
  app.addHook('onRoute', ({ method, url, config }) => {
    const { right = 'open', publishable = false } = config ?? {}
    const methods = typeof method === 'string' ? [method] : method
    for (const each of methods) {
      // HEAD is what GET says without its body, and OPTIONS belongs to browsers; the document names neither.
      if (each !== 'HEAD' && each !== 'OPTIONS')
        routes.push({ method: each, url, right, publishable })
    }
  })
  return routes
}

/** /openapi.json and its page. The app does not become ready while the document and the routes differ. */
export function docsRoutes(
  app: FastifyInstance,
  routes: readonly RegisteredRoute[],
  version: string
): void {
  const config = { right: 'open' } as const
  let document = ''
  app.addHook('onReady', done => {
    document = JSON.stringify(describeRoutes(routes, version))
    done()
  })
  app.get('/openapi.json', { config }, async (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(document)
  )
  const serve = (url: string, contentType: string, text: string): void => {
    app.get(url, { config }, async (_request, reply) =>
      reply
        .headers({ 'content-type': contentType, 'content-security-policy': PAGE_POLICY })
        .send(text)
    )
  }
  serve('/favicon.ico', 'image/svg+xml', ICON)
  serve('/docs', 'text/html; charset=utf-8', PAGE)
  serve('/docs/page.js', 'text/javascript; charset=utf-8', SCRIPT)
  serve('/docs/page.css', 'text/css; charset=utf-8', STYLE)
}
