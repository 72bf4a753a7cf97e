/**
 * `npm run chaos -- --seed 1 --seconds 300`: processes of the service under load while things go wrong. See README.md beside this.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runChaos } from './chaos.js'
import { FAULTS, type Fault } from './faults.js'
import { reportOf } from './report.js'
import { scheduleOf } from './schedule.js'

const HELP = `Usage: npm run chaos -- [OPTIONS]

Two processes of the service on one Redis decide and take events while faults strike them; then it is judged what was seen.
The same seed makes the same schedule. Exit code 0: all held. 1: something did not, every violation printed.

  --seed N          of the schedule and the load (1)
  --seconds S       how long (300)
  --faults LIST     names with commas between; all when left out
  --decisions N     a second (300)
  --events N        a second (100)
  --customers N     (2000)
  --timeout MS      of each decision (100)
  --history FILE    where to write what happened, a line of JSON a call (a temporary file)
  --schedule        print what would be done when, and do nothing

Faults:
${FAULTS.map(({ name, what }) => `  ${name.padEnd(15)} ${what}`).join('\n')}
`

function chosen(names: string | undefined): readonly Fault[] {
  if (names === undefined) return FAULTS
  return names.split(',').map(name => {
    const fault = FAULTS.find(each => each.name === name)
    if (fault === undefined)
      throw new Error(
        `there is no fault "${name}"; there are ${FAULTS.map(each => each.name).join(', ')}`
      )
    return fault
  })
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '300' },
    faults: { type: 'string' },
    decisions: { type: 'string', default: '300' },
    events: { type: 'string', default: '100' },
    customers: { type: 'string', default: '2000' },
    timeout: { type: 'string', default: '100' },
    history: { type: 'string' },
    schedule: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})

function wholeNumber(name: 'seed' | 'seconds' | 'decisions' | 'events' | 'customers' | 'timeout') {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${name} is "${values[name]}"; it must be a whole number`)
  return value
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

async function main(): Promise<void> {
  if (values.help) {
    say(HELP)
    return
  }
  const [seed, seconds] = [wholeNumber('seed'), wholeNumber('seconds')]
  const faults = chosen(values.faults)
  if (values.schedule) {
    for (const { fault, atMs, place } of scheduleOf(seed, seconds, faults))
      say(`${(atMs / 1000).toFixed(1).padStart(7)} s  ${fault.name} (process ${'ab'[place]!})`)
    return
  }
  const historyFile =
    values.history ?? join(await mkdtemp(join(tmpdir(), 'offerd-history-')), 'history.ndjson')
  const ends: Array<() => unknown> = []
  const endAll = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void endAll().finally(() => process.exit(1)))
  try {
    const result = await runChaos(
      { teardown: (end: () => unknown) => void ends.push(end) },
      {
        seed,
        seconds,
        faults,
        decisionsPerSecond: wholeNumber('decisions'),
        eventsPerSecond: wholeNumber('events'),
        customers: wholeNumber('customers'),
        timeoutMs: wholeNumber('timeout'),
        historyFile,
        say
      }
    )
    say(reportOf(result, seed))
    say(`History: ${historyFile}`)
    if (!result.verdict.holds) process.exitCode = 1
  } finally {
    await endAll()
  }
}

await main()
