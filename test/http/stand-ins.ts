import { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import { createApp, type AppDeps } from '../../src/app.js'
import { NO_KEYS } from '../../src/http/keys.js'
import { writeLegend } from '../../src/decisioning/trace/legend.js'
import { Refusal } from '../../src/domain/refusal.js'
import { strategy } from '../helpers/build.js'

/** Where the clock of these tests stands. */
export const NOW_MS = Date.UTC(2026, 2, 1, 10)

/** What the use cases behind the routes were called with, in order. */
interface Calls {
  readonly decide: Array<Parameters<AppDeps['decide']>>
  readonly events: Array<Parameters<AppDeps['recordEvents']>>
  readonly customers: unknown[][]
  readonly imported: string[]
  readonly answered: unknown[][]
  readonly shed: string[]
  readonly refusedConnections: string[]
  /** Parsed lines of the log. */
  readonly log: Array<Record<string, unknown>>
}

export interface Served {
  readonly app: FastifyInstance
  readonly calls: Calls
}

/** What closes the app when a test is over. */
export interface Ending {
  after(clean: () => Promise<void>): void
}

export const ANSWER = '{"decisionId":"0199","placements":[]}'

/**
 * The app over stand-ins that answer constants and note how they were called: what the use cases themselves do has its
 * own tests, the contract between them and the wire is what is tested here.
 */
export function serve(t: Ending, changes: Partial<AppDeps> = {}): Served {
  const calls: Calls = {
    decide: [],
    events: [],
    customers: [],
    imported: [],
    answered: [],
    shed: [],
    refusedConnections: [],
    log: []
  }
  const app = createApp({ ...standIns(calls), ...changes })
  t.after(() => app.close())
  return { app, calls }
}

function standIns(calls: Calls): AppDeps {
  const strategyNow = strategy()
  const report = { outcome: 'unchanged', version: 3, hash: 'abc', problems: [] } as const
  const note =
    <Answer>(what: string, answer: Answer) =>
    async (...given: unknown[]): Promise<Answer> => {
      calls.customers.push([what, ...given])
      return answer
    }
  return {
    async decide(...given) {
      calls.decide.push(given)
      return {
        timings: { profile: 1, policy: 0.5, model: 0.25, arbitrate: 0.125, total: 2 },
        body: ANSWER
      }
    },
    subscriptions: { size: 0, open: async () => SUBSCRIPTION, close: () => undefined },
    lookUp: {
      async get(id) {
        if (id !== '0199') throw new Refusal('not_found', 'There is no such decision.')
        return ANSWER
      },
      explanation: async (id, page) => JSON.stringify({ id, ...page })
    },
    async replay(id, strategy) {
      if (id !== '0199') throw new Refusal('not_found', 'There is no such decision.')
      return { ...REPLAYED, strategy: { version: strategy === 'current' ? 4 : 3, hash: 'abc' } }
    },
    async recordEvents(...given) {
      calls.events.push(given)
      return { accepted: given[0].length, duplicates: 0, rejected: [] }
    },
    customers: {
      get: note('get', DOCUMENT),
      put: note('put', DOCUMENT),
      patch: note('patch', DOCUMENT),
      putConsent: note('putConsent', DOCUMENT),
      erase: note('erase', true),
      history: note('history', { ...DOCUMENT, history: [] }),
      limits: note('limits', { ...DOCUMENT, limits: [], later: [], reservations: [] }),
      export: note('export', { ...DOCUMENT, history: [] }),
      merge: note('merge', { customer: DOCUMENT.customer, members: [DOCUMENT.customer] })
    },
    async importCustomers(pieces) {
      for await (const piece of pieces) calls.imported.push(Buffer.from(piece).toString())
      return { imported: calls.imported.length, failed: 0, errors: [] }
    },
    reportExperiments: async () => ({
      strategy: { version: 3, hash: 'abc' },
      experiments: []
    }),
    reportQuotas: async () => ({ strategy: { version: 3, hash: 'abc' }, quotas: [] }),
    reportSegments: async () => ({
      strategy: { version: 3, hash: 'abc' },
      sample: { customers: 0, decisions: 0, passedOver: 0, from: null, to: null },
      segments: []
    }),
    findDecisions: async (...given) => {
      calls.customers.push(['find', ...given])
      return { decisions: [], searched: { decisions: 0, backTo: null, all: true } }
    },
    reportLearning: {
      now: () => ({
        strategy: { version: 3, hash: 'abc' },
        exploration: { method: 'none' },
        journal: false,
        offers: [],
        models: []
      }),
      async progressOf(id) {
        throw new Refusal('not_found', `There is no offer ${id}.`)
      }
    },
    reportJournal: async days => JSON.stringify({ days }),
    whatIf: async () => `{"seed":"s","before":${ANSWER},"after":${ANSWER}}`,
    strategyLoader: {
      load: async () => ({ ...report, processes: [] }),
      validate: async () => ({ ...report, outcome: 'valid' }),
      lastLoad: () => report,
      processes: () => [],
      close: async () => undefined
    },
    snapshots: {
      current: () => ({
        version: 3,
        hash: 'abc',
        strategy: strategyNow,
        models: new Map(),
        fusions: [],
        shadows: new Map(),
        modelOf: [],
        told: new Map(),
        shortlist: undefined,
        limits: undefined,
        loadedAtMs: NOW_MS,
        legend: writeLegend(strategyNow)
      })
    },
    store: { kind: 'memory', description: 'in memory', trouble: async () => undefined },
    metrics: {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: async () => '# nothing\n',
      live: async () => NOTHING_COUNTED,
      route:
        (...route) =>
        (...answer) =>
          calls.answered.push([...route, ...answer]),
      shed: of => void calls.shed.push(of),
      refusedConnection: because => void calls.refusedConnections.push(because),
      watchLoad: () => undefined
    },
    mostConnections: 1000,
    keys: NO_KEYS,
    secrets: () => [{ secret: 'a secret for tests', signsFromMs: 0, opensUntilMs: Infinity }],
    claims: createMemoryStore().documents,
    logNameOf: async customer => Buffer.from(customer).toString('hex'),
    log: pino({ level: 'debug' }, linesInto(calls.log)),
    version: '0.0.0-test',
    process: 'host:4711:k2',
    nowMs: () => NOW_MS,
    isDraining: () => false,
    toldToStop: new Promise(() => undefined)
  }
}

function linesInto(lines: Array<Record<string, unknown>>): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>)
      done()
    }
  })
}

const SUBSCRIPTION = { look: () => undefined, end: () => undefined }

const DOCUMENT = {
  customer: { namespace: 'crm', id: 'c-1' },
  attributes: {},
  tags: [],
  consent: {}
}

const REPLAYED = {
  decisionId: '0199',
  same: true,
  scores: { compared: 0, largestDifference: 0 }
}

/** A decision request that is right. */
export const REQUEST = {
  customer: { id: 'c-1' },
  channel: 'web',
  placements: [{ id: 'home_hero' }]
}

const NOTHING_COUNTED = {
  decisions: { byChannel: {}, fellBack: {}, degraded: {} },
  events: {},
  limits: {},
  modelFailures: {},
  shed: {},
  stages: { boundsMs: [], counts: {} }
}
