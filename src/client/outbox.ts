import type { EventsReceipt, ToldEvent } from './wire.js'

/** What waits at most; beyond it the oldest go, and are reported. */
const MOST_WAITING = 200
/** Browsers send at most 64 kB that outlive the page. */
const MOST_AT_ONCE = 50
/** So that what is seen together is told together. */
const GATHER_MS = 300
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 60_000
const PATIENCE_MS = 10_000

export interface Outbox {
  /** Tells it soon, or at once where the page may be about to go. */
  add(event: ToldEvent, urgent: boolean): void
}

/**
 * Tells events in batches; what the service cannot take waits in memory and is told later. While the page is hidden or
 * leaves, the browser takes over what waits (sendBeacon). Telling the same fact twice counts once, because it carries a token or an id.
 */
export function createOutbox(url: string, report: (trouble: string) => void): Outbox {
  let waiting: ToldEvent[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let isSending = false
  let failures = 0

  const schedule = (delayMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void send(), delayMs)
  }

  const keep = (events: ToldEvent[]): void => {
    const over = events.length - MOST_WAITING
    if (over > 0) report(`The service is away; ${over} of the oldest events are given up.`)
    waiting = events.slice(-MOST_WAITING)
  }

  async function send(): Promise<void> {
    timer = undefined
    if (isSending || waiting.length === 0) return
    isSending = true
    const batch = waiting.splice(0, MOST_AT_ONCE)
    try {
      const complaint = await post(url, batch)
      failures = 0
      if (complaint !== '') report(complaint)
    } catch (error) {
      failures++
      report(`Events wait for the service: ${String(error)}`)
      keep([...batch, ...waiting])
    }
    isSending = false
    if (waiting.length > 0)
      schedule(
        failures === 0 ? 0 : Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
      )
  }

  const handOver = (): void => {
    if (waiting.length === 0) return
    const batch = waiting.slice(0, MOST_AT_ONCE)
    // Nobody hears what becomes of a beacon, so what failed before is kept as well.
    if (navigator.sendBeacon(url, JSON.stringify(batch)) && failures === 0)
      waiting = waiting.slice(MOST_AT_ONCE)
  }
  // A page that is hidden may never be heard of again; old browsers say pagehide alone.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') handOver()
  })
  addEventListener('pagehide', handOver)
  addEventListener('online', () => schedule(0))

  return {
    add(event, urgent) {
      keep([...waiting, event])
      if (urgent) schedule(0)
      else if (timer === undefined) schedule(GATHER_MS)
    }
  }
}

/** Answers what the service does not accept; rejects when it should be told later. */
async function post(url: string, events: readonly ToldEvent[]): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(events),
    credentials: 'omit',
    keepalive: true,
    signal: AbortSignal.timeout(PATIENCE_MS)
  })
  if (response.status === 429 || response.status >= 500)
    throw new Error(`it answers ${response.status}`)
  const { rejected = [], detail = '' } = (await response.json()) as Partial<EventsReceipt> & {
    readonly detail?: string
  }
  return rejected.map(rejection => rejection.detail).join('; ') || detail
}
