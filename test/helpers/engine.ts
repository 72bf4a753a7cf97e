import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { createMemoryStore } from '../../src/adapters/memory/memory-store.js'
import { createOnnxRuntime } from '../../src/adapters/onnx/runtime.js'
import { createArchivedStrategies } from '../../src/decisioning/replay/archived-strategies.js'
import { createDecide, type Decide, type DecideDeps } from '../../src/decisioning/decide.js'
import { learnSome } from '../../src/decisioning/lessons/learn.js'
import { createFollower } from '../../src/decisioning/propensity/learnt.js'
import { createLegends } from '../../src/decisioning/trace/legends.js'
import {
  createDecisionLookUp,
  type DecisionLookUp,
  type OutcomePage
} from '../../src/decisioning/look-up.js'
import {
  startStrategy,
  type LoadReport,
  type StrategyLoader
} from '../../src/decisioning/strategy/load-strategy.js'
import type {
  Log,
  Meters,
  ModelRuntime,
  Store,
  StrategyFiles
} from '../../src/decisioning/ports.js'
import { createRecordEvents } from '../../src/decisioning/events/record-events.js'
import {
  createReplay,
  createReplayRecord,
  type Replay,
  type ReplayRecord,
  type ReplayStrategy
} from '../../src/decisioning/replay/replay.js'
import type { Snapshots } from '../../src/decisioning/snapshot.js'
import { createTokens, type Tokens } from '../../src/decisioning/tokens.js'
import type { WhatIfChanges } from '../../src/decisioning/what-if/what-if-changes.js'
import { createWhatIf } from '../../src/decisioning/what-if/what-if.js'
import { createDecisionIds } from '../../src/domain/decision-id.js'
import { LOCAL_CALLER, type Caller } from '../../src/domain/caller.js'
import type { DecisionRequest } from '../../src/domain/decision.js'
import type { EventsReceipt, IncomingEvent } from '../../src/domain/interaction.js'

/** What ends, and then closes what was opened for it: a test, or a run of a bench. */
export type Ending = Pick<Test, 'after'>

/** One folder of a models directory: the text of its model.yaml and the bytes of its files. */
export interface ModelFolder {
  readonly yaml: string
  readonly files: Readonly<Record<string, Uint8Array>>
}

export interface EngineOptions {
  readonly rules: string
  readonly models?: Readonly<Record<string, ModelFolder>>
  /** What opens models, around the real one. */
  readonly runtime?: (real: ModelRuntime) => ModelRuntime
  readonly nowMs?: number
  /** In the place of one in memory; closed with the test. */
  readonly store?: Store
  readonly customers?: (store: Store) => Store['customers']
  readonly quotas?: (store: Store) => Store['quotas']
  readonly journal?: (store: Store) => Store['journal']
}

/** The whole deciding part over an in-process store, its clock standing still at `nowMs` until time is let pass. */
export interface Engine {
  readonly store: Store
  readonly snapshots: Snapshots
  readonly loader: StrategyLoader
  readonly decide: Decide
  /** By the caller that may do everything, unless another is named. */
  readonly lookUp: {
    get(id: string, caller?: Caller): ReturnType<DecisionLookUp['get']>
    explanation(
      id: string,
      page: OutcomePage,
      caller?: Caller
    ): ReturnType<DecisionLookUp['explanation']>
  }
  replay(id: string, strategy: ReplayStrategy, caller?: Caller): ReturnType<Replay>
  readonly replayRecord: ReplayRecord
  readonly tokens: Tokens
  readonly counted: string[]
  /** Decides for a local caller and parses the answer; with all the time that a busy machine takes unless timeoutMs says otherwise. */
  ask(request: DecisionRequest): Promise<Answer>
  /** Supposes changes, and parses both answers; at the request's own time unless it names none. */
  suppose(request: DecisionRequest, changes: WhatIfChanges): Promise<Supposed>
  /** Tells events as a local caller. */
  tell(...events: readonly IncomingEvent[]): Promise<EventsReceipt>
  /** Learns from all that was told, and takes it over at once. */
  learn(): Promise<void>
  rewrite(rules: string): void
  pass(ms: number): void
}

/** The longest that a request may ask for. */
const PATIENT_MS = 10_000

