import { spawn } from 'node:child_process'
import { webcrypto } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ModelOutput } from '../../decisioning/ports.js'
import { admit, MIB } from './admit.js'
import { refusal } from './refusal.js'
import { MOST_ROWS } from './runs.js'

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
  dataBytes: 1280 * MIB,
  heapMiB: 256,
  /** What reading, opening and running the model may add to the process. */
  grownBytes: 512 * MIB,
  /** To start on a busy machine, and then to read, open and run the model. */
  startMs: 30_000,
  runMs: 5_000,
  /** Opening takes some 25 ms a MiB, and nobody is answered meanwhile; what computes much while it opens takes longer. */
  openMs: 500,
  openMsPerMiB: 50,
  /** A decision has at most this long for a model. */
  singleRowMs: 50,
  /** For MOST_ROWS rows. */
  manyRowsMs: 2_000,
  /** Longest answer that is read. */
  answerCharacters: 10_000
} as const

/** Files up to here are read in a few milliseconds, so what the check alone finds wrong with them needs no process. */
const SMALL_BYTES = 64 * 1024

/** What the trying process is asked, one line of JSON; the model's bytes follow it. */
export interface TryOutQuestion {
  readonly folder: string
  readonly output: ModelOutput
}

/** What it answers, JSON: a sentence where the model is refused, else what the model took. */
export type TryOutAnswer = { readonly refused: string } | Took

/** Times are of the processor. */
interface Took {
  readonly openMs: number
  /** For one row, the fastest of three, and for MOST_ROWS. */
  readonly runsMs: readonly number[]
  /** What the runtime said when a run failed. */
  readonly error: string | undefined
  /** What the process had grown by at the end. */
  readonly grownBytes: number
}

/** Resolves when the model passes; rejects with ModelRefused. */
export type TryOut = (bytes: Uint8Array, output: ModelOutput) => Promise<void>

/** Bytes that passed are not tried again; this many are remembered. */
const REMEMBERED = 256

/**
 * Checks models and tries them out in a process of their own with bounded memory and time, no environment and an empty folder, so
 * that a hostile model harms that process only. Rejects with ModelRefused when the check refuses the model, when the process dies,
 * runs out of memory or is too slow. A model that merely fails on rows of zeros passes: it may not take such rows.
 */
export function createTryOut(options: TryOutOptions): TryOut {
  const passed = new Set<string>()
  return async (bytes, output) => {
    if (bytes.length <= SMALL_BYTES) admit(bytes)
    const key = `${await digestOf(bytes)} ${JSON.stringify(output)}`
    if (passed.has(key)) return
    const folder = await mkdtemp(join(tmpdir(), 'offerd-model-'))
    try {
      judge(await ask(options, { folder, output }, bytes), bytes.length)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    passed.add(key)
    for (const oldest of passed) if (passed.size > REMEMBERED) passed.delete(oldest)
  }
}

/** Off this thread, since 64 MiB take a tenth of a second. */
async function digestOf(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex')
}

function judge(answer: TryOutAnswer, fileBytes: number): void {
  const said = 'refused' in answer ? answer.refused : (answer.error ?? '')
  if (/bad_alloc|allocat/i.test(said))
    throw refusal(
      `Tried out, the model needs more than ${TRY_OUT_LIMITS.dataBytes / MIB} MiB of memory (${said}); use a smaller model.`
    )
  if ('refused' in answer) throw refusal(answer.refused)
  const { openMs, runsMs, grownBytes } = answer
  const { singleRowMs, manyRowsMs } = TRY_OUT_LIMITS
  const [one = 0, many = 0] = runsMs
  const allowedToOpenMs = TRY_OUT_LIMITS.openMs + TRY_OUT_LIMITS.openMsPerMiB * (fileBytes / MIB)
  const tooMuch = (took: string, allowed: string): never => {
    throw refusal(
      `Tried out, the model takes ${took}, and ${allowed} are allowed; use a smaller model.`
    )
  }
  if (grownBytes > TRY_OUT_LIMITS.grownBytes)
    tooMuch(`${mebibytes(grownBytes)} of memory`, mebibytes(TRY_OUT_LIMITS.grownBytes))
  if (openMs > allowedToOpenMs)
    tooMuch(`${openMs.toFixed(0)} ms to open`, `${allowedToOpenMs.toFixed(0)} ms`)
  if (one > singleRowMs) tooMuch(`${one.toFixed(0)} ms for one row`, `${singleRowMs} ms`)
  if (many > manyRowsMs) tooMuch(`${many.toFixed(0)} ms for ${MOST_ROWS} rows`, `${manyRowsMs} ms`)
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`
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
      if (text.length <= TRY_OUT_LIMITS.answerCharacters) text += chunk
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
