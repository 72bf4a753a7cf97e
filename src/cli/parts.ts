import type { AppDeps } from '../app.js'
import type { Config, LogLevel } from '../config.js'
import type { Clock } from '../decisioning/decide.js'
import type { Lexicon } from '../domain/customer.js'
import type {
  JournalSegments,
  Log,
  Meters,
  ModelRuntime,
  ModelWriter,
  Store,
  StrategyFiles,
  TableFiles,
  Worker,
  WorkerProcess
} from '../decisioning/ports.js'

/** What main.ts wires for the commands: everything that reaches outside the process, made when a command asks for it. */
export interface Parts {
  /** Of this program. */
  readonly version: string
  /** A name for this process that no other has. */
  readonly processName: string
  readonly clock: Clock
  /** Runs work once after a while; what is waiting does not keep the process alive. */
  schedule(work: () => void, delayMs: number): void
  /** JSON lines, to stdout for a service and to stderr for a command whose stdout is its result. */
  createLog(level: LogLevel, output: 'stdout' | 'stderr'): AppDeps['log']
  /** `lexicon`: the words of the strategy in force, so that no caller invents series. */
  createMeters(lexicon: () => Lexicon): Meters & AppDeps['metrics']
  createFiles(config: Config): StrategyFiles
  createRuntime(): ModelRuntime
  readonly modelWriter: ModelWriter
  /** The store that the configuration names, or one of its own. Opens also while a named store is away. Throws CommandRefused. */
  openStore(config: Config, log: Log): Promise<Store>
  /** The journal's files. */
  createJournalSegments(config: Config): JournalSegments
  readonly tableFiles: TableFiles
  /** Starts this program with other words as a process of its own, which is told by the end of its stdin when this one is gone. */
  startProgram(words: readonly string[]): Program
  /** Runs this program with other words to its end, which it meets after timeoutMs at the latest. */
  runProgram(words: readonly string[], timeoutMs: number): Promise<EndedProgram>
  /** How many processes can run at once here. */
  readonly processors: number
  /** What this process is to the one that started it as a worker; undefined where nothing did. */
  readonly worker: Worker | undefined
  /**
   * Starts this program once more, with the same words, to share the port with the other workers.
   * @param port where to listen; undefined: where the environment says, and where the others are
   */
  startWorker(seat: Pick<Worker, 'number' | 'isFirst'>, port: string | undefined): WorkerProcess
  /** A store that forgets everything, for trials. */
  createMemoryStore(): Store
  /** The keys of OFFERD_KEYS. Throws CommandRefused with everything wrong with the file. */
  readKeys(config: Config): Promise<AppDeps['keys']>
}

/** Another process of this program. */
export interface Program {
  /** Its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>
  /** Tells it to stop. */
  stop(): void
}

/** What another process of this program came to. */
export interface EndedProgram {
  /** Its exit code; null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}