export interface Answer {
  readonly decisionId: string
  readonly decidedAt: string
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly customer: Readonly<Record<string, unknown>>
  readonly placements: ReadonlyArray<{
    readonly id: string
    readonly fallback: boolean
    readonly offers: readonly AnswerOffer[]
  }>
  readonly degraded: readonly string[]
  readonly explanation?: Explanation
}

/** What a what-if answers. */
export interface Supposed {
  readonly seed: string
  readonly before: Answer
  readonly after: Answer
}

export interface AnswerOffer {
  readonly offerId: string
  readonly treatmentId: string
  readonly rank: number
  readonly priority: number
  readonly factors: {
    readonly p: number
    readonly c: number
    readonly v: number
    readonly l: number
  }
  readonly propensity: {
    readonly value: number
    readonly source: string
    readonly model?: string
    readonly evidence: number
  }
  readonly probability: number
  readonly token: string
  readonly expiresAt: string
  readonly content: Readonly<Record<string, unknown>>
  readonly labels: Readonly<Record<string, unknown>>
}

export interface Explanation {
  readonly candidates: number
  readonly funnel: ReadonlyArray<{
    readonly stage: string
    readonly removed: number
    readonly left: number
  }>
  readonly outcomes: ReadonlyArray<
    {
      readonly offerId: string
      readonly stage: string
      readonly rule?: { readonly text: string; readonly owner?: string }
      readonly values?: Readonly<Record<string, unknown>>
    } & Readonly<Record<string, unknown>>
  >
}

/** An answer as tests like to read it: every outcome an object, the outranked ones included. */
function readAnswer(body: string): Answer {
  return readable(JSON.parse(body) as Answer)
}

function readable(answer: Answer): Answer {
  const { explanation } = answer
  return explanation === undefined
    ? answer
    : { ...answer, explanation: withAllOutcomes(explanation) }
}

interface Outranked {
  readonly columns: readonly string[]
  readonly rows: ReadonlyArray<readonly unknown[]>
}

/** Puts the rows of the outranked among the outcomes, after the selected. */
export function withAllOutcomes<
  E extends { outcomes: Explanation['outcomes']; outranked?: Outranked }
>(explanation: E): Omit<E, 'outranked'> {
  const { outranked, outcomes, ...rest } = explanation
  const losers = (outranked?.rows ?? []).map(row => {
    const { offerId, priority, model, p, c, v, l, ...more } = Object.fromEntries(
      outranked!.columns.map((column, i) => [column, row[i]])
    )
    return {
      offerId: String(offerId),
      stage: 'outranked',
      priority,
      factors: { p, c, v, l },
      ...(model === null ? {} : { model }),
      ...more
    }
  })
  const selected = outcomes.filter(({ stage }) => stage === 'selected')
  return {
    ...rest,
    outcomes: [...selected, ...losers, ...outcomes.slice(selected.length)]
  } as unknown as Omit<E, 'outranked'>
}

export const NOW_MS = Date.UTC(2026, 2, 1, 10)

export async function startEngine(t: Ending, options: EngineOptions): Promise<Engine> {
  const started = await tryEngine(t, options)
  if (started.engine === undefined)
    throw new Error(`the strategy is refused: ${JSON.stringify(started.report.problems)}`)
  return started.engine
}

