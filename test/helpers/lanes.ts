import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Ending } from './redis.js'

/** A request that came to nothing. */
export interface Failure {
  /** Who had answered on the connection before. */
  readonly process: string | undefined
  readonly message: string
}

/** One client that asks again as soon as it is answered, each time on the connection that it has, as long as that stays open. */
export interface Lane {
  /** Of the answers so far. */
  readonly answered: number
  readonly failures: readonly Failure[]
  /** The process that answered last, as its request ids name it. */
  readonly process: string | undefined
}

export interface Lanes {
  readonly all: readonly Lane[]
  failures(): Failure[]
  /** Resolves once every lane has been answered so many times more. */
  answered(more: number): Promise<void>
  stop(): Promise<void>
}

/** A request without an answer for so long has failed. */
const PATIENCE_MS = 30_000

/** Asks for decisions without a pause until the test ends or it is told to stop. */
export function openLanes(t: Ending, url: string, count: number, body: object): Lanes {
  const all = Array.from({ length: count }, () => new RunningLane(url, JSON.stringify(body)))
  const lanes: Lanes = {
    all,
    failures: () => all.flatMap(({ failures }) => failures),
    async answered(more) {
      await Promise.all(all.map(lane => lane.reach(lane.answered + more)))
    },
    async stop() {
      await Promise.all(all.map(lane => lane.stop()))
    }
  }
  t.teardown(() => lanes.stop())
  return lanes
}

class RunningLane implements Lane {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #url: string
  readonly #body: string
  readonly #running: Promise<void>
  readonly failures: Failure[] = []
  answered = 0
  process: string | undefined
  #isStopped = false
  #waiting: Array<{ readonly count: number; done(): void }> = []

  constructor(url: string, body: string) {
    this.#url = url
    this.#body = body
    this.#running = this.#run()
  }

  reach(count: number): Promise<void> {
    return new Promise(done => this.#waiting.push({ count, done }))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running
    this.#agent.destroy()
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#ask()
        this.answered++
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        this.failures.push({ process: this.process, message })
      }
      const reached = this.#waiting.filter(({ count }) => this.answered >= count)
      this.#waiting = this.#waiting.filter(({ count }) => this.answered < count)
      for (const { done } of reached) done()
    }
  }

  async #ask(): Promise<void> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = request(`${this.#url}/v1/decisions`, {
        method: 'POST',
        agent: this.#agent,
        headers: { 'content-type': 'application/json' },
        timeout: PATIENCE_MS
      })
      asked.once('response', resolve)
      asked.once('error', reject)
      asked.once('timeout', () => asked.destroy(new Error('no answer came in time')))
      asked.end(this.#body)
    })
    const answer = await text(response)
    if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${answer}`)
    this.process = String(response.headers['x-request-id']).slice(0, 8)
  }
}
