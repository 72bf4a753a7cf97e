import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { LoadOrder, LoadResult } from './load.js'

/** Where a process may run, so that the server has a processor of its own; undefined where this cannot be asked for. */
type Processor = 0 | 1

const canPin = spawnSync('taskset', ['-c', '1', 'true']).status === 0

/** A server under measurement. */
export interface Server {
  readonly name: string
  readonly url: string
  /** From its start to its line that it listens. */
  readonly readyMs: number
  usage(): Promise<Usage>
  stop(): Promise<void>
}

export interface Usage {
  readonly cpuMicros: number
  /** Of the processes that it started and that still run, such as the one that writes the journal's files. */
  readonly childrenMicros: number
  /** Of each of them, oldest first. */
  readonly eachChildMicros: readonly number[]
  readonly rssBytes: number
}

/** Starts a Node program that prints a line of JSON with "listening" and its url. */
export async function startServer(
  name: string,
  argv: readonly string[],
  env: Record<string, string>
): Promise<Server> {
  const startedAtMs = performance.now()
  const [file = '', ...args] = argv
  const child = fork(file, args, {
    execArgv: [
      ...(file.endsWith('.ts') ? ['--import', 'tsx'] : []),
      '--import',
      new URL('./servers/cpu-probe.mjs', import.meta.url).href
    ],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  pin(child.pid, 0)
  const url = await listeningUrl(name, child)
  return {
    name,
    url,
    readyMs: performance.now() - startedAtMs,
    usage: async () => {
      const answer = await ask<{ cpu: NodeJS.CpuUsage; rssBytes: number }>(name, child, 'usage')
      const eachChildMicros = childrenMicros(child.pid!)
      return {
        cpuMicros: answer.cpu.user + answer.cpu.system,
        childrenMicros: eachChildMicros.reduce((sum, micros) => sum + micros, 0),
        eachChildMicros,
        rssBytes: answer.rssBytes
      }
    },
    stop: () => stop(child)
  }
}

/** Linux counts in hundredths of a second, and tells of children in /proc only; elsewhere they are not counted. */
function childrenMicros(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return children
      .filter(child => child !== '')
      .map(child => {
        const stat = readFileSync(`/proc/${child}/stat`, 'utf8')
        // After the name, which stands in brackets and may hold anything, the 12th and 13th fields.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return (Number(fields[11]) + Number(fields[12])) * 10_000
      })
  } catch {
    return []
  }
}

async function listeningUrl(name: string, child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! })
  for await (const line of lines) {
    if (!line.includes('"listening"')) continue
    // Keep reading, or a full pipe would stop the server.
    child.stdout!.resume()
    return (JSON.parse(line) as { url: string }).url
  }
  throw new Error(`${name} ended before it listened`)
}

/** A private Redis without persistence, on a socket. */
export async function startRedis(dir: string): Promise<{ socket: string; stop(): Promise<void> }> {
  const socket = `${dir}/redis.sock`
  const child = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', dir],
    {
      stdio: ['ignore', 'pipe', 'inherit']
    }
  )
  pin(child.pid, 1)
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('ready to accept connections')) break
  }
  child.stdout.resume()
  return { socket, stop: () => stop(child) }
}

/** The process that makes the load. */
export function startLoad(): {
  run(order: LoadOrder): Promise<LoadResult>
  stop(): Promise<void>
} {
  const child = fork(new URL('./load.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  pin(child.pid, 1)
  return {
    run: order => ask<LoadResult>('the load', child, order),
    stop: () => stop(child)
  }
}

/** Sends a message to a process and answers what comes back; a process that ends instead is an error. */
async function ask<Answer>(
  name: string,
  child: ChildProcess,
  question: string | LoadOrder
): Promise<Answer> {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} has ended`)
  const asked = new AbortController()
  const { signal } = asked
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`${name} ended with ${code} while it was under measurement`)
  })
  try {
    const answered = once(child, 'message', { signal })
    child.send(question)
    const [answer] = (await Promise.race([answered, ended])) as [Answer]
    return answer
  } finally {
    ended.catch(() => undefined)
    asked.abort()
  }
}

/** Keeps a process and its threads on one processor, where that can be asked for. */
export function pin(pid: number | undefined, processor: Processor): void {
  if (canPin && pid !== undefined)
    spawnSync('taskset', ['-a', '-p', '-c', String(processor), String(pid)])
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}
