import { performance } from 'node:perf_hooks'
import type { WebSocket } from '@fastify/websocket'
import type { FastifyRequest } from 'fastify'
import type { DecideOnce } from '../decisioning/decide-once.js'
import type { RecordEvents } from '../decisioning/events/record-events.js'
import type { Subscription } from '../decisioning/subscriptions/subscription.js'
import type { Subscriptions } from '../decisioning/subscriptions/subscriptions.js'
import { Refusal } from '../domain/refusal.js'
import { RateExceeded } from './errors.js'
import { createBucket } from './rate.js'
import type { Report } from './refuse.js'
import type { Admission } from './admission.js'
import { MessageRefused, type StreamMessage } from './stream-messages.js'

const MOST_SUBSCRIPTIONS = 100
/** Messages that are being worked on; more wait in the connection. */
const MOST_AT_WORK = 32
const MESSAGES_PER_SECOND = 100
/** The code of a server that goes away (RFC 6455, 7.4.1): the client opens its stream again, at another process. */
const GOING_AWAY = 1001
/** The code of a server that cannot do more for this client now (IANA's registry): the client opens its stream again later. */
const TRY_AGAIN_LATER = 1013
/** What may wait to be sent to a client before its subscriptions pause, before it is no longer heard, and before it is given up. */
const BEHIND_BYTES = 65_536
const UNHEARD_BYTES = 262_144
const GIVEN_UP_BYTES = 1_048_576

/** What a stream does on behalf of its clients. */
export interface StreamNeeds {
  readonly decide: DecideOnce
  readonly recordEvents: RecordEvents
  readonly subscriptions: Subscriptions
  readonly nowMs: () => number
  readonly admission: Admission
  readonly report: Report
}

/** One client of the stream. Answers come as they are ready, not in the order of the messages. */
export class StreamConnection {
  readonly #socket: WebSocket
  readonly #request: FastifyRequest
  readonly #needs: StreamNeeds
  readonly #bucket = createBucket(MESSAGES_PER_SECOND, () => performance.now())
  /** By ref; undefined while one is being opened. */
  readonly #subscriptions = new Map<string, Subscription | undefined>()
  #atWork = 0
  #isAlive = true
  /** Whether a subscription found its client behind, so that it must look again. */
  #someWait = false

  constructor(socket: WebSocket, request: FastifyRequest, needs: StreamNeeds) {
    this.#socket = socket
    this.#request = request
    this.#needs = needs
    socket.on('pong', () => {
      this.#isAlive = true
    })
  }

