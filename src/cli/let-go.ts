import { Server } from 'node:net'
import type { Parts } from './parts.js'

/** How long clients keep the connections on which they ask nothing. */
const LINGER_MS = 5000

/**
 * Takes no new connections, and goes on answering on those that are open, until their clients have closed them. Every answer tells them
 * to, so that no request meets a connection that is closed before its eyes; connections that stay idle are left for the end.
 */
export async function letGo(server: Server, parts: Pick<Parts, 'schedule'>): Promise<void> {
  // The `close` of HTTP servers cuts idle connections off at once, and somebody may just be asking on one of them.
  const gone = new Promise<void>(resolve => {
    Server.prototype.close.call(server, () => resolve())
  })
  const late = new Promise<void>(resolve => parts.schedule(resolve, LINGER_MS))
  await Promise.race([gone, late])
}
