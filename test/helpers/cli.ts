import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pino } from 'pino'
import { createStrategyFiles } from '../../src/adapters/files/strategy-files.js'
import { createJournalSegments } from '../../src/adapters/journal/segments.js'
import { createTableFiles } from '../../src/adapters/journal/table-files.js'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import { createMeters } from '../../src/adapters/metrics/meters.js'
import { createOnnxRuntime } from '../../src/adapters/onnx/runtime.js'
import { onnxWriter } from '../../src/adapters/onnx/write.js'
import { runCli } from '../../src/cli/cli.js'
import type { Parts } from '../../src/cli/parts.js'
import type { Output, Shell, SignalName } from '../../src/cli/shell.js'
import { NO_KEYS } from '../../src/http/keys.js'
import type { Environment, Outcome } from './offerd.js'

/** A command that runs inside this process, on a store in memory. */
export interface Command {
  signal(name: SignalName): void
  /** Resolves with everything printed so far, once it holds the text; rejects with it when the command ends before. */
  printed(text: string): Promise<string>
  ended(): Promise<Outcome>
}

/** Starts a command with these words and exactly this environment. */
export function startCommand(words: readonly string[], env: Environment, stdin = ''): Command {
  const stdout = new Capture()
  const stderr = new Capture()
  const listeners = new Map<SignalName, Set<() => void>>()
  const shell: Shell = {
    argv: words,
    env,
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout,
    stderr,
    onSignal(name, heard) {
      const heads = listeners.get(name) ?? new Set()
      listeners.set(name, heads.add(heard))
      return () => heads.delete(heard)
    }
  }
  const ended = runCli(shell, partsFor(stdout, stderr)).then(code => ({
    code,
    stdout: stdout.text,
    stderr: stderr.text
  }))
  return {
    signal: name => listeners.get(name)?.forEach(heard => heard()),
    printed: text =>
      Promise.race([
        Promise.race([stdout.has(text), stderr.has(text)]),
        ended.then(outcome => {
          throw new Error(`It ended without printing ${text}: ${JSON.stringify(outcome)}`)
        })
      ]),
    ended: () => ended
  }
}

/** Runs a command to its end. */
export function runCommand(
  words: readonly string[],
  env: Environment,
  stdin = ''
): Promise<Outcome> {
  return startCommand(words, env, stdin).ended()
}

/** The adapters of the program, but for the store, which forgets. */
function partsFor(stdout: Capture, stderr: Capture): Parts {
  return {
    version: '0.0.0',
    processName: 'test',
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
    schedule(work, delayMs) {
      setTimeout(work, delayMs).unref()
    },
    createLog: (level, output) => pino({ level }, output === 'stdout' ? stdout : stderr),
    createMeters: lexicon => createMeters({ lexicon }),
    createFiles: createStrategyFiles,
    createRuntime: () => createOnnxRuntime(),
    modelWriter: onnxWriter,
    openStore: async () => createMemoryStore(),
    createMemoryStore,
    createJournalSegments: ({ dataDir }) => createJournalSegments(join(dataDir, 'journal')),
    tableFiles: createTableFiles(),
    runProgram: async () => ({ code: 1, stdout: '', stderr: 'there are no processes here' }),
    processors: 1,
    worker: undefined,
    startWorker() {
      throw new Error('a store in memory has no workers')
    },
    startProgram() {
      throw new Error('a store in memory has no exporter')
    },
    readKeys: async () => NO_KEYS
  }
}

/** Keeps what is printed, as a pipe would show it. */
class Capture implements Output {
  readonly isTerminal = false
  text = ''
  readonly #waiting = new Set<() => void>()

  write(text: string): void {
    this.text += text
    for (const look of this.#waiting) look()
  }

  async flushed(): Promise<void> {}

  has(text: string): Promise<string> {
    return new Promise(resolve => {
      const look = (): void => {
        if (!this.text.includes(text)) return
        this.#waiting.delete(look)
        resolve(this.text)
      }
      this.#waiting.add(look)
      look()
    })
  }
}