  /** Asks whether the client is there; one that did not answer the last time is cut off. */
  ping(): void {
    if (this.#isAlive) this.#socket.ping()
    else this.#socket.terminate()
    this.#isAlive = false
  }

  /** Lets the client know that this process stops. */
  leave(): void {
    this.#socket.close(GOING_AWAY, 'This process is stopping; open the stream again.')
  }

  end(): void {
    for (const subscription of this.#subscriptions.values()) subscription?.end()
    this.#subscriptions.clear()
  }

  /** Works on one message; whatever is wrong with it is answered, and the stream stays open. */
  hear(read: () => StreamMessage): void {
    void this.#work(read)
  }

  async #work(read: () => StreamMessage): Promise<void> {
    const receivedAtMs = performance.now()
    let ref: string | undefined
    this.#atWork++
    this.#paceReading()
    try {
      const message = read()
      ref = message.ref
      this.#takeTurn()
      await this.#answer(message, receivedAtMs)
    } catch (error) {
      if (error instanceof MessageRefused) this.#sendProblem(error.ref, error.refusal)
      else this.#sendProblem(ref, error)
    } finally {
      this.#atWork--
      this.#paceReading()
    }
  }

  async #answer(message: StreamMessage, receivedAtMs: number): Promise<void> {
    const { caller } = this.#request
    switch (message.type) {
      case 'decide': {
        const options = { requestText: JSON.stringify(message.request) }
        const { body } = await this.#needs.admission.through(caller, () =>
          this.#needs.decide(message.request, caller, receivedAtMs, options)
        )
        this.#sendDecision(message.ref, body)
        break
      }
      case 'subscribe':
        await this.#subscribe(message, receivedAtMs)
        break
      case 'unsubscribe': {
        const subscription = this.#subscriptions.get(message.ref)
        if (subscription === undefined) throw noSubscription(message.ref)
        subscription.end()
        this.#subscriptions.delete(message.ref)
        this.#send({ type: 'ack', ref: message.ref })
        break
      }
      case 'event': {
        if (!caller.rights.has('tell'))
          throw new Refusal('forbidden', 'Events need a key with the right "tell".')
        const receipt = await this.#needs.admission.through(caller, () =>
          this.#needs.recordEvents(message.events, caller, this.#needs.nowMs())
        )
        this.#send({ type: 'ack', ref: message.ref, ...receipt })
      }
    }
  }

  async #subscribe(
    { ref, request, last }: Extract<StreamMessage, { type: 'subscribe' }>,
    receivedAtMs: number
  ): Promise<void> {
    if (this.#subscriptions.has(ref))
      throw new Refusal('conflict', `There is a subscription "${ref}" here; end it first.`)
    if (this.#subscriptions.size >= MOST_SUBSCRIPTIONS)
      throw new Refusal('not_allowed', `A stream takes ${MOST_SUBSCRIPTIONS} subscriptions.`)
    this.#subscriptions.set(ref, undefined)
    const watcher = {
      isBehind: () => this.#isBehind(),
      send: (body: string) => this.#sendDecision(ref, body),
      fail: (error: unknown) => {
        this.#subscriptions.delete(ref)
        this.#sendProblem(ref, error)
      }
    }
    const options = { receivedAtMs, last }
    try {
      const { subscriptions, admission } = this.#needs
      const { caller } = this.#request
      const opened = await admission.through(caller, () =>
        subscriptions.open(request, caller, watcher, options)
      )
      if (this.#socket.readyState === this.#socket.OPEN) this.#subscriptions.set(ref, opened)
      else opened.end()
    } catch (error) {
      this.#subscriptions.delete(ref)
      throw error
    }
  }

  /** Throws RateExceeded; what the key allows and what one stream may say both count. */
  #takeTurn(): void {
    const waitSeconds = Math.max(this.#bucket.take(), this.#request.bucket?.take() ?? 0)
    if (waitSeconds > 0) throw new RateExceeded(waitSeconds)
  }

  #isBehind(): boolean {
    this.#someWait ||= this.#socket.bufferedAmount > BEHIND_BYTES
    return this.#someWait
  }

  /** A client that asks faster than it is answered, or does not read its answers, is not heard until it does. */
  #paceReading(): void {
    const isTooMuch = this.#atWork >= MOST_AT_WORK || this.#socket.bufferedAmount > UNHEARD_BYTES
    if (isTooMuch && !this.#socket.isPaused) this.#socket.pause()
    else if (!isTooMuch && this.#socket.isPaused) this.#socket.resume()
  }

  /** @param body an answer, JSON text */
  #sendDecision(ref: string | undefined, body: string): void {
    const name = ref === undefined ? '' : `"ref":${JSON.stringify(ref)},`
    this.#sendText(`{"type":"decision",${name}${body.slice(1)}`)
  }

  #sendProblem(ref: string | undefined, error: unknown): void {
    this.#send({ type: 'error', ref, problem: this.#needs.report(error, this.#request) })
  }

  #send(message: object): void {
    this.#sendText(JSON.stringify(message))
  }

  #sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(text, () => this.#left())
    if (this.#socket.bufferedAmount > GIVEN_UP_BYTES)
      this.#socket.close(
        TRY_AGAIN_LATER,
        'You do not read what you are sent; open the stream again.'
      )
  }

  /** Something left for the client. */
  #left(): void {
    this.#paceReading()
    if (!this.#someWait || this.#socket.bufferedAmount > BEHIND_BYTES) return
    this.#someWait = false
    for (const subscription of this.#subscriptions.values()) subscription?.look()
  }
}

function noSubscription(ref: string): Refusal {
  return new Refusal('not_found', `There is no subscription "${ref}" on this stream.`)
}
