import type { Log } from '../../decisioning/ports.js'
import type { Address } from './address.js'
import type { Script } from './script.js'

export type Argument = string | Buffer | number
/** What is not a script: reads, and what concerns the servers themselves. Whatever writes is a script, for its deadline. */
export type Command =
  | 'MGET'
  | 'GET'
  | 'ZRANGE'
  | 'ZRANGEBYSCORE'
  | 'ZREVRANGE'
  | 'EXISTS'
  | 'HGET'
  | 'HGETALL'
  | 'LRANGE'
  | 'XRANGE'
  | 'PUBLISH'
  | 'TIME'
  | 'INFO'
  | 'CLIENT'
  | 'CLUSTER'
  | 'CONFIG'
  | 'ASKING'
  | 'SHUTDOWN'
/** One command of a pipeline: a script with its keys and arguments, or a plain one. */
export type Call =
  | {
      readonly script: Script
      readonly keys: readonly string[]
      readonly args: readonly Argument[]
    }
  | { readonly command: Command; readonly args: readonly Argument[] }

/** What every connection to a server is made with. */
export interface WireOptions {
  readonly log: Log
  /** Shown in CLIENT LIST. */
  readonly name: string
  /** How long a caller waits for a read. */
  readonly commandTimeoutMs: number
  /** Told the epoch of the names registry with every heartbeat of the server that holds it. */
  readonly heardEpoch: (epoch: string | undefined) => void
}

/** What one of several servers answered. */
export interface ServerAnswer {
  /** For people. */
  readonly server: string
  readonly answer: unknown
}

/** The way to the server or servers that hold the data. */
export interface Wire {
  /** True when commands are answered and writes can be given a deadline, by every server. */
  readonly ready: boolean
  /** Whether one command may name keys of several customers; else a command's keys share a slot. */
  readonly spansCustomers: boolean
  /** Where to listen for announcements: a server that is there, where there are several; undefined while none is known. */
  readonly address: Address | undefined
  /**
   * Carries calls out, those of one customer in their order, in one round trip a server; answers or errors stand in the order of the calls.
   * @param untilMs on the monotonic clock: nobody waits longer, and no write is carried out later
   */
  send(calls: readonly Call[], untilMs: number): Promise<unknown[]>
  /** One call on every server that takes writes; `key` is one that the server holds. */
  onEach(call: (key: string) => Call, untilMs: number): Promise<ServerAnswer[]>
  /** Ends the connections; waits for nothing. */
  close(): void
}

/** The answer of a call, its error thrown. */
export function answerOf(answer: unknown): unknown {
  if (answer instanceof Error) throw answer
  return answer
}

export function isWrite(call: Call): boolean {
  return 'script' in call && call.script.writes
}

/** A call as it is sent: a script by its digest or with its text, a write with its deadline by the server's clock. */
export function wireForm(
  call: Call,
  deadlineMs: number,
  withText: boolean
): readonly [string, ...Argument[]] {
  if (!('script' in call)) return [call.command, ...call.args]
  const { script, keys, args } = call
  const [command, body] = withText
    ? (['EVAL', script.lua] as const)
    : (['EVALSHA', script.sha1] as const)
  return script.writes
    ? [command, body, keys.length, ...keys, deadlineMs, ...args]
    : [command, body, keys.length, ...keys, ...args]
}

/** Whether a server has lost a script, which it did not run. */
export function isMissingScript(answer: unknown): boolean {
  return answer instanceof Error && answer.message.startsWith('NOSCRIPT')
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
