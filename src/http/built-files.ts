import { resolve } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** Where the build puts what browsers load; the same place seen from the source and from the build. */
const FOLDER = resolve(import.meta.dirname, '../../dist')

/** Lets the routes of a plugin send the built files of a part, packed as the browser takes them. */
export async function sendBuiltFiles(
  app: FastifyInstance,
  part: 'client' | 'console'
): Promise<void> {
  await app.register(fastifyStatic, {
    root: resolve(FOLDER, part),
    // The plugin sends files; which address leads to which the routes say.
    serve: false,
    suppressWarning: true,
    preCompressed: true,
    cacheControl: false
  })
}
