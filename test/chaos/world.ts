import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createRandom } from '../../src/learning/random.js'
import { startRedis, type Ending, type TestRedis } from '../helpers/redis.js'
import { startService, type RunningService } from '../helpers/service.js'
import type { Place } from './asker.js'
import { openLink, type Link, type LinkFault } from './proxy.js'
import { RULES } from './world-rules.js'

const PLACES = ['a', 'b'] as const
const KIBIBYTE = 1024
/** The whole of a small disk; it takes memory only for what is written. */
const DISK_KB = 4_000_000

/** A disk that can be full; undefined where none can be mounted. */
export interface Disk {
  readonly folder: string
  fill(): Promise<void>
  free(): void
}

/** A process that serves, and what may happen to it. */
export interface Server extends Place {
  readonly pid: number
  /** Ends it, and waits for that. */
  stop(signal: NodeJS.Signals): Promise<void>
  start(): Promise<void>
  signal(signal: NodeJS.Signals): void
}

/** Two processes of the built service on one Redis, each through a link of its own. */
export interface World {
  readonly redis: TestRedis
  /** Straight to Redis, past the links. */
  readonly admin: Redis
  readonly servers: readonly [Server, Server]
  readonly redisDisk: Disk | undefined
  readonly journalDisk: Disk | undefined
  /** Where all processes keep their journal. */
  readonly dataFolder: string
  setLinks(fault: LinkFault): void
}

/** Starts the world; everything is gone when the test ends. */
export async function startWorld(t: Ending, seed: number): Promise<World> {
  const redisDisk = await mountDisk(t)
  const journalDisk = await mountDisk(t)
  const dataFolder = journalDisk?.folder ?? (await temporaryFolder(t))
  // With `always` a Redis whose disk is full ends; with `everysec` it refuses writes, which is the harder case for who uses it.
  const redis = await startRedis(t, '--appendfsync', 'everysec', ...dirWords(redisDisk))
  const admin = new Redis({ path: redis.socketPath, retryStrategy: () => 50 })
  admin.on('error', () => undefined)
  t.teardown(() => {
    admin.disconnect()
  })
  const links = await Promise.all(
    PLACES.map((_, i) => openLink(t, redis.socketPath, createRandom(seed, 100 + i)))
  )
  const [first, second] = await Promise.all(
    PLACES.map((place, i) => startServer(t, place, links[i]!, dataFolder))
  )
  return {
    redis,
    admin,
    servers: [first!, second!],
    redisDisk,
    journalDisk,
    dataFolder,
    setLinks(fault) {
      for (const link of links) link.set(fault)
    }
  }
}

function dirWords(disk: Disk | undefined): string[] {
  return disk === undefined ? [] : ['--dir', disk.folder]
}

async function startServer(
  t: Ending,
  place: string,
  link: Link,
  dataFolder: string
): Promise<Server> {
  const start = (): Promise<RunningService> =>
    startService(t, {
      redisUrl: `redis://127.0.0.1:${link.port}`,
      files: { 'rules/strategy.yaml': RULES, 'models/none/README.md': '' },
      env: {
        OFFERD_LOG_LEVEL: 'warn',
        OFFERD_DATA: dataFolder,
        OFFERD_REDIS_TIMEOUT_MS: '100',
        OFFERD_RECORD_BYTES: '64MiB'
      }
    })
  let count = 1
  let running = await start()
  return {
    get service() {
      return `${place}.${count}`
    },
    get url() {
      return running.url
    },
    get pid() {
      return running.pid
    },
    async stop(signal) {
      await running.stop(signal)
    },
    async start() {
      running = await start()
      count++
    },
    signal(signal) {
      process.kill(running.pid, signal)
    }
  }
}

async function temporaryFolder(t: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-chaos-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function mountDisk(t: Ending): Promise<Disk | undefined> {
  const folder = join(await temporaryFolder(t), 'disk')
  await mkdir(folder)
  const mount = (...words: string[]): void => {
    execFileSync('mount', [...words, folder], { stdio: 'ignore' })
  }
  try {
    mount('-t', 'tmpfs', '-o', `size=${DISK_KB}k`, 'tmpfs')
  } catch {
    return undefined
  }
  t.teardown(() => execFileSync('umount', ['--lazy', folder]))
  return {
    folder,
    async fill() {
      const { blocks, bfree, bsize } = await statfs(folder)
      // No size at all would mean no bound.
      const usedBytes = Math.max(1, blocks - bfree) * bsize
      mount('-o', `remount,size=${Math.ceil(usedBytes / KIBIBYTE)}k`)
    },
    free() {
      mount('-o', `remount,size=${DISK_KB}k`)
    }
  }
}

/** What a process holds now. */
export async function holdingsOf(
  pid: number
): Promise<{ readonly rssBytes: number; readonly descriptors: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  const descriptors = (await readdir(`/proc/${pid}/fd`)).length
  return { rssBytes: Number(kibibytes) * KIBIBYTE, descriptors }
}
