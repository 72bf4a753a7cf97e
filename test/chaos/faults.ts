import type { Server, World } from './world.js'

/** Takes a fault back. */
type Heal = () => void | Promise<void>

/** What is asked of the service while a fault lasts and after it. */
interface Asked {
  /** Reasons that degraded answers may name. */
  readonly reasons: readonly string[]
  /** How soon every process is whole again when the fault is taken back. */
  readonly wholeAgainMs: number
  /** What /readyz must say of it, and how soon. */
  readonly ready?: { readonly says: RegExp; readonly withinMs: number }
  /** Most decisions that may be degraded; default all. */
  readonly degradedShare?: number
}

/** Something that goes wrong. */
export interface Fault {
  readonly name: string
  /** What is done, for people. */
  readonly what: string
  readonly lastsMs: number
  /** How long it takes to take it back, where that takes long; roughly. */
  readonly takenBackInMs?: number
  readonly asked: Asked
  /** Does it; undefined where it cannot be done on this machine. `server` is the one that it is about, where it is about one. */
  readonly strike: (world: World, server: Server) => Promise<Heal | undefined>
}

const AWAY: readonly string[] = ['profile', 'limits']

/** The catalogue, by name. */
export const FAULTS: readonly Fault[] = [
  ...[200, 2000, 5000].map(pause),
  {
    name: 'kill-redis',
    what: 'Redis is killed (SIGKILL) and comes back after 3 s',
    lastsMs: 3000,
    asked: { reasons: AWAY, wholeAgainMs: 2000, ready: { says: /not connected/, withinMs: 1000 } },
    async strike({ redis }) {
      await redis.kill()
      return () => redis.restart()
    }
  },
  {
    name: 'black-hole',
    what: 'nothing passes between the processes and Redis, and nothing is refused, for 6 s; then all arrives',
    lastsMs: 6000,
    asked: { reasons: AWAY, wholeAgainMs: 2000, ready: { says: /./, withinMs: 2500 } },
    strike: onLinks({ kind: 'black hole' })
  },
  {
    name: 'latency-20',
    what: 'a round trip to Redis takes 20 ± 10 ms longer',
    lastsMs: 5000,
    asked: { reasons: AWAY, wholeAgainMs: 1500, degradedShare: 0.01 },
    strike: onLinks({ kind: 'latency', meanMs: 10, jitterMs: 5 })
  },
  {
    name: 'latency-80',
    what: 'a round trip to Redis takes 80 ± 40 ms longer',
    lastsMs: 5000,
    asked: { reasons: AWAY, wholeAgainMs: 1500 },
    strike: onLinks({ kind: 'latency', meanMs: 40, jitterMs: 20 })
  },
  {
    name: 'reset',
    what: 'one reply of Redis in 50 breaks off half way, and its connection with it',
    lastsMs: 5000,
    asked: { reasons: AWAY, wholeAgainMs: 2000 },
    strike: onLinks({ kind: 'reset', share: 0.02 })
  },
  {
    name: 'slices',
    what: 'one reply of Redis in four begins byte by byte',
    lastsMs: 5000,
    asked: { reasons: AWAY, wholeAgainMs: 1500, degradedShare: 0.01 },
    strike: onLinks({ kind: 'slices', share: 0.25 })
  },
  {
    name: 'script-flush',
    what: 'Redis forgets its scripts every 50 ms',
    lastsMs: 2000,
    asked: { reasons: AWAY, wholeAgainMs: 500, degradedShare: 0.01 },
    async strike({ admin }) {
      const timer = setInterval(() => void admin.script('FLUSH'), 50)
      return () => {
        clearInterval(timer)
      }
    }
  },
  {
    name: 'oom',
    what: 'Redis has reached its maxmemory and refuses writes',
    lastsMs: 3000,
    asked: { reasons: ['limits'], wholeAgainMs: 1500, ready: { says: /OOM/, withinMs: 1000 } },
    strike: setting('maxmemory', '1mb', '0')
  },
  {
    name: 'eviction',
    what: 'Redis is set to evict keys (maxmemory 4gb, allkeys-lru)',
    lastsMs: 3000,
    asked: { reasons: [], wholeAgainMs: 500, ready: { says: /evict/, withinMs: 1000 } },
    async strike({ admin }) {
      await admin.config('SET', 'maxmemory', '4gb', 'maxmemory-policy', 'allkeys-lru')
      return async () => {
        await admin.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction')
      }
    }
  },
  {
    name: 'redis-disk',
    what: "the disk of Redis' append-only file is full",
    lastsMs: 5000,
    asked: { reasons: ['limits'], wholeAgainMs: 3000, ready: { says: /MISCONF/, withinMs: 3000 } },
    strike: ({ redisDisk }) => fill(redisDisk)
  },
  {
    name: 'read-only',
    what: 'Redis has become a read-only replica',
    lastsMs: 4000,
    asked: { reasons: ['limits'], wholeAgainMs: 1500, ready: { says: /replica/, withinMs: 1000 } },
    async strike({ admin }) {
      // Nobody listens there, so nothing is taken over.
      await admin.replicaof('127.0.0.1', 1)
      return async () => {
        await admin.replicaof('NO', 'ONE')
      }
    }
  },
  {
    name: 'busy',
    what: "somebody else's script keeps Redis busy for 2 s",
    lastsMs: 2000,
    asked: { reasons: AWAY, wholeAgainMs: 1500 },
    async strike({ admin }) {
      const script =
        "local t = redis.call('TIME')[1] + 2 while tonumber(redis.call('TIME')[1]) < t do end return 1"
      const busy = admin.eval(script, 0)
      return async () => {
        await busy
      }
    }
  },
  {
    name: 'kill-service',
    what: 'a process is killed (SIGKILL); another takes its place after 1 s',
    lastsMs: 1000,
    takenBackInMs: 1500,
    asked: { reasons: [], wholeAgainMs: 1500 },
    async strike(_world, server) {
      await server.stop('SIGKILL')
      return () => server.start()
    }
  },
  {
    name: 'stop-service',
    what: 'a process is told to stop (SIGTERM); another takes its place',
    lastsMs: 0,
    takenBackInMs: 2000,
    asked: { reasons: [], wholeAgainMs: 1500 },
    async strike(_world, server) {
      await server.stop('SIGTERM')
      return () => server.start()
    }
  },
  {
    name: 'stall-service',
    what: 'a process does nothing for 500 ms (SIGSTOP)',
    lastsMs: 500,
    asked: { reasons: AWAY, wholeAgainMs: 1500 },
    async strike(_world, server) {
      server.signal('SIGSTOP')
      return () => {
        server.signal('SIGCONT')
      }
    }
  },
  {
    name: 'start-alone',
    what: 'a process starts while Redis is away, which comes back after 3 s',
    lastsMs: 3000,
    takenBackInMs: 500,
    asked: { reasons: AWAY, wholeAgainMs: 2500, ready: { says: /not connected/, withinMs: 6000 } },
    async strike({ redis }, server) {
      await redis.kill()
      await server.stop('SIGTERM')
      await server.start()
      return () => redis.restart()
    }
  },
  {
    name: 'journal-disk',
    what: "the disk of the journal's files is full",
    lastsMs: 5000,
    asked: { reasons: [], wholeAgainMs: 500 },
    strike: ({ journalDisk }) => fill(journalDisk)
  }
]

function pause(lastsMs: number): Fault {
  return {
    name: `pause-${lastsMs}`,
    what: `Redis does nothing for ${lastsMs} ms (SIGSTOP)`,
    lastsMs,
    asked: {
      reasons: AWAY,
      wholeAgainMs: 1500,
      ...(lastsMs < 1000 ? {} : { ready: { says: /./, withinMs: 2000 } })
    },
    async strike({ redis }) {
      redis.pause()
      return () => {
        redis.resume()
      }
    }
  }
}

function onLinks(fault: Parameters<World['setLinks']>[0]): Fault['strike'] {
  return async world => {
    world.setLinks(fault)
    return () => {
      world.setLinks({ kind: 'none' })
    }
  }
}

function setting(name: string, value: string, normal: string): Fault['strike'] {
  return async ({ admin }) => {
    await admin.config('SET', name, value)
    return async () => {
      await admin.config('SET', name, normal)
    }
  }
}

async function fill(disk: World['redisDisk']): Promise<Heal | undefined> {
  if (disk === undefined) return undefined
  await disk.fill()
  return () => {
    disk.free()
  }
}
