import { ConfigRefused } from '../config.js'
import { nearest } from '../domain/nearest.js'
import { auditCommand } from './audit.js'
import type { Command } from './command.js'
import { decideCommand } from './decide.js'
import { demoCommand } from './demo.js'
import { evaluateCommand } from './evaluate.js'
import { experimentsCommand } from './experiments.js'
import { importCommand } from './import.js'
import { journalCommand } from './journal.js'
import { keysCommand } from './keys.js'
import { modelsCommand } from './models.js'
import { paintFor } from './paint.js'
import type { Parts } from './parts.js'
import { describeProblem } from './problems.js'
import { replayCommand } from './replay.js'
import { reportCommand } from './report.js'
import { serveCommand } from './serve.js'
import { StrategyRefused } from './service.js'
import { CommandRefused, UsageRefused, type ExitCode, type Shell } from './shell.js'
import { trainCommand } from './train.js'
import { validateCommand } from './validate.js'

const COMMANDS: readonly Command[] = [
  serveCommand,
  demoCommand,
  decideCommand,
  importCommand,
  experimentsCommand,
  trainCommand,
  modelsCommand,
  evaluateCommand,
  journalCommand,
  replayCommand,
  reportCommand,
  keysCommand,
  auditCommand,
  validateCommand
]

const HELP = `Usage: offerd COMMAND [OPTIONS]

Decides the next best offer for a customer, in milliseconds.

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(11)} ${summary}`).join('\n')}

offerd COMMAND --help tells more about one of them.
Every command reads the OFFERD_* variables that the README lists.
`

/** Runs the command that the words name, and answers the exit code of the process. Errors of the program itself pass through. */
export async function runCli(shell: Shell, parts: Parts): Promise<ExitCode> {
  const [name, ...words] = shell.argv
  if (name === '--help' || name === '-h' || name === 'help') {
    shell.stdout.write(HELP)
    return 0
  }
  const command = COMMANDS.find(each => each.name === name)
  if (command === undefined) return refuse(shell, unknownCommand(name), '', 2)
  if (words.includes('--help') || words.includes('-h')) {
    shell.stdout.write(command.help)
    return 0
  }
  try {
    return await command.run(shell, words, parts)
  } catch (error) {
    if (error instanceof UsageRefused) return refuse(shell, [error.message], ` ${command.name}`, 2)
    if (error instanceof ConfigRefused) return refuse(shell, error.problems, undefined, 2)
    if (error instanceof CommandRefused)
      return refuse(shell, error.message.split('\n'), undefined, 1)
    if (error instanceof StrategyRefused) return refuseStrategy(shell, error)
    throw error
  }
}

/** Every problem on a line of its own, as `offerd validate` prints them. */
function refuseStrategy(shell: Shell, { report }: StrategyRefused): ExitCode {
  const paint = paintFor(shell.stderr, shell.env)
  for (const problem of report.problems) shell.stderr.write(`${describeProblem(problem, paint)}\n`)
  return refuse(shell, ['the strategy is refused; correct the errors above'], undefined, 1)
}

function unknownCommand(name: string | undefined): readonly string[] {
  if (name === undefined) return ['a command is missing']
  const meant = nearest(
    name,
    COMMANDS.map(command => command.name)
  )
  return [`there is no command "${name}"${meant === undefined ? '' : `; did you mean ${meant}?`}`]
}

/** `help`: the words before --help in the hint; undefined where help does not help. */
function refuse(
  shell: Shell,
  sentences: readonly string[],
  help: string | undefined,
  code: ExitCode
): ExitCode {
  const paint = paintFor(shell.stderr, shell.env)
  for (const sentence of sentences) shell.stderr.write(`${paint.red('offerd:')} ${sentence}\n`)
  if (help !== undefined) shell.stderr.write(`Try offerd${help} --help\n`)
  return code
}
