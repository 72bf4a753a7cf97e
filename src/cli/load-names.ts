import type { Config } from '../config.js'
import { compileStrategy } from '../policy/compile.js'
import type { CompileFeature, Strategy } from '../policy/strategy.js'
import type { Parts } from './parts.js'
import { describeProblem } from './problems.js'
import type { Paint } from './paint.js'
import { CommandRefused } from './shell.js'

/**
 * Compiles the strategy's files without its models, one of which may be yet to be made. Throws CommandRefused with every problem of
 * a strategy that does not compile.
 */
export async function loadNames(
  config: Config,
  parts: Parts,
  paint: Paint
): Promise<{ strategy: Strategy; compileFeature: CompileFeature }> {
  const { rules } = await parts
    .createFiles(config)
    .read()
    .catch((error: unknown) => {
      throw new CommandRefused(error instanceof Error ? error.message : String(error))
    })
  const compiled = compileStrategy(rules)
  if (compiled.strategy !== undefined) return compiled
  const errors = compiled.problems.filter(({ severity }) => severity === 'error')
  throw new CommandRefused(
    [
      ...errors.map(problem => describeProblem(problem, paint)),
      `${config.rulesDir} does not compile, so what its attributes are is not known; correct the errors above`
    ].join('\n')
  )
}
