/** What a command has of the outside: its words, its streams, its signals. main.ts makes it from the process. */
export interface Shell {
  /** The words after the program's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Output
  readonly stderr: Output
  /** Calls back on a signal until the returned function is called. */
  onSignal(name: SignalName, heard: () => void): () => void
}

export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

export interface Output {
  readonly isTerminal: boolean
  write(text: string): void
  /** Resolves when all that was written has left the process, so that a slow reader slows the writer. */
  flushed(): Promise<void>
}

/** 0: done; 1: done, and the answer is no; 2: the command was not understood. */
export type ExitCode = 0 | 1 | 2

/** The command line was not understood; the message says what was, or what is missing. */
export class UsageRefused extends Error {
  override readonly name = 'UsageRefused'
}

/** The command cannot be carried out; the message says why and what to do. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused'
}
