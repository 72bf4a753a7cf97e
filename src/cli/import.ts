import { readConfig } from '../config.js'
import type { ImportReceipt } from '../decisioning/customers/import-customers.js'
import { LOCAL_CALLER } from '../domain/caller.js'
import { refusalFor } from './ask.js'
import type { Command } from './command.js'
import { piecesOf } from './input.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import { paintFor, table, type Paint } from './paint.js'
import { createProgress } from './progress.js'
import { withService } from './service.js'
import { UsageRefused } from './shell.js'

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
    const progress = createProgress(shell, parts.clock.monotonicMs)
    const receipt = await withService(config, parts, ({ importCustomers }) =>
      importCustomers(piecesOf(file, shell), {
        caller: LOCAL_CALLER,
        nowMs: parts.clock.wallMs(),
        progress: (imported, failed) =>
          progress.show(() => `${imported} imported, ${failed} failed`)
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
