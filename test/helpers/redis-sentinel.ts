import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending } from './redis.js'
import {
  freePort,
  listening,
  nodeOn,
  startNode,
  startServer,
  type NodeTls,
  type RedisNode
} from './redis-node.js'

const NAME = 'offers'
/** Replicas are served as they come, and look for their master more often than once a second. */
const PROMPT = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1']
const READY_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 10

/** A private master with replicas, and the sentinels that watch over it. */
export interface WatchedRedis {
  /** For OFFERD_REDIS_URL. */
  readonly url: string
  /** The master at the start, then its replicas. */
  readonly servers: readonly [RedisNode, ...RedisNode[]]
  readonly sentinels: readonly RedisNode[]
  /** Resolves with the server that the sentinels name, once that is another one than this. */
  masterAfter(before: RedisNode): Promise<RedisNode>
}

export interface WatchSettings {
  /** Default 1. */
  readonly replicas?: number
  /** Default 3. */
  readonly sentinels?: number
  /** How long the master may be silent; default 500. */
  readonly downAfterMs?: number
  /** All speak TLS only. */
  readonly tls?: NodeTls
}

/** Starts a master, its replicas and sentinels that know each other already; everything is gone when the test ends. */
export async function startWatchedRedis(
  t: Ending,
  { replicas = 1, sentinels = 3, downAfterMs = 500, tls }: WatchSettings = {}
): Promise<WatchedRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-sentinel-'))
  const nodes: RedisNode[] = []
  t.teardown(async () => {
    for (const node of nodes) {
      node.client.disconnect()
      await node.kill('SIGKILL')
    }
    await rm(folder, { recursive: true })
  })
  const master = await startNode(join(folder, 'master'), PROMPT, tls)
  nodes.push(master)
  const followers = await Promise.all(
    Array.from({ length: replicas }, (_, i) =>
      startNode(
        join(folder, `replica-${i}`),
        [...PROMPT, ...['--replicaof', '127.0.0.1', String(master.port)]],
        tls
      )
    )
  )
  nodes.push(...followers)
  await untilLinked(master, followers.length)
  const settings = [
    `sentinel monitor ${NAME} 127.0.0.1 ${master.port} ${Math.floor(sentinels / 2) + 1}`,
    `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${NAME} 5000`,
    ...followers.map(({ port }) => `sentinel known-replica ${NAME} 127.0.0.1 ${port}`)
  ]
  const guards = await startSentinels(folder, sentinels, settings, tls)
  nodes.push(...guards)
  const servers = [master, ...followers] as const
  return {
    url: `${tls === undefined ? 'redis' : 'rediss'}+sentinel://${guards.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    servers: [...servers],
    sentinels: guards,
    masterAfter: async before => {
      let port = before.port
      await eventually(async () => {
        const said = await guards[0]!.client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)
        port = Number((said as string[])[1])
        return port !== before.port
      })
      return servers.find(server => server.port === port)!
    }
  }
}

async function startSentinels(
  folder: string,
  count: number,
  settings: readonly string[],
  tls: NodeTls | undefined
): Promise<RedisNode[]> {
  const known: Array<{ port: number; id: string }> = []
  for (let i = 0; i < count; i++)
    known.push({ port: await freePort(), id: randomBytes(20).toString('hex') })
  return await Promise.all(
    known.map(async ({ port, id }) => {
      const dir = join(folder, `sentinel-${port}`)
      await mkdir(dir)
      const others = known
        .filter(other => other.id !== id)
        .map(other => `sentinel known-sentinel ${NAME} 127.0.0.1 ${other.port} ${other.id}`)
      const file = join(dir, 'sentinel.conf')
      const own = [...listening(port, tls), `dir ${dir}`, `sentinel myid ${id}`]
      await writeFile(file, [...own, ...settings, ...others, ''].join('\n'))
      return await nodeOn(port, () => startServer([file, '--sentinel']), tls)
    })
  )
}

async function untilLinked(master: RedisNode, replicas: number): Promise<void> {
  await eventually(async () => {
    const info = await master.client.info('replication')
    return (info.match(/state=online/g) ?? []).length === replicas
  })
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + READY_WITHIN_MS
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error('what is waited for does not come about')
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
