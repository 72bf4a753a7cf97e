import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { Redis } from 'ioredis'

const HOST = '127.0.0.1'
/** A cluster's servers talk to each other on the port that is so much higher. */
const BUS_OFFSET = 10_000

/** One Redis of several, on a port of loopback. */
export interface RedisNode {
  readonly port: number
  readonly url: string
  readonly pid: number
  /** A client of this server alone, closed when the test ends. */
  readonly client: Redis
  pause(): void
  resume(): void
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port, with all that it had acknowledged. */
  restart(): Promise<void>
}

/** What servers and their clients need to speak TLS and nothing else: files in PEM. */
export interface NodeTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Where a server listens, as lines of its settings. */
export function listening(port: number, tls?: NodeTls): string[] {
  if (tls === undefined) return [`port ${port}`, `bind ${HOST}`]
  return [
    ...['port 0', `tls-port ${port}`, `bind ${HOST}`, 'tls-replication yes', 'tls-cluster yes'],
    ...[`tls-cert-file ${tls.cert}`, `tls-key-file ${tls.key}`, `tls-ca-cert-file ${tls.ca}`]
  ]
}

/**
 * Starts a Redis in a folder that is made for it.
 * @param args further arguments of redis-server
 */
export async function startNode(
  dir: string,
  args: readonly string[],
  tls?: NodeTls
): Promise<RedisNode> {
  await mkdir(dir)
  const port = await freePort()
  const start = () =>
    startServer([
      ...listening(port, tls).flatMap(line => `--${line}`.split(' ')),
      ...['--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
      ...args
    ])
  return await nodeOn(port, start, tls)
}

/** A server of a port, started now and whenever it is asked to start again. */
export async function nodeOn(
  port: number,
  start: () => Promise<ChildProcess>,
  tls?: NodeTls
): Promise<RedisNode> {
  let server = await start()
  const client = new Redis({
    host: HOST,
    port,
    retryStrategy: () => 50,
    ...(tls === undefined ? {} : { tls: await textsOf(tls) })
  })
  client.on('error', () => undefined)
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  return {
    port,
    url: `${tls === undefined ? 'redis' : 'rediss'}://${HOST}:${port}`,
    get pid() {
      return server.pid!
    },
    client,
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    kill,
    restart: async () => {
      await kill()
      server = await start()
    }
  }
}

/**
 * Starts a process and waits until it says that it serves.
 * @param args of redis-server
 */
export async function startServer(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', args)
  const output: string[] = []
  for await (const chunk of child.stdout) {
    output.push(String(chunk))
    if (/eady to accept connections|\+monitor/.test(output.join(''))) {
      child.stdout.resume()
      return child
    }
  }
  throw new Error(`redis-server does not start: ${output.join('')}`)
}

async function textsOf({ ca, cert, key }: NodeTls): Promise<NodeTls> {
  const [caText, certText, keyText] = await Promise.all(
    [ca, cert, key].map(file => readFile(file, 'utf8'))
  )
  return { ca: caText!, cert: certText!, key: keyText! }
}

/** A port that is free, as is the one that the servers of a cluster would use among themselves. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await portOf(0)
    if (port <= 65_535 - BUS_OFFSET && (await portOf(port + BUS_OFFSET).catch(() => 0)) !== 0)
      return port
  }
}

async function portOf(asked: number): Promise<number> {
  const server = createServer()
  server.listen(asked, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