/** The same for strategies that may be refused. */
export async function tryEngine(
  t: Ending,
  options: EngineOptions
): Promise<{ report: LoadReport; engine?: Engine }> {
  let nowMs = options.nowMs ?? NOW_MS
  const counted: string[] = []
  const meters = countingMeters(counted)
  const log = silentLog()
  const clock = { wallMs: () => nowMs, monotonicMs: () => performance.now() }
  const store = options.store ?? createMemoryStore({ clock: () => nowMs })
  t.after(() => store.close())
  let rules = options.rules
  const timers: NodeJS.Timeout[] = []
  t.after(() => {
    for (const timer of timers) clearTimeout(timer)
  })
  const loading = {
    files: filesOf(() => rules, options.models ?? {}),
    runtime: options.runtime?.(createOnnxRuntime()) ?? createOnnxRuntime(),
    documents: store.documents,
    archive: store.archive,
    meters,
    log,
    clock,
    schedule: (work: () => void, delayMs: number) => timers.push(setTimeout(work, delayMs))
  }
  const { report, started } = await startStrategy(loading)
  if (started === undefined) return { report }
  const tokens = createTokens(['a secret that is long enough for tests'])
  const follower = createFollower(store.learning)
  const deps: DecideDeps = {
    snapshots: started.snapshots,
    customers: options.customers?.(store) ?? store.customers,
    quotas: options.quotas?.(store) ?? store.quotas,
    records: store.records,
    exposures: store.exposures,
    journal: options.journal?.(store) ?? store.journal,
    learning: store.learning,
    learnt: follower,
    tokens,
    meters,
    log,
    clock,
    decisionId: createDecisionIds(7),
    eventId: randomUUID
  }
  const decide = createDecide(deps)
  const whatIf = createWhatIf({ ...deps, freshId: randomUUID })
  const legendOf = createLegends(store.documents, started.snapshots.current)
  const archived = createArchivedStrategies({
    ...loading,
    current: started.snapshots.current
  })
  const replayRecord = createReplayRecord({ ...deps, archived, legendOf })
  const replay = createReplay({ ...deps, replayRecord })
  const lookUp = createDecisionLookUp({ ...deps, legendOf })
  const recordEvents = createRecordEvents({ ...deps, freshId: randomUUID })
  const engine: Engine = {
    store,
    snapshots: started.snapshots,
    loader: started.loader,
    decide,
    lookUp: {
      get: (id, caller = LOCAL_CALLER) => lookUp.get(id, caller),
      explanation: (id, page, caller = LOCAL_CALLER) => lookUp.explanation(id, page, caller)
    },
    replay: (id, strategy, caller = LOCAL_CALLER) => replay(id, strategy, caller),
    replayRecord,
    tokens,
    counted,
    ask: async request => {
      const patient = { ...request, options: { timeoutMs: PATIENT_MS, ...request.options } }
      return readAnswer((await decide(patient, LOCAL_CALLER, performance.now())).body)
    },
    suppose: async (request, changes) => {
      const { seed, before, after } = JSON.parse(
        await whatIf({ request, changes }, LOCAL_CALLER)
      ) as Supposed
      return { seed, before: readable(before), after: readable(after) }
    },
    tell: (...events) => recordEvents(events, LOCAL_CALLER, nowMs),
    async learn() {
      const strategy = started.snapshots.current().strategy
      const learner = { ...store, meters, clock, processName: 'this' }
      await store.learning.lease('this', 1000)
      while (await learnSome(learner, strategy));
      await follower.follow()
    },
    rewrite: text => {
      rules = text
    },
    pass: ms => {
      nowMs += ms
    }
  }
  return { report, engine }
}

function filesOf(
  rules: () => string,
  models: Readonly<Record<string, ModelFolder>>
): StrategyFiles {
  return {
    read: async () => ({
      rules: [{ path: 'rules/strategy.yaml', text: rules() }],
      models: Object.entries(models).map(([name, { yaml, files }]) => ({
        name,
        folder: `models/${name}`,
        file: { path: `models/${name}/model.yaml`, text: yaml },
        readBytes: async file =>
          files[file] ?? Promise.reject(new Error(`there is no file ${file}`))
      }))
    })
  }
}

/** Meters that note what was counted, for tests to look at. */
function countingMeters(counted: string[]): Meters {
  return {
    decided: (channel, degraded) => counted.push(`decided ${channel} ${degraded.join()}`.trim()),
    stageTook: () => undefined,
    told: (type, outcome) => counted.push(`told ${type} ${outcome}`),
    unknownCategory: (model, input) => counted.push(`unknown category ${model} ${input}`),
    truncated: (model, input) => counted.push(`truncated ${model} ${input}`),
    modelFailed: model => counted.push(`model failed ${model}`),
    responded: (kind, offer, channel) => counted.push(`${kind} of ${offer} in ${channel}`),
    watch: () => undefined,
    shadowScored: (model, outcome, decisions) =>
      counted.push(`shadow ${model} ${outcome} ${decisions}`),
    limitMet: (quota, outcome) => counted.push(`limit ${quota} ${outcome}`),
    journalStands: () => undefined,
    learnt: (outcome, lessons) => counted.push(`${lessons} lessons ${outcome}`),
    learnerLags: () => undefined,
    renewed: () => undefined,
    reloaded: outcome => counted.push(`reloaded ${outcome}`)
  }
}

export function silentLog(): Log {
  const nothing = (): void => undefined
  return { debug: nothing, info: nothing, warn: nothing, error: nothing }
}
