import type { DecisionRequest } from '../../domain/decision.js'
import type { IncomingEvent } from '../../domain/interaction.js'
import { createCell, type Cell } from '../shell/cell.js'
import { ApiProblem, post, type Answer } from './client.js'

/** Who waits for the answers of a subscription. */
export interface StreamWatcher {
  /** The first answer, and every one that replaces it. */
  decided(decision: Answer<'Decision'>): void
  /** The subscription is impossible, or has become so; it has ended. */
  failed(problem: ApiProblem): void
}

/** A connection to /v1/stream that comes back by itself. */
export interface DecisionStream {
  /** False while the connection is away; then what was last shown may be old. */
  readonly isOpen: Cell<boolean>
  /** Keeps an answer up to date, through lost connections too; answers how to end it. */
  subscribe(request: DecisionRequest, watcher: StreamWatcher): () => void
  /** Tells what happened. Rejects with ApiProblem where the service refuses it or an event of it, or the connection goes before it says so. */
  tell(events: readonly IncomingEvent[]): Promise<void>
  close(): void
}

type Message = Readonly<
  | (Answer<'Decision'> & { type: 'decision'; ref: string })
  | (Answer<'EventsReceipt'> & { type: 'ack'; ref: string })
  | { type: 'error'; ref?: string; problem: Answer<'Problem'> }
>

interface Subscribed {
  readonly request: DecisionRequest
  readonly watcher: StreamWatcher
  /** Of the newest answer, from which the service goes on after a break. */
  last: string | undefined
}

interface Waiting {
  resolve(): void
  reject(problem: ApiProblem): void
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000
/** The service has too much to do: as long as after so many failures. */
const LATER = 2
const OVERLOADED = 'OFFERD_OVERLOADED'

/** Opens the stream of this host. */
export function openStream(): DecisionStream {
  const isOpen = createCell(false)
  const subscriptions = new Map<string, Subscribed>()
  const tellings = new Map<string, Waiting>()
  let socket: WebSocket | undefined
  let isClosed = false
  let failures = 0
  let refs = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Where there is no ticket to be had there is no stream either; both are tried again. */
  async function connect(): Promise<void> {
    try {
      const { ticket } = await post('StreamTicket', '/v1/stream/tickets', {})
      if (!isClosed) open(ticket === null ? ['offerd'] : ['offerd', `offerd.ticket.${ticket}`])
    } catch {
      again()
    }
  }

  function again(): void {
    if (!isClosed) timer = setTimeout(() => void connect(), waitMs(failures++))
  }

  function open(protocols: string[]): void {
    const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/stream`, protocols)
    socket = opened
    opened.onopen = () => {
      failures = 0
      isOpen.set(true)
      for (const [ref, subscription] of subscriptions) sendSubscription(ref, subscription)
    }
    opened.onmessage = ({ data }) => hear(JSON.parse(String(data)) as Message)
    opened.onclose = () => {
      isOpen.set(false)
      for (const { reject } of tellings.values()) reject(broken())
      tellings.clear()
      again()
    }
  }

  function hear(message: Message): void {
    const ref = message.ref ?? ''
    if (message.type === 'decision') {
      const subscription = subscriptions.get(ref)
      // One that was ended while this was on its way.
      if (subscription === undefined) return
      subscription.last = message.decisionId
      subscription.watcher.decided(message)
      return
    }
    const telling = tellings.get(ref)
    tellings.delete(ref)
    if (message.type === 'ack') {
      // The end of a subscription is acknowledged too, and nobody waits for that.
      if (telling === undefined) return
      const refused = message.rejected[0]
      if (refused === undefined) telling.resolve()
      else telling.reject(notTaken(refused))
      return
    }
    const problem = new ApiProblem(message.problem)
    telling?.reject(problem)
    const subscription = subscriptions.get(ref)
    if (subscription !== undefined && message.problem.code === OVERLOADED) {
      setTimeout(() => subscribeAgain(ref, subscription), waitMs(LATER))
      return
    }
    subscriptions.delete(ref)
    subscription?.watcher.failed(problem)
  }

  const send = (message: object): void => socket?.send(JSON.stringify(message))
  function sendSubscription(ref: string, { request, last }: Subscribed): void {
    send({ type: 'subscribe', ref, ...request, ...(last === undefined ? {} : { last }) })
  }

  /** Unless it was ended meanwhile; a connection that was opened meanwhile has it already. */
  function subscribeAgain(ref: string, subscription: Subscribed): void {
    if (isOpen.get() && subscriptions.get(ref) === subscription) sendSubscription(ref, subscription)
  }

  void connect()
  return {
    isOpen,
    subscribe(request, watcher) {
      const ref = `s${++refs}`
      const subscription = { request, watcher, last: undefined }
      subscriptions.set(ref, subscription)
      if (isOpen.get()) sendSubscription(ref, subscription)
      return () => {
        if (subscriptions.delete(ref) && isOpen.get()) send({ type: 'unsubscribe', ref })
      }
    },
    tell(events) {
      if (!isOpen.get()) return Promise.reject(broken())
      const ref = `t${++refs}`
      return new Promise((resolve, reject) => {
        tellings.set(ref, { resolve, reject })
        send({ type: 'event', ref, events })
      })
    },
    close() {
      isClosed = true
      clearTimeout(timer)
      socket?.close()
    }
  }
}

/** Drawn from a range that doubles with each failure, so that all screens of a service that was away do not come back at once. */
function waitMs(failures: number): number {
  return Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
}

const FAULT = { type: 'about:blank', title: '', status: 0, instance: '' } as const

function broken(): ApiProblem {
  const detail = 'The connection to the service broke off before it was told. Try again.'
  return new ApiProblem({ ...FAULT, code: 'BROKEN_OFF', detail })
}

function notTaken({
  code,
  detail
}: {
  readonly code: string
  readonly detail: string
}): ApiProblem {
  return new ApiProblem({ ...FAULT, status: 422, code, detail })
}
