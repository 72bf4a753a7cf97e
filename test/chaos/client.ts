import { Agent, request } from 'node:http'

/** What came back. `refused`: nobody listens, so nothing was done. `lost`: sent, and the connection broke or nothing came. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'lost' }

export interface Asking {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** Longer than anything that the service promises. */
const GIVE_UP_MS = 15_000
const REFUSED: Answer = { kind: 'refused' }
const LOST: Answer = { kind: 'lost' }

/** Sends requests on connections that are kept. */
export interface Client {
  ask(asking: Asking): Promise<Answer>
  close(): void
}

export function createClient(): Client {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 })
  return {
    ask: asking => ask(agent, asking),
    close: () => {
      agent.destroy()
    }
  }
}

function ask(agent: Agent, { method, url, body, headers }: Asking): Promise<Answer> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const content =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }
  return new Promise(resolve => {
    const sent = request(
      url,
      { agent, method, headers: { ...content, ...headers }, timeout: GIVE_UP_MS },
      response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', () => resolve(LOST))
        response.on('close', () => resolve(LOST))
        response.on('end', () => {
          const status = response.statusCode ?? 0
          resolve({ kind: 'answered', status, text: Buffer.concat(chunks).toString() })
        })
      }
    )
    sent.on('timeout', () => sent.destroy())
    sent.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? REFUSED : LOST)
    )
    sent.end(text)
  })
}
