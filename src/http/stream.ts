import { performance } from 'node:perf_hooks'
import websocket, { type WebSocket } from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../domain/refusal.js'
import { problem } from './errors.js'
import { createBucket } from './rate.js'
import { sendProblem } from './refuse.js'
import { readMessage } from './stream-messages.js'
import { pickProtocol } from './stream-protocol.js'
import { StreamConnection, type StreamNeeds } from './stream-connection.js'
import { takeTicket, ticketRoute, type TicketNeeds } from './stream-tickets.js'

/** Longest message of a client, in bytes. */
const MESSAGE_BYTES = 65_536
/** How many streams are opened a second: after a restart all clients come back, and the others have to go on meanwhile. */
const OPENED_PER_SECOND = 500
/** A client that has not answered one ping when the next is due is gone. */
const PING_MS = 30_000
/** A client that does not say goodbye in so long is cut off, with all that it did not read. */
const CLOSING_MS = 5000

const SOCKETS = {
  maxPayload: MESSAGE_BYTES,
  // Compressing takes 260 kB a stream.
  perMessageDeflate: false,
  closeTimeout: CLOSING_MS,
  handleProtocols: pickProtocol
}

/** GET /v1/stream: decisions, subscriptions and events over one WebSocket. */
export async function streamRoute(
  app: FastifyInstance,
  {
    toldToStop,
    mostConnections,
    ...needs
  }: StreamNeeds &
    TicketNeeds & { readonly toldToStop: Promise<unknown>; readonly mostConnections: number }
): Promise<void> {
  const most = Math.floor(mostConnections / 2)
  const opening = createBucket(OPENED_PER_SECOND, () => performance.now())
  const connections = new Set<StreamConnection>()
  ticketRoute(app, needs)
  await app.register(websocket, {
    options: SOCKETS
  })
  const pinging = setInterval(() => {
    for (const connection of connections) connection.ping()
  }, PING_MS)
  pinging.unref()
  app.addHook('onClose', async () => clearInterval(pinging))
  void toldToStop.then(() => {
    for (const connection of connections) connection.leave()
  })

  app.route({
    method: 'GET',
    url: '/v1/stream',
    exposeHeadRoute: false,
    // What is said on it is let in message by message.
    config: { right: 'decide', publishable: true, ticketed: true, load: 'always' },
    preValidation: async request => {
      if (connections.size >= most)
        throw new Refusal('unavailable', 'This process has all the streams that it can serve.')
      if (opening.take() > 0)
        throw new Refusal('overloaded', 'Too many streams are being opened; try again in a moment.')
      needs.admission.check(request.caller)
      await takeTicket(request, needs.claims)
    },
    handler: async (request, reply) => {
      const detail = 'Open a WebSocket here; a plain request gets nothing.'
      reply.header('upgrade', 'websocket')
      return sendProblem(reply, problem('upgrade_required', detail, request.id))
    },
    wsHandler: (socket: WebSocket, request: FastifyRequest) => {
      const connection = new StreamConnection(socket, request, needs)
      connections.add(connection)
      socket.on('message', (data, isBinary) => connection.hear(() => readMessage(data, isBinary)))
      // What is wrong with a connection ends it; the client opens another.
      socket.on('error', () => socket.terminate())
      socket.on('close', () => {
        connections.delete(connection)
        connection.end()
      })
    }
  })
}
