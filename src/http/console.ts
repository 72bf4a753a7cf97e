import type { FastifyInstance, FastifyReply } from 'fastify'
import { sendBuiltFiles } from './built-files.js'
import { PAGE_POLICY } from './page-policy.js'

/** A file that changes gets another name. */
const FOR_EVER = { cacheControl: true, maxAge: '1y', immutable: true } as const

/** /console and its files. They are open to everybody: what the screens show, they ask for with the key of who sits before them. */
export async function consoleRoutes(app: FastifyInstance): Promise<void> {
  const config = { right: 'open' } as const
  await sendBuiltFiles(app, 'console')
  const sendPage = async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> =>
    reply
      .headers({ 'content-security-policy': PAGE_POLICY, 'cache-control': 'no-cache' })
      .sendFile('index.html')
  // One page for all screens; the path says which of them it opens.
  app.get('/console', { config }, sendPage)
  app.get('/console/:screen', { config }, sendPage)
  app.get<{ Params: { file: string } }>(
    '/console/assets/:file',
    { config },
    async ({ params }, reply) => reply.sendFile(`assets/${params.file}`, FOR_EVER)
  )
}
