import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Ending } from './redis.js'

const SLOTS = 16_384
const HOST = '127.0.0.1'
/** A cluster's servers talk to each other on the port that is so much higher. */
const BUS_OFFSET = 10_000
const READY_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 25

/** One server of a private cluster. */
export interface ClusterNode {
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

/** A private Redis Cluster on loopback. */
export interface TestCluster {
  /** The addresses of all masters, with commas between. */
  readonly url: string
  readonly masters: readonly ClusterNode[]
  readonly replicas: readonly ClusterNode[]
  /** Resolves when every server says that all slots are served. */
  settled(): Promise<void>
}

/** What a cluster is started with. */
export interface ClusterSettings {
  /** Replicas of each master; default 0. */
  readonly replicas?: number
  /** Further arguments of redis-server. */
  readonly args?: readonly string[]
}

/** Starts three masters that divide the slots; everything is gone when the test ends. */
export async function startRedisCluster(
  t: Ending,
  { replicas = 0, args = [] }: ClusterSettings = {}
): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-cluster-'))
  const nodes: ClusterNode[] = []
  t.teardown(async () => {
    for (const node of nodes) {
      node.client.disconnect()
      await node.kill('SIGKILL')
    }
    await rm(folder, { recursive: true })
  })
  for (let i = 0; i < 3 * (1 + replicas); i++)
    nodes.push(await startNode(join(folder, String(i)), args))
  const masters = nodes.slice(0, 3)
  const followers = nodes.slice(3)
  await bringTogether(masters, followers)
  const settled = () => untilServed(nodes)
  await settled()
  return {
    url: masters.map(({ url }) => url).join(','),
    masters,
    replicas: followers,
    settled
  }
}

async function bringTogether(
  masters: readonly ClusterNode[],
  followers: readonly ClusterNode[]
): Promise<void> {
  const [first, ...others] = [...masters, ...followers]
  for (const [i, { client }] of masters.entries()) {
    const from = Math.floor((i * SLOTS) / masters.length)
    const to = Math.floor(((i + 1) * SLOTS) / masters.length) - 1
    await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to)
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
  }
  for (const { client } of others) await client.call('CLUSTER', 'MEET', HOST, first!.port)
  for (const [i, { client }] of followers.entries()) {
    const id = String(await masters[i % masters.length]!.client.call('CLUSTER', 'MYID'))
    await eventually(() =>
      client.call('CLUSTER', 'REPLICATE', id).then(
        () => true,
        () => false
      )
    )
  }
}

async function untilServed(nodes: readonly ClusterNode[]): Promise<void> {
  for (const { client } of nodes) {
    await eventually(async () => {
      const info = String(await client.call('CLUSTER', 'INFO').catch(() => ''))
      return (
        info.includes('cluster_state:ok') &&
        info.includes(`cluster_slots_ok:${SLOTS}`) &&
        info.includes(`cluster_known_nodes:${nodes.length}`)
      )
    })
  }
}

async function startNode(dir: string, args: readonly string[]): Promise<ClusterNode> {
  await mkdir(dir)
  const port = await freePort()
  const start = () => startServer(dir, port, args)
  let server = await start()
  const client = new Redis({ host: HOST, port, retryStrategy: () => 50 })
  client.on('error', () => undefined)
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  return {
    port,
    url: `redis://${HOST}:${port}`,
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

async function startServer(
  dir: string,
  port: number,
  args: readonly string[]
): Promise<ChildProcess> {
  const child = spawn('redis-server', [
    ...['--port', String(port), '--bind', HOST, '--dir', dir],
    ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
    ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
    ...['--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no'],
    ...args
  ])
  const output: string[] = []
  for await (const chunk of child.stdout) {
    output.push(String(chunk))
    if (output.join('').includes('eady to accept connections')) {
      child.stdout.resume()
      return child
    }
  }
  throw new Error(`redis-server does not start: ${output.join('')}`)
}

/** A port that is free, as is the one that the servers would use among themselves. */
async function freePort(): Promise<number> {
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

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + READY_WITHIN_MS
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error('the cluster does not come about')
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
