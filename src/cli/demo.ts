import { readConfig, type Config } from '../config.js'
import type { RecordEvents } from '../decisioning/events/record-events.js'
import { LOCAL_CALLER } from '../domain/caller.js'
import type { DecisionRequest } from '../domain/decision.js'
import { describeAnswer } from './answer.js'
import { askWithin } from './ask.js'
import type { Command } from './command.js'
import { parseOptions, STRATEGY_HELP, STRATEGY_OPTIONS } from './options.js'
import { paintFor } from './paint.js'
import type { Parts } from './parts.js'
import { serve } from './serve.js'
import type { Service } from './service.js'
import { CommandRefused, type Shell } from './shell.js'
import { toImportLine, type WorldCustomer } from './world/customer.js'
import { createWorld, WORLD_SIZE } from './world/world.js'

const HELP = `Usage: offerd demo [OPTIONS]

Serves decisions for ${WORLD_SIZE.toLocaleString('en')} invented customers of a bank, shows five of them, and goes on serving.
The customers are imported on the first start only. Reads the same OFFERD_* variables as serve.

${STRATEGY_HELP}
`

const SEED = 1
/** Says in the store that the customers are in. */
const DOCUMENT = `demo:customers:${SEED}`
const EVENTS_AT_ONCE = 1000
const HOUR_MS = 3_600_000

/** Three channels, what a request may say about the moment, and a visitor whom nobody knows. */
const REQUESTS: readonly DecisionRequest[] = [
  {
    customer: { id: 'c-1001' },
    channel: 'web',
    placements: [{ id: 'home_hero' }, { id: 'home_tile' }]
  },
  {
    customer: { id: 'c-1004' },
    channel: 'web',
    placements: [{ id: 'home_hero' }],
    context: { intent: 'loan' }
  },
  { customer: { id: 'c-1009' }, channel: 'app', placements: [{ id: 'app_home' }] },
  { customer: { id: 'c-1003' }, channel: 'call_center', placements: [{ id: 'agent' }] },
  {
    customer: { id: 'visitor-1', namespace: 'cookie' },
    channel: 'web',
    placements: [{ id: 'home_hero' }]
  }
]
/** Decisions made before any is shown, so that the times are those of a service that runs, not of one that starts. */
const ROUNDS_BEFORE = 20

export const demoCommand: Command = {
  name: 'demo',
  summary: `serve the example with ${WORLD_SIZE.toLocaleString('en')} invented customers`,
  help: HELP,

  async run(shell, words, parts) {
    const { values } = parseOptions(words, STRATEGY_OPTIONS)
    const { config, warnings } = readConfig(shell.env, values)
    const log = parts.createLog(config.logLevel ?? 'error', 'stderr')
    for (const warning of warnings) shell.stderr.write(`${warning}\n`)
    return serve(
      { shell, config, parts, log },
      {
        prepare: service => settle(service, shell, parts),
        introduce: (service, url) => introduce(service, { url, shell, config, parts })
      }
    )
  }
}

/** Brings the customers of the example into the store, with their behaviour, unless they are there. */
async function settle(
  { store, importCustomers, recordEvents }: Service,
  shell: Shell,
  parts: Parts
): Promise<void> {
  if ((await store.documents.get(DOCUMENT)) !== undefined) return
  const startedMs = parts.clock.monotonicMs()
  const nowMs = parts.clock.wallMs()
  const world = createWorld(SEED)
  shell.stdout.write(`Importing ${WORLD_SIZE.toLocaleString('en')} customers… `)
  const { failed, errors } = await importCustomers(linesOf(world.customers()), {
    caller: LOCAL_CALLER,
    nowMs
  })
  if (failed > 0) {
    throw new CommandRefused(
      `the example's customers do not fit this strategy: ${errors[0]?.detail ?? ''}; serve it with offerd serve`
    )
  }
  const told = await tellBehaviour(world.customers(), recordEvents, nowMs)
  await store.documents.putOnce(DOCUMENT, new Date(nowMs).toISOString())
  const seconds = (parts.clock.monotonicMs() - startedMs) / 1000
  shell.stdout.write(`and ${told.toLocaleString('en')} events, in ${seconds.toFixed(1)} s\n`)
}

async function* linesOf(customers: Iterable<WorldCustomer>): AsyncGenerator<string> {
  for (const customer of customers) yield `${toImportLine(customer)}\n`
}

/** Events carry ids, so that telling them twice counts once. */
async function tellBehaviour(
  customers: Iterable<WorldCustomer>,
  recordEvents: RecordEvents,
  nowMs: number
): Promise<number> {
  let told = 0
  let waiting: object[] = []
  const tell = async (): Promise<void> => {
    const { accepted, duplicates, rejected } = await recordEvents(waiting, LOCAL_CALLER, nowMs)
    const [first] = rejected
    if (first !== undefined)
      throw new CommandRefused(`the example's events do not fit this strategy: ${first.detail}`)
    told += accepted + duplicates
    waiting = []
  }
  for (const { namespace, id, events } of customers) {
    for (const [number, { type, hoursAgo, value }] of events.entries()) {
      const time = new Date(nowMs - hoursAgo * HOUR_MS).toISOString()
      waiting.push({ id: `demo-${id}-${number}`, type, time, value, customer: { namespace, id } })
      if (waiting.length === EVENTS_AT_ONCE) await tell()
    }
  }
  if (waiting.length > 0) await tell()
  return told
}

interface Scene {
  readonly url: string
  readonly shell: Shell
  readonly config: Config
  readonly parts: Parts
}

/** Asks for some decisions and says where the service is. */
async function introduce(service: Service, { url, shell, config, parts }: Scene): Promise<void> {
  const paint = paintFor(shell.stdout, shell.env)
  const ask = askWithin(service, parts.clock)
  for (let round = 0; round < ROUNDS_BEFORE; round++) {
    for (const request of REQUESTS) await ask({ ...request, options: { mode: 'test' } })
  }
  for (const request of REQUESTS) {
    const { answer, tookMs } = await ask(request)
    shell.stdout.write(
      ['', paint.dim(`${request.channel}:`), ...describeAnswer(answer, tookMs, paint), ''].join(
        '\n'
      )
    )
  }
  const key = config.keysFile === undefined ? '' : ` -H "authorization: Bearer $OFFERD_KEY"`
  const body = JSON.stringify(REQUESTS[0])
  const lines = [
    '',
    `Service  ${url}`,
    `Page     ${url}/demo`,
    `Docs     ${url}/docs`,
    `Metrics  ${url}/metrics`,
    `Store    ${service.store.description}`,
    '',
    'Ask it yourself:',
    `  curl ${url}/v1/decisions${key} -H 'content-type: application/json' -d '${body}'`,
    `  npm run offerd -- decide c-1001 --channel web --placement home_hero --explain --test`,
    '',
    'Ctrl+C stops it.',
    ''
  ]
  shell.stdout.write(lines.join('\n'))
}
