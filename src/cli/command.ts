import type { Parts } from './parts.js'
import type { ExitCode, Shell } from './shell.js'

/** One word of the command line and what it does. */
export interface Command {
  readonly name: string
  /** Its line in the list of commands. */
  readonly summary: string
  /** Its whole help text. */
  readonly help: string
  /** Runs with the words after its name. Throws UsageRefused, CommandRefused or ConfigRefused with sentences for people. */
  run(shell: Shell, words: readonly string[], parts: Parts): Promise<ExitCode>
}
