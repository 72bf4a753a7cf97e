import type { Log } from '../../decisioning/ports.js'
import { announce } from '../announce.js'
import type { Parts } from '../parts.js'
import type { ExitCode, Shell } from '../shell.js'
import { stopSignal } from '../stop.js'
import { Crew } from './crew.js'

/**
 * Serves with several processes on one port until a signal tells it to stop. This process decides nothing: it starts the workers,
 * replaces those that end, and passes on what it is told. Until all of them listen, one that ends ends the service, as a single
 * process would.
 */
export async function superviseWorkers(
  { shell, parts, log }: { readonly shell: Shell; readonly parts: Parts; readonly log: Log },
  count: number
): Promise<ExitCode> {
  const stop = stopSignal(shell, undefined)
  const crew = new Crew(count, { parts, log })
  shell.onSignal('SIGHUP', () => void crew.renew())
  const started = await Promise.race([crew.start(), stop.told])
  if (typeof started === 'object' && !('url' in started)) {
    await crew.stop()
    if (started.code === null)
      log.error({ ...started }, 'a worker was ended before it could serve, so the service ends')
    return started.code === 2 ? 2 : 1
  }
  if (typeof started === 'object') {
    announce(shell.stdout, parts.clock, started)
    await stop.told
  }
  log.info({}, 'stopping: the workers finish what is in flight')
  const isAsTold = await crew.stop()
  log.info({}, 'stopped')
  return isAsTold ? 0 : 1
}
