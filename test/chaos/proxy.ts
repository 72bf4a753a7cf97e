import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Random } from '../../src/learning/random.js'
import type { Ending } from '../helpers/redis.js'

/** What a link does to what it carries. */
export type LinkFault =
  | { readonly kind: 'none' }
  /** Nothing arrives and nothing is refused; what was sent meanwhile arrives when the link is whole again, as after retransmission. */
  | { readonly kind: 'black hole' }
  /** Every piece arrives so much later, evenly spread around the mean; the order is kept. */
  | { readonly kind: 'latency'; readonly meanMs: number; readonly jitterMs: number }
  /** That share of the replies breaks off half way, and the connection with it. */
  | { readonly kind: 'reset'; readonly share: number }
  /** That share of the replies begins byte by byte. */
  | { readonly kind: 'slices'; readonly share: number }

/** A TCP link to a server on a unix socket, which misbehaves on demand and by its seed. */
export interface Link {
  readonly port: number
  set(fault: LinkFault): void
}

/** More of a reply is not cut: the parser has seen its beginning in pieces by then. */
const SLICED_BYTES = 32

/** Opens a link; it is gone when the test ends. */
export async function openLink(t: Ending, socketPath: string, random: Random): Promise<Link> {
  const state: { fault: LinkFault } = { fault: { kind: 'none' } }
  const lines = new Set<DelayLine>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, near => {
    const far = connect({ path: socketPath, allowHalfOpen: true })
    const pair = [near, far] as const
    for (const socket of pair) {
      // The other side hears of it through the line's end; what breaks off must not end this process.
      socket.on('error', () => undefined)
    }
    const upward = new DelayLine(near, far, () => delayOf(state.fault, random))
    const downward = new DelayLine(
      far,
      near,
      () => delayOf(state.fault, random),
      reply => {
        const { fault } = state
        if (fault.kind === 'slices' && random.chance(fault.share)) return bytesOf(reply)
        if (fault.kind !== 'reset' || !random.chance(fault.share)) return [reply]
        return [reply.subarray(0, reply.length >> 1), BROKEN]
      }
    )
    for (const line of [upward, downward]) {
      lines.add(line)
      line.onOver(() => lines.delete(line))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const line of lines) line.cut()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return {
    port: address.port,
    set(fault) {
      state.fault = fault
      for (const line of lines) line.look()
    }
  }
}

/** In a line of pieces: the connection breaks off here. */
const BROKEN = Symbol('broken')
/** In a line of pieces: the sender has said all. */
const END = Symbol('end')
type Piece = Buffer | typeof BROKEN | typeof END

/** One direction of a connection: pieces on their way, in their order. */
class DelayLine {
  readonly #from: Socket
  readonly #to: Socket
  readonly #delayMs: () => number
  readonly #onTheWay: Array<readonly [dueMs: number, piece: Piece]> = []
  #over: () => void = () => undefined
  #timer: NodeJS.Timeout | undefined
  #lastDueMs = 0
  #writing = false

  constructor(
    from: Socket,
    to: Socket,
    delayMs: () => number,
    cut: (reply: Buffer) => readonly Piece[] = reply => [reply]
  ) {
    this.#from = from
    this.#to = to
    this.#delayMs = delayMs
    from.on('data', (chunk: Buffer) => this.#take(cut(chunk)))
    from.on('end', () => this.#take([END]))
    from.on('error', () => this.#take([BROKEN]))
    to.on('close', () => this.cut())
  }

  onOver(over: () => void): void {
    this.#over = over
  }

  /** The link's state has changed: what was held may go on. */
  look(): void {
    if (this.#delayMs() !== Infinity)
      for (const [i, [dueMs, piece]] of this.#onTheWay.entries())
        if (dueMs === Infinity) this.#onTheWay[i] = [performance.now(), piece]
    this.#deliver()
  }

  cut(): void {
    clearTimeout(this.#timer)
    this.#onTheWay.length = 0
    this.#from.destroy()
    this.#to.destroy()
    this.#over()
  }

  #take(pieces: readonly Piece[]): void {
    const held = this.#onTheWay.at(-1)?.[0] === Infinity
    const dueMs = held ? Infinity : performance.now() + this.#delayMs()
    this.#lastDueMs =
      held || dueMs === Infinity ? this.#lastDueMs : Math.max(this.#lastDueMs, dueMs)
    for (const piece of pieces)
      this.#onTheWay.push([dueMs === Infinity ? Infinity : this.#lastDueMs, piece])
    this.#deliver()
  }

  /** Single bytes go one a turn, so that they do not travel together. */
  #deliver(): void {
    if (this.#writing) return
    clearTimeout(this.#timer)
    for (;;) {
      const [first] = this.#onTheWay
      if (first === undefined || first[0] === Infinity) return
      const waitMs = first[0] - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#deliver(), waitMs)
        return
      }
      this.#onTheWay.shift()
      if (!this.#hand(first[1])) return
    }
  }

  /** False where the rest has to wait for another turn, or there is none. */
  #hand(piece: Piece): boolean {
    if (piece === BROKEN) {
      // The server's side is a unix socket, on which nothing can be reset.
      if (this.#to.remotePort !== undefined) this.#to.resetAndDestroy()
      this.cut()
      return false
    }
    if (piece === END) {
      this.#to.end()
      return true
    }
    this.#to.write(piece)
    if (piece.length > 1) return true
    this.#writing = true
    setImmediate(() => {
      this.#writing = false
      this.#deliver()
    })
    return false
  }
}

function delayOf(fault: LinkFault, random: Random): number {
  if (fault.kind === 'black hole') return Infinity
  if (fault.kind !== 'latency') return 0
  return Math.max(0, fault.meanMs + (2 * random.uniform() - 1) * fault.jitterMs)
}

function bytesOf(reply: Buffer): Buffer[] {
  const sliced = Math.min(SLICED_BYTES, reply.length)
  const bytes = Array.from({ length: sliced }, (_, i) => reply.subarray(i, i + 1))
  return reply.length > sliced ? [...bytes, reply.subarray(sliced)] : bytes
}
