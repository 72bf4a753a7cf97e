import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { program } from './program.js'
import { PATIENT_MS, type Ending } from './redis.js'

/** Files under a folder: path → content. */
export type Files = Readonly<Record<string, string | Uint8Array>>

export interface ServiceOptions {
  /** rules/… and models/… of the service; the shipped ones where left out. */
  readonly files?: Files
  /** Redis to use; the service starts its own where left out. */
  readonly redisUrl?: string
  /** Variables; where they name its files, by the folder that these are in. */
  readonly env?:
    | Readonly<Record<string, string>>
    | ((dir: string) => Readonly<Record<string, string>>)
}

/** The service as a process of its own, on a free port, with a folder of its own. */
export interface RunningService {
  readonly url: string
  readonly dir: string
  readonly pid: number
  /** Lines of its log so far. */
  readonly lines: string[]
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  get(path: string): Promise<Response>
  /** Sends the signal and answers the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

const ROOT = resolve(import.meta.dirname, '../..')

/** Starts the service and waits until it listens; it is gone when the test ends. */
export async function startService(
  t: Ending,
  options: ServiceOptions = {}
): Promise<RunningService> {
  const dir = await mkdtemp(join(tmpdir(), 'offerd-service-'))
  if (options.files !== undefined) await writeFiles(dir, options.files)
  const own =
    options.files === undefined
      ? {}
      : { OFFERD_RULES: join(dir, 'rules'), OFFERD_MODELS: join(dir, 'models') }
  const child = spawn(process.execPath, [program(), 'serve'], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      OFFERD_PORT: '0',
      OFFERD_DATA: join(dir, 'data'),
      // On a busy machine Redis answers late; tests of that name their own.
      OFFERD_REDIS_TIMEOUT_MS: String(PATIENT_MS),
      OFFERD_TOKEN_SECRET: 'a secret that is long enough for tests',
      ...(options.redisUrl === undefined ? {} : { OFFERD_REDIS_URL: options.redisUrl }),
      ...own,
      ...(typeof options.env === 'function' ? options.env(dir) : options.env)
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  // Not inherited: a service that outlives a killed test would hold open what the runner of the tests waits to see closed.
  child.stderr.on('data', (chunk: Uint8Array) => void process.stderr.write(chunk))
  const ended = once(child, 'exit') as Promise<[number | null]>
  t.teardown(async () => {
    // Asked to go first, so that a Redis of its own goes with it.
    child.kill('SIGTERM')
    const patience = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await ended
    clearTimeout(patience)
    await rm(dir, { recursive: true, force: true })
  })
  const lines: string[] = []
  const url = await listening(child, lines)
  return {
    url,
    dir,
    pid: child.pid!,
    lines,
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body)
      }),
    get: path => fetch(url + path),
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const [code] = await ended
      return code
    }
  }
}

async function writeFiles(dir: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), content)
  }
}

function listening(child: ChildProcess, lines: string[]): Promise<string> {
  return new Promise((resolveUrl, reject) => {
    child.once('exit', code => {
      reject(new Error(`the service ended with ${code} before it listened:\n${lines.join('\n')}`))
    })
    createInterface({ input: child.stdout! }).on('line', line => {
      lines.push(line)
      if (line.includes('"msg":"listening"')) resolveUrl((JSON.parse(line) as { url: string }).url)
    })
  })
}
