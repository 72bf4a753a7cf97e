import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { refusal } from './refusal.js'
import type { ShapedInput } from './runs.js'

/** How to start a process of this program's kind. */
export interface TryOutOptions {
  /** The Node.js binary, `process.execPath`. */
  readonly node: string
  /** `process.execArgv`; of these only what loads TypeScript is used, and only when this file is TypeScript. */
  readonly nodeArguments: readonly string[]
}

/** What the trying process may use. */
const TRY_OUT_LIMITS = {
  /** Node.js 24 reserves 560 MiB of these when it starts, Node.js 20 hardly any. */
  dataBytes: 1280 * 2 ** 20,
  heapMiB: 256,
  /** To start on a busy machine, and then to open and run the model. */
  startMs: 30_000,
  runMs: 5_000,
  /** A decision has at most this long for a model; see ROWS for the larger run. */
  singleRowMs: 50,
  manyRowsMs: 2_000
} as const

/** Rows of the larger run: as many as forty decisions of fifty offers. */
const MANY_ROWS = 2_000

/** What the trying process is asked and what it answers, each one line of JSON; the model's bytes follow the question. */
export interface TryOutQuestion {
  readonly folder: string
  readonly inputs: readonly ShapedInput[]
  readonly rows: readonly number[]
}

export interface TryOutAnswer {
  /** Processor time by run, the fastest of three for one row: unlike time by the clock it does not grow on a busy machine. */
  readonly tookMs: readonly number[]
  /** What the runtime said when it failed. */
  readonly error: string | undefined
}

export type TryOut = (
  bytes: Uint8Array,
  inputs: readonly ShapedInput[],
  rowByRow: boolean
) => Promise<void>

/** Bytes that passed are not tried again; this many are remembered. */
const REMEMBERED = 256

/**
 * Tries checked models out in a process of their own with bounded memory and time, no environment and an empty folder, so
 * that a model that slipped through the check harms that process only. Rejects with ModelRefused when the process dies, runs out of
 * memory or is too slow. A model that merely fails on rows of zeros passes: it may not take such rows.
 */
export function createTryOut(options: TryOutOptions): TryOut {
  const passed = new Set<string>()
  return async (bytes, inputs, rowByRow) => {
    const key = createHash('sha256').update(bytes).update(JSON.stringify(inputs)).digest('hex')
    if (passed.has(key)) return
    const folder = await mkdtemp(join(tmpdir(), 'offerd-model-'))
    try {
      judge(await ask(options, { folder, inputs, rows: rowByRow ? [1] : [1, MANY_ROWS] }, bytes))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    passed.add(key)
    for (const oldest of passed) if (passed.size > REMEMBERED) passed.delete(oldest)
  }
}

function judge({ tookMs: [one = 0, many = 0], error }: TryOutAnswer): void {
  if (error !== undefined && /bad_alloc|allocat/i.test(error)) {
    throw refusal(
      `Tried out, the model needs more than ${TRY_OUT_LIMITS.dataBytes / 2 ** 20} MiB of memory (${error}); use a smaller model.`
    )
  }
  if (one > TRY_OUT_LIMITS.singleRowMs) {
    throw refusal(
      `Tried out, the model takes ${one.toFixed(0)} ms for one row, and ${TRY_OUT_LIMITS.singleRowMs} ms are allowed; use a smaller model.`
    )
  }
  if (many > TRY_OUT_LIMITS.manyRowsMs) {
    throw refusal(
      `Tried out, the model takes ${many.toFixed(0)} ms for ${MANY_ROWS} rows, and ${TRY_OUT_LIMITS.manyRowsMs} ms are allowed; use a smaller model.`
    )
  }
}

function ask(
  options: TryOutOptions,
  question: TryOutQuestion,
  bytes: Uint8Array
): Promise<TryOutAnswer> {
  const [command, ...args] = commandOf(options)
  const child = spawn(command, args, { env: {}, stdio: ['pipe', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let text = ''
    let complaint = ''
    let timer = setTimeout(tooLate, TRY_OUT_LIMITS.startMs)
    function tooLate(): void {
      child.kill('SIGKILL')
      reject(refusal(text === '' ? NOT_STARTED : TOO_LONG))
    }
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      // The first line only says that the program has started.
      if (text === '') {
        clearTimeout(timer)
        timer = setTimeout(tooLate, TRY_OUT_LIMITS.runMs)
      }
      text += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      complaint = (complaint + chunk).slice(-300)
    })
    // A child that died has closed its end; what it died of is told below.
    child.stdin.on('error', () => undefined)
    child.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(JSON.parse(text) as TryOutAnswer)
      else if (text === '') reject(refusal(`${NOT_STARTED} It said: ${complaint}`))
      else reject(refusal(`${DIED} (${signal ?? `exit code ${code}`}); use a smaller model.`))
    })
    child.stdin.write(`${JSON.stringify(question)}\n`)
    child.stdin.end(bytes)
  })
}

const TOO_LONG = `Tried out, the model does not finish within ${TRY_OUT_LIMITS.runMs / 1000} s; use a smaller model.`
const DIED =
  'Tried out, the model ends the process that it runs in, as one that takes too much memory does'
const NOT_STARTED =
  'The model could not be tried out: the process for that did not start, which is no fault of the model; look at the machine and load again.'

/** RLIMIT_DATA bounds what the native runtime may allocate, which no Node.js option does; Linux heeds it. */
function commandOf({ node, nodeArguments }: TryOutOptions): [string, ...string[]] {
  const own = fileURLToPath(import.meta.url)
  const entry = own.replace(/try-out\.(\w+)$/, 'try-out-child.$1')
  const loader = entry.endsWith('.ts')
    ? nodeArguments.filter(
        (a, i) => isLoader(a) || (isLoader(nodeArguments[i - 1]) && !a.startsWith('-'))
      )
    : []
  const command = [...loader, `--max-old-space-size=${TRY_OUT_LIMITS.heapMiB}`, entry]
  if (platform() === 'win32') return [node, ...command]
  return [
    '/bin/sh',
    '-c',
    `ulimit -d ${TRY_OUT_LIMITS.dataBytes / 1024} 2>/dev/null; exec "$@"`,
    'sh',
    node,
    ...command
  ]
}

function isLoader(argument: string | undefined): boolean {
  return (
    argument !== undefined &&
    /^(--import|--require|--loader|--experimental-loader|-r)(=|$)/.test(argument)
  )
}
