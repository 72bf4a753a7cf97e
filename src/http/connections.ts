import type { Server } from 'node:http'
import { isIPv6 } from 'node:net'
import { rawProblem } from './refuse.js'

export interface ConnectionNeeds {
  /** Connections that the process takes at once; half of them from one network. */
  readonly most: number
  /** Tells what a connection was refused for. */
  readonly refused: (because: 'process' | 'address') => void
}

/**
 * Bounds the connections of the process and of each address, streams included. What is beyond the process' own bound is closed before it
 * costs anything; who opens too many from one address gets an answer, because there may be a proxy that can tell somebody.
 */
export function boundConnections(server: Server, { most, refused }: ConnectionNeeds): void {
  const mostOfOne = Math.ceil(most / 2)
  const open = new Map<string, number>()
  server.maxConnections = most
  server.on('drop', () => refused('process'))
  server.on('connection', socket => {
    const network = networkOf(socket.remoteAddress ?? '')
    const now = (open.get(network) ?? 0) + 1
    open.set(network, now)
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1
      if (left > 0) open.set(network, left)
      else open.delete(network)
    })
    if (now <= mostOfOne) return
    refused('address')
    socket.end(rawProblem('too_many'))
    socket.destroySoon()
  })
}

/** An address, or of IPv6 the first 64 bits, because whoever has one such address has all that share these. */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail] = address.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':')
}
