import { createReadStream } from 'node:fs'
import { readConfig } from '../config.js'
import type { ImportReceipt } from '../decisioning/import-customers.js'
import { LOCAL_CALLER } from '../domain/caller.js'
import { refusalFor } from './ask.js'
import type { Command } from './command.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import { paintFor, table, type Paint } from './paint.js'
import { withService } from './service.js'
import { CommandRefused, UsageRefused, type Shell } from './shell.js'

const PROGRESS_EVERY_MS = 200

const HELP = `Usage: offerd import FILE|- [OPTIONS]

Imports customers from a file of JSON lines, or from the standard input:
  {"namespace": "crm", "id": "c-1001", "attributes": {"age": 41}, "consent": {"marketing": {"granted": true}}}
Each line replaces what is stored about its customer. Bad lines are named and passed over. Writes to the store that
the service would use; a service that is running on it sees the customers at once.

  --json               {"imported", "failed", "errors": [{"line", "detail"}]}
${STRATEGY_HELP}

Exit code 0: every line is in. 1: some failed, all others are in.
`

export const importCommand: Command = {
  name: 'import',
  summary: 'import customers from a file of JSON lines',
  help: HELP,

  async run(shell, words, parts) {
    const { values, positionals } = parseOptions(words, {
      ...STRATEGY_OPTIONS,
      json: { type: 'boolean' }
    })
    const [file, ...more] = positionals
    if (file === undefined || more.length > 0)
      throw new UsageRefused('name one file, or - for the standard input')
    const { config } = readConfig(shell.env, values)
    const startedMs = parts.clock.monotonicMs()
    const progress = progressLine(shell, parts.clock.monotonicMs)
    const pieces = file === '-' ? shell.stdin : piecesOf(file)
    const receipt = await withService(config, parts, ({ importCustomers }) =>
      importCustomers(pieces, {
        caller: LOCAL_CALLER,
        nowMs: parts.clock.wallMs(),
        progress: progress.show
      })
    ).catch((error: unknown) => {
      throw refusalFor(error)
    })
    progress.clear()
    const seconds = (parts.clock.monotonicMs() - startedMs) / 1000
    const lines = values.json
      ? [JSON.stringify(receipt)]
      : describeReceipt(receipt, seconds, paintFor(shell.stdout, shell.env))
    for (const line of lines) shell.stdout.write(`${line}\n`)
    return receipt.failed === 0 ? 0 : 1
  }
}

async function* piecesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw new CommandRefused(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`
    )
  }
}

/** Counts while lines go in, on a terminal only; the line is taken away again. */
function progressLine({ stderr }: Shell, monotonicMs: () => number) {
  let shownAtMs = Number.NEGATIVE_INFINITY
  const rewrite = (text: string): void => {
    if (stderr.isTerminal) stderr.write(`\r\u001B[K${text}`)
  }
  return {
    show(imported: number, failed: number): void {
      if (monotonicMs() - shownAtMs < PROGRESS_EVERY_MS) return
      shownAtMs = monotonicMs()
      rewrite(`${imported} imported, ${failed} failed`)
    },
    clear: () => rewrite('')
  }
}

function describeReceipt(
  { imported, failed, errors }: ImportReceipt,
  seconds: number,
  paint: Paint
): string[] {
  const bad = table(
    ['line', 'what is wrong'],
    errors.map(({ line, detail }) => [String(line), detail]),
    ['line']
  )
  const untold = failed - errors.length
  return [
    ...(errors.length === 0 ? [] : [...bad, ...(untold === 0 ? [] : [`… and ${untold} more`]), '']),
    ...table(
      ['imported', 'failed', 'seconds'],
      [[String(imported), String(failed), seconds.toFixed(1)]],
      ['imported', 'failed', 'seconds']
    ),
    failed === 0
      ? paint.green('every customer is in')
      : paint.red('some lines failed; correct them and import them again')
  ]
}
