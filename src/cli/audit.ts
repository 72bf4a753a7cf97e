import { readConfig } from '../config.js'
import { createLogNames } from '../decisioning/log-names.js'
import type { Command } from './command.js'
import { parseOptions } from './options.js'
import { patient } from './patient.js'
import { CommandRefused, UsageRefused } from './shell.js'

const HELP = `Usage: offerd audit NAMESPACE/ID

Says what the log calls a customer, to find who looked the customer up: lines with "audit":"look_up" and this "subject".
Only who reaches the store can tell, so that logs alone name nobody.

  -h, --help           this page

Exit code 0: done. 1: it could not be done. 2: the command was not understood.
`

export const auditCommand: Command = {
  name: 'audit',
  summary: 'say what the log calls a customer',
  help: HELP,

  async run(shell, words, parts) {
    const { positionals } = parseOptions(words, { help: { type: 'boolean', short: 'h' } })
    const [customer, ...more] = positionals
    if (customer === undefined || more.length > 0 || !/^[^/]+\/.+$/.test(customer))
      throw new UsageRefused('audit takes one customer, as NAMESPACE/ID')
    const { config } = readConfig(shell.env)
    const log = parts.createLog(config.logLevel ?? 'warn', 'stderr')
    const store = await parts.openStore(patient(config), log)
    try {
      if (store.kind === 'memory')
        throw new CommandRefused(
          'there is no Redis, so each service has names of its own: install redis-server or set OFFERD_REDIS_URL'
        )
      shell.stdout.write(`${await createLogNames(store.documents)(customer)}\n`)
      return 0
    } finally {
      await store.close()
    }
  }
}
