import type { Clock } from '../decisioning/decide.js'
import type { Listening } from '../decisioning/ports.js'
import type { Output } from './shell.js'

/** The one line that programs wait for; it is written whatever the log level. */
export function announce(stdout: Output, clock: Clock, listening: Listening): void {
  const line = { level: 30, time: clock.wallMs(), msg: 'listening', ...listening }
  stdout.write(`${JSON.stringify(line)}\n`)
}
