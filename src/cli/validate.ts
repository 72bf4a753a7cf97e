import { readConfig } from '../config.js'
import type { Command } from './command.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import { paintFor } from './paint.js'
import { countProblems, describeProblem } from './problems.js'
import { tryStrategy } from './service.js'

const HELP = `Usage: offerd validate [OPTIONS]

Checks the strategy as the service would before it serves it: reads the files, compiles every condition, opens
every model and runs its checks, and decides the strategy's own examples. Prints every problem with its place.
Needs no store and changes nothing.

  --json               one JSON object: {"outcome", "hash", "problems": [{"file", "line", "column",
                       "severity", "message", "hint"}]}
${STRATEGY_HELP}

Exit code 0: the strategy would be served (warnings may be there). 1: it would be refused.
`

export const validateCommand: Command = {
  name: 'validate',
  summary: 'check the strategy, its models and its examples',
  help: HELP,

  async run(shell, words, parts) {
    const { values } = parseOptions(words, { ...STRATEGY_OPTIONS, json: { type: 'boolean' } })
    const { config } = readConfig(shell.env, values)
    const log = parts.createLog(config.logLevel ?? 'warn', 'stderr')
    const { outcome, hash, problems } = await tryStrategy(config, parts, log)
    const refused = outcome === 'refused'
    if (values.json) {
      shell.stdout.write(
        `${JSON.stringify({ outcome: refused ? 'refused' : 'valid', hash, problems })}\n`
      )
      return refused ? 1 : 0
    }
    const paint = paintFor(shell.stdout, shell.env)
    for (const problem of problems) shell.stdout.write(`${describeProblem(problem, paint)}\n`)
    const verdict = refused ? paint.red('refused') : paint.green('valid')
    shell.stdout.write(`${config.rulesDir}: ${verdict}, ${countProblems(problems)}\n`)
    return refused ? 1 : 0
  }
}
