import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending } from './redis.js'
import { startNode, type NodeTls, type RedisNode } from './redis-node.js'

const SLOTS = 16_384
const HOST = '127.0.0.1'
const CLUSTERED = [
  ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
  ...['--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no']
]
const READY_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 25

/** One server of a private cluster. */
export type ClusterNode = RedisNode

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
  /** All speak TLS only. */
  readonly tls?: NodeTls
}

/** Starts three masters that divide the slots; everything is gone when the test ends. */
export async function startRedisCluster(
  t: Ending,
  { replicas = 0, args = [], tls }: ClusterSettings = {}
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
    nodes.push(await startNode(join(folder, String(i)), [...CLUSTERED, ...args], tls))
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

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + READY_WITHIN_MS
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error('the cluster does not come about')
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
