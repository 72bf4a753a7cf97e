import websocket, { type WebSocket } from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../domain/refusal.js'
import { problem } from './errors.js'
import { sendProblem } from './refuse.js'
import { readMessage } from './stream-messages.js'
import { pickProtocol } from './stream-protocol.js'
import { StreamConnection, type StreamNeeds } from './stream-connection.js'
import { takeTicket, ticketRoute, type TicketNeeds } from './stream-tickets.js'

/** Longest message of a client, in bytes. */
const MESSAGE_BYTES = 65_536
const MOST_CONNECTIONS = 5000
/** A client that has not answered one ping when the next is due is gone. */
const PING_MS = 30_000

/** GET /v1/stream: decisions, subscriptions and events over one WebSocket. */
export async function streamRoute(
  app: FastifyInstance,
  { toldToStop, ...needs }: StreamNeeds & TicketNeeds & { readonly toldToStop: Promise<unknown> }
): Promise<void> {
  const connections = new Set<StreamConnection>()
  ticketRoute(app, needs)
  await app.register(websocket, {
    options: { maxPayload: MESSAGE_BYTES, perMessageDeflate: false, handleProtocols: pickProtocol }
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
    config: { right: 'decide', publishable: true, ticketed: true },
    preValidation: async request => {
      if (connections.size >= MOST_CONNECTIONS)
        throw new Refusal('unavailable', 'This process has all the streams that it can serve.')
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
