import { join } from 'node:path'
import { startRedisCluster } from '../../test/helpers/redis-cluster.js'
import { CUSTOMERS, lotOf, type Bed } from '../contenders.js'
import { pin } from '../processes.js'
import { shortRatio } from '../ratio.js'
import { tableOf } from '../report.js'
import { seedOfferd } from '../seed.js'
import { inTurns, medianOf, ratioOf } from '../turns.js'
import { ROUNDS, SECONDS, type Chapter } from './section.js'

/** The service on a cluster of three masters and three replicas, against the one on one server. */
export async function compareCluster({ ground, contenders, load }: Bed): Promise<Chapter> {
  const ends: Array<() => unknown> = []
  try {
    const cluster = await startRedisCluster(
      { teardown: (end: () => unknown) => void ends.push(end) },
      { replicas: 1, args: ['--appendonly', 'no'] }
    )
    for (const { pid } of [...cluster.masters, ...cluster.replicas]) pin(pid, 1)
    const server = await ground.further(
      'offerd on a cluster',
      join(ground.dir, 'journalling'),
      undefined,
      { OFFERD_REDIS_URL: cluster.url, OFFERD_DATA: join(ground.dir, 'cluster') }
    )
    ends.push(server.stop)
    await seedOfferd(server.url, CUSTOMERS)
    const order = { connections: 64, seconds: SECONDS }
    const lots = [
      lotOf('one server, on a socket', contenders.journalling, order),
      lotOf('three masters with a replica each, over TCP', server, order)
    ]
    // The first rounds warm the newer server up.
    await inTurns(load, lots, 3)
    const figures = await inTurns(load, lots, ROUNDS)
    const rows = figures.map((rounds, i) => [
      lots[i]!.label,
      medianOf(rounds, 'requestsPerSecond').toFixed(0),
      medianOf(rounds, 'p99Ms'),
      medianOf(rounds, 'cpuMicrosPerRequest').toFixed(1),
      shortRatio(ratioOf(rounds, figures[0]!, 'cpuMicrosPerRequest'))
    ])
    const head = [
      'offerd, journal on',
      'requests/s',
      'p99 ms',
      'CPU µs/request',
      'CPU against the first'
    ]
    return {
      text: `All seven servers and the load share one processor, so requests per second say little here.\n\n${tableOf(head, rows)}`
    }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}
