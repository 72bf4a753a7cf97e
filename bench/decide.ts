/**
 * `npm run bench -- decide`: what one decision costs inside the process, without wire and Redis: microseconds of CPU a decision,
 * decided in lots as they come out of one reply.
 */
import { randomUUID } from 'node:crypto'
import { createMemoryStore } from '../src/adapters/memory/memory-store.js'
import { createOnnxRuntime } from '../src/adapters/onnx/runtime.js'
import { createDecide, type Decide } from '../src/decisioning/decide.js'
import { NOTHING_LEARNT, type Learnt } from '../src/decisioning/propensity/learnt.js'
import { startStrategy } from '../src/decisioning/strategy/load-strategy.js'
import type { FreshRecord, Log, Meters, ModelRuntime } from '../src/decisioning/ports.js'
import { createTokens } from '../src/decisioning/tokens.js'
import { LOCAL_CALLER } from '../src/domain/caller.js'
import { createDecisionIds } from '../src/domain/decision-id.js'
import type { Explain } from '../src/domain/decision.js'
import { benchModel } from './model.js'
import { median } from './ratio.js'
import { attributesOf, customerId, modelText, rulesText } from './world.js'

const CUSTOMERS = 500
const ROUNDS = 15

export async function runDecisions(): Promise<void> {
  const decide = await prepare(rulesText())
  for (const together of [1, 16, 64]) {
    for (const explain of ['none', 'full'] as const)
      await decideFor(decide, together, explain, 2000)
    const micros = { none: [] as number[], full: [] as number[] }
    // In turns, so that a slow moment of the machine meets both.
    for (let round = 0; round < ROUNDS; round++) {
      for (const explain of ['none', 'full'] as const)
        micros[explain].push(await decideFor(decide, together, explain, 2000))
    }
    const none = median(micros.none)
    const full = median(micros.full)
    process.stdout.write(
      `${together} together: ${none.toFixed(1)} µs CPU a decision, ${full.toFixed(1)} µs with explanation full (× ${(full / none).toFixed(2)})\n`
    )
  }
}

/** CPU microseconds a decision, over many. */
export async function decideFor(
  decide: Decide,
  together: number,
  explain: Explain,
  decisions: number
): Promise<number> {
  const before = process.cpuUsage()
  for (let done = 0; done < decisions; done += together) {
    await Promise.all(
      Array.from({ length: together }, (_, i) =>
        decide(
          {
            customer: { id: customerId((done + i) % CUSTOMERS), namespace: 'crm' },
            channel: 'web',
            placements: [{ id: 'home_hero' }],
            context: { page: '/cards', device: 'mobile' },
            options: { explain, timeoutMs: 10_000 }
          },
          LOCAL_CALLER,
          performance.now(),
          { requestText: '{}' }
        )
      )
    )
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / decisions
}

/** A model of a bench: its model.yaml and its file. */
export interface BenchModel {
  readonly name: string
  readonly text: string
  readonly bytes: Uint8Array
}

const WORLD_MODEL: BenchModel = { name: 'bench', text: modelText(), bytes: benchModel() }

/** The deciding part alone, by these rules; records are handed over and go nowhere else. */
export async function prepare(
  rules: string | readonly string[],
  record: (record: FreshRecord) => void = nothing,
  learnt: Learnt = NOTHING_LEARNT,
  models: readonly BenchModel[] = [WORLD_MODEL],
  runtime: ModelRuntime = createOnnxRuntime()
): Promise<Decide> {
  const store = createMemoryStore({ recordBytes: 1 })
  const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
  const { report, started } = await startStrategy({
    files: {
      read: async () => ({
        rules: [rules].flat().map((text, i) => ({ path: `rules/${i}.yaml`, text })),
        models: models.map(({ name, text, bytes }) => ({
          name,
          folder: `models/${name}`,
          file: { path: `models/${name}/model.yaml`, text },
          readBytes: async () => bytes
        }))
      })
    },
    runtime,
    documents: store.documents,
    archive: store.archive,
    meters: NO_METERS,
    log: NO_LOG,
    clock,
    schedule: () => undefined
  })
  if (started === undefined) throw new Error(JSON.stringify(report.problems))
  const { lexicon } = started.snapshots.current().strategy
  for (let i = 0; i < CUSTOMERS; i++) {
    const profile = { attributes: attributesOf(i), tags: [], consent: {} }
    await store.customers.importMany([[{ namespace: 'crm', id: customerId(i) }, profile]], lexicon)
  }
  return createDecide({
    snapshots: started.snapshots,
    customers: store.customers,
    quotas: store.quotas,
    records: {
      append: record,
      get: async () => undefined,
      walk: period => store.records.walk(period),
      latest: () => store.records.latest(),
      flush: async () => undefined
    },
    exposures: store.exposures,
    journal: store.journal,
    learning: store.learning,
    learnt,
    tokens: createTokens(['a secret for the bench only, thirty-two bytes']),
    meters: NO_METERS,
    log: NO_LOG,
    clock,
    decisionId: createDecisionIds(1),
    eventId: randomUUID
  })
}

const nothing = (): void => undefined
const NO_LOG: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const NO_METERS: Meters = {
  decided: nothing,
  stageTook: nothing,
  told: nothing,
  unknownCategory: nothing,
  truncated: nothing,
  modelFailed: nothing,
  shadowScored: nothing,
  responded: nothing,
  watch: nothing,
  limitMet: nothing,
  journalStands: nothing,
  learnt: nothing,
  learnerLags: nothing,
  renewed: nothing,
  reloaded: nothing
}
