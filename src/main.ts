#!/usr/bin/env node
import { execFile, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism, hostname } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { parse } from 'yaml'
import { createStrategyFiles } from './adapters/files/strategy-files.js'
import { createJournalSegments } from './adapters/journal/segments.js'
import { createTableFiles } from './adapters/journal/table-files.js'
import { createMemoryStore } from './adapters/memory/memory-store.js'
import { createMeters } from './adapters/metrics/meters.js'
import { sumOfEnded, type Reading } from './adapters/metrics/reading.js'
import { createOnnxRuntime } from './adapters/onnx/runtime.js'
import { onnxWriter } from './adapters/onnx/write.js'
import { openStore } from './adapters/redis/open-store.js'
import { Forks } from './adapters/workers/forks.js'
import { openLink } from './adapters/workers/link.js'
import { runCli } from './cli/cli.js'
import type { EndedProgram, Parts, Program } from './cli/parts.js'
import { CommandRefused, type Output, type Shell } from './cli/shell.js'
import type { Config } from './config.js'
import type { Log, Store } from './decisioning/ports.js'
import { createKeyRing, KeysRefused, NO_KEYS, type KeyRing } from './http/keys.js'

/** The only file that touches the process: it hands its words, streams and signals to the command line, and the adapters with them. */
const shell: Shell = {
  argv: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: outputTo(process.stdout),
  stderr: outputTo(process.stderr),
  onSignal(name, heard) {
    process.on(name, heard)
    return () => process.off(name, heard)
  }
}

/** What another process may say before it is ended. */
const MOST_OUTPUT_BYTES = 32 * 2 ** 20

const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }

const processName = `${hostname()}:${process.pid}:${Date.now().toString(36)}`
const worker = openLink<Reading>(process.env)
let forks: Forks<Reading> | undefined

const parts: Parts = {
  version: await readVersion(),
  processName,
  clock,
  schedule(work, delayMs) {
    setTimeout(work, delayMs).unref()
  },
  createLog(level, output) {
    const descriptor = output === 'stdout' ? process.stdout.fd : process.stderr.fd
    const log = pino({ level }, pino.destination({ dest: descriptor, sync: true }))
    return worker === undefined ? log : log.child({ worker: worker.number })
  },
  createMeters(lexicon) {
    const meters = createMeters({ lexicon, ofAll: worker && (() => worker.figuresOfAll()) })
    worker?.show(meters.own)
    return meters
  },
  createFiles: ({ rulesDir, modelsDir }) => createStrategyFiles({ rulesDir, modelsDir }),
  createRuntime: () =>
    createOnnxRuntime({ tryOut: { node: process.execPath, nodeArguments: process.execArgv } }),
  modelWriter: onnxWriter,
  openStore: openConfiguredStore,
  createJournalSegments: ({ dataDir }) => createJournalSegments(join(dataDir, 'journal')),
  tableFiles: createTableFiles(),
  startProgram,
  runProgram,
  processors: availableParallelism(),
  worker,
  startWorker(seat, port) {
    forks ??= new Forks({ service: processName, sumOfEnded })
    return forks.start(seat, port)
  },
  createMemoryStore,
  readKeys
}

function outputTo(stream: NodeJS.WriteStream): Output {
  return {
    isTerminal: stream.isTTY,
    write: text => void stream.write(text),
    flushed: () => new Promise(resolve => stream.write('', () => resolve()))
  }
}

function programWith(words: readonly string[]): string[] {
  return [...process.execArgv, process.argv[1] ?? '', ...words]
}

function runProgram(words: readonly string[], timeoutMs: number): Promise<EndedProgram> {
  return new Promise(resolve => {
    const bounds = { timeout: timeoutMs, maxBuffer: MOST_OUTPUT_BYTES }
    const child = execFile(
      process.execPath,
      programWith(words),
      bounds,
      (_error, stdout, stderr) => {
        resolve({ code: child.exitCode, stdout, stderr })
      }
    )
  })
}

function startProgram(words: readonly string[]): Program {
  const program = programWith(words)
  const child = spawn(process.execPath, program, { stdio: ['pipe', 'inherit', 'inherit'] })
  // It may be gone before its stdin is; `ended` tells.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<number | null>(resolve => {
    child.on('exit', resolve)
    child.on('error', () => resolve(null))
  })
  return { ended, stop: () => void child.kill('SIGTERM') }
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

async function openConfiguredStore(config: Config, log: Log): Promise<Store> {
  const {
    redisUrl: url,
    redisTls: tls,
    redisTimeoutMs,
    dataDir,
    recordBytes,
    journalBytes
  } = config
  const limits = { commandTimeoutMs: redisTimeoutMs, recordBytes, journalBytes }
  try {
    return await openStore({ url, tls, dataDir, ...limits, log })
  } catch (error) {
    throw new CommandRefused(`the store cannot be opened: ${messageOf(error)}`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function readKeys({ keysFile }: Config): Promise<KeyRing> {
  if (keysFile === undefined) return NO_KEYS
  try {
    return createKeyRing(parse(await readFile(keysFile, 'utf8')), clock.monotonicMs)
  } catch (error) {
    const problems = error instanceof KeysRefused ? error.problems : [messageOf(error)]
    throw new CommandRefused(problems.map(problem => `${keysFile}: ${problem}`).join('\n'))
  }
}

/** A reader that went away, such as `| head`, is no fault of ours. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

process.exit(await runCli(shell, parts))
