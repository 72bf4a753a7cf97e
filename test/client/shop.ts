import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Ending } from '../helpers/redis.js'

/** The site of somebody who uses the client: another origin than the service. */
export interface Shop {
  readonly url: string
  /** Puts a file at a path, or replaces it. */
  put(path: string, contentType: string, text: string): void
}

/** As strict as a site can be: nothing inline but the scripts that the page was made with, nothing evaluated, no markup from text, the service and nobody else. */
function policy(service: string, text = ''): string {
  const inline = [...text.matchAll(/<script[^>]*>(.+?)<\/script>/gs)].map(([, script = '']) => {
    return `'sha256-${createHash('sha256').update(script).digest('base64')}'`
  })
  return (
    `default-src 'none'; script-src 'self' ${[service, ...inline].join(' ')}; style-src 'self'; connect-src ${service}; ` +
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
  )
}

/** Starts a site that is gone when the test ends. `service` says where offers come from. */
export async function startShop(t: Ending, service: () => string): Promise<Shop> {
  const files = new Map<string, { readonly contentType: string; readonly text: string }>()
  files.set('/favicon.ico', {
    contentType: 'image/svg+xml',
    text: '<svg xmlns="http://www.w3.org/2000/svg"/>'
  })
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://shop')
    const file = files.get(pathname)
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': `${file?.contentType ?? 'text/plain'}; charset=utf-8`,
      'content-security-policy': policy(service(), file?.text)
    })
    response.end(file?.text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    put: (path, contentType, text) => void files.set(path, { contentType, text })
  }
}
