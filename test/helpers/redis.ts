import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

const missing = spawnSync('redis-server', ['--version']).error !== undefined
if (missing && process.env['CI'] === 'true')
  throw new Error('redis-server is not on PATH: in CI the suites that need it must run')

/** For the `skip` of tests that need a Redis server: false, or why they were not run. */
export const redisMissing: string | false = missing ? 'NOT RUN: redis-server is not on PATH' : false

/** The same for what says little that other tests do not say already, and takes its time: `OFFERD_STORES=all` runs it. */
export const notAll: string | false =
  process.env['OFFERD_STORES'] === 'all' ? redisMissing : 'NOT RUN: OFFERD_STORES=all runs it'

/** A command timeout for tests that are not about time: machines that run many suites at once are slow. */
export const PATIENT_MS = 5000

/** What ends, and then cleans up what was started for it: a test, or a run of a bench. */
export type Ending = Pick<Test, 'teardown'>

/** A private Redis on a unix socket. */
export interface TestRedis {
  readonly url: string
  readonly socketPath: string
  readonly pid: number
  /** Lets it hang (SIGSTOP) and go on (SIGCONT). */
  pause(): void
  resume(): void
  /** Kills it, by SIGKILL unless told otherwise, and waits for its end. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same socket, with all that it had acknowledged. */
  restart(): Promise<void>
}

/** Starts a private Redis that is gone when the test ends. Further arguments are redis-server's own. */
export async function startRedis(t: Ending, ...args: string[]): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-redis-'))
  const socketPath = join(folder, 'redis.sock')
  const start = async (): Promise<ChildProcess> => {
    const child = spawn('redis-server', [
      '--port',
      '0',
      '--unixsocket',
      socketPath,
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
      ...args
    ])
    const output: string[] = []
    for await (const chunk of child.stdout) {
      output.push(String(chunk))
      if (String(chunk).includes('eady to accept connections')) break
    }
    if (!output.join('').includes('eady to accept connections'))
      throw new Error(`redis-server does not start: ${output.join('')}`)
    return child
  }
  let server = await start()
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  t.teardown(async () => {
    await kill()
    await rm(folder, { recursive: true })
  })
  return {
    url: socketPath,
    socketPath,
    get pid() {
      return server.pid!
    },
    pause: () => {
      server.kill('SIGSTOP')
    },
    resume: () => {
      server.kill('SIGCONT')
    },
    kill,
    restart: async () => {
      await kill()
      server = await start()
    }
  }
}
