import { compileStrategy } from '../../policy/compile.js'
import { errorAt } from '../../policy/problems.js'
import type { Problem, Strategy } from '../../policy/strategy.js'
import { noteParts, type StrategyParts } from '../replay/archive-strategy.js'
import type { ChooseDeps } from '../choose.js'
import { runExamples } from './examples.js'
import { keepArchived, type ArchiveDeps } from '../replay/keep-archived.js'
import { journalWords } from '../journal/journal-words.js'
import { NOTHING_LEARNT } from '../propensity/learnt.js'
import { writeLegend } from '../trace/legend.js'
import { planLimits } from '../limits/limit-plan.js'
import { namingProblems } from '../naming-problems.js'
import { planShortlist, tellModels } from '../shortlist/shortlist-plan.js'
import { fuseModels } from '../propensity/fuse-models.js'
import { createModelPool, type ModelPool } from '../propensity/model-pool.js'
import { digestOf } from '../digest.js'
import { readModels, type ModelFile } from '../propensity/model-files.js'
import { readyModel } from '../propensity/open-models.js'
import type {
  Log,
  Meters,
  ModelRuntime,
  SharedDocuments,
  StrategyFiles,
  StrategySource
} from '../ports.js'
import type { ReadyModel } from '../propensity/ready-model.js'
import {
  createSnapshots,
  modelsOf,
  sessionsOf,
  type Snapshot,
  type Snapshots
} from '../snapshot.js'

export interface LoaderDeps {
  readonly files: StrategyFiles
  readonly runtime: ModelRuntime
  readonly documents: SharedDocuments
  readonly archive: ArchiveDeps['archive']
  readonly meters: Meters
  readonly log: Log
  readonly clock: ChooseDeps['clock'] & { wallMs(): number }
  readonly schedule: (work: () => void, delayMs: number) => void
}

/** What became of reading the strategy's files. `refused`: the strategy in force stays. */
export interface LoadReport {
  readonly outcome: 'swapped' | 'unchanged' | 'refused' | 'valid'
  /** Of the strategy in force afterwards; for `valid` of none. */
  readonly version: number
  readonly hash: string
  readonly problems: readonly Problem[]
}

export interface StrategyLoader {
  /** Reads, compiles, checks, runs the examples, warms and swaps: all or nothing. Loads run one after another. */
  load(): Promise<LoadReport>
  /** The same without swapping. */
  validate(): Promise<LoadReport>
  /** Problems and warnings of the last load. */
  lastLoad(): LoadReport | undefined
}

/** The name under which a strategy's legend is kept, by its hash. */
export function legendName(hash: string): string {
  return `legend:${hash}`
}

/** While the store does not answer, the version number is asked for again after so long. */
const ASK_AGAIN_MS = 1000

/** Loads the first strategy. Without one there is nothing to decide with: then only the report comes back. */
export async function startStrategy(
  deps: LoaderDeps
): Promise<{ report: LoadReport; started?: { snapshots: Snapshots; loader: StrategyLoader } }> {
  const pool = createModelPool(deps.runtime, deps.schedule)
  const built = await build(deps, pool)
  if (built.snapshot === undefined)
    return { report: { outcome: 'refused', version: 0, hash: '', problems: built.problems } }
  const snapshots = createSnapshots(built.snapshot)
  const report: LoadReport = {
    outcome: 'swapped',
    version: built.snapshot.version,
    hash: built.snapshot.hash,
    problems: built.problems
  }
  deps.meters.reloaded('swapped', built.snapshot.version)
  watch(deps.meters, built.snapshot)
  numberLater(deps, snapshots)
  await archive(deps, snapshots, built)
  return {
    report,
    started: { snapshots, loader: createStrategyLoader(deps, pool, snapshots, report) }
  }
}

function createStrategyLoader(
  deps: LoaderDeps,
  pool: ModelPool,
  snapshots: Snapshots,
  first: LoadReport
): StrategyLoader {
  let last = first
  let queue: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = queue.then(work)
    queue = turn.catch(() => undefined)
    return turn
  }
  async function load(): Promise<LoadReport> {
    const built = await build(deps, pool, snapshots.current())
    const { snapshot, problems } = built
    const current = snapshots.current()
    if (snapshot === undefined) {
      last = { outcome: 'refused', version: current.version, hash: current.hash, problems }
    } else if (snapshot === current) {
      last = {
        outcome: 'unchanged',
        version: current.version,
        hash: current.hash,
        problems: last.problems
      }
    } else {
      snapshots.swap(snapshot)
      watch(deps.meters, snapshot)
      last = { outcome: 'swapped', version: snapshot.version, hash: snapshot.hash, problems }
      numberLater(deps, snapshots)
      await archive(deps, snapshots, built)
    }
    pool.keepOnly(sessionsOf(snapshots.current()))
    deps.meters.reloaded(last.outcome === 'valid' ? 'unchanged' : last.outcome, last.version)
    return last
  }
  async function validate(): Promise<LoadReport> {
    const { snapshot, problems } = await build({ ...deps, documents: undefined }, pool)
    pool.keepOnly(sessionsOf(snapshots.current()))
    const { version } = snapshots.current()
    return {
      outcome: snapshot === undefined ? 'refused' : 'valid',
      version,
      hash: snapshot?.hash ?? '',
      problems
    }
  }
  return { load: () => inTurn(load), validate: () => inTurn(validate), lastLoad: () => last }
}

function watch(meters: Meters, snapshot: Snapshot): void {
  meters.watch(
    modelsOf(snapshot),
    snapshot.strategy.offers.map(({ id }) => id)
  )
}

/** Without documents the store is neither asked nor written to. */
export type BuildDeps = Omit<LoaderDeps, 'documents' | 'archive'> & {
  readonly documents: SharedDocuments | undefined
}

interface Built {
  readonly snapshot: Snapshot | undefined
  readonly problems: readonly Problem[]
  /** What the snapshot was compiled of; undefined where the files could not be read. */
  readonly parts?: StrategyParts
}

/** Archives what was put in force. */
async function archive(deps: LoaderDeps, snapshots: Snapshots, { parts }: Built): Promise<void> {
  const { hash } = snapshots.current()
  async function read(): Promise<StrategyParts | undefined> {
    const { source, parts: found } = noteParts(await deps.files.read())
    return (await hashOf(source, (await readModels(source)).files)) === hash ? found : undefined
  }
  if (parts !== undefined) await keepArchived(deps, snapshots, parts, read)
}

/**
 * Reads the files and makes a whole snapshot of them, or tells everything that is wrong. Files as in force give that snapshot back.
 * @param past true for a strategy of the past: its examples, which may go by the present, are not run
 */
export async function build(
  deps: BuildDeps,
  pool: ModelPool,
  inForce?: Snapshot,
  past = false
): Promise<Built> {
  const onDisk = await readFiles(deps.files)
  if ('problem' in onDisk) return { snapshot: undefined, problems: [onDisk.problem] }
  const { source, parts } = noteParts(onDisk)
  const compiled = compileStrategy(source.rules)
  const { files, problems: modelProblems } = await readModels(source)
  const problems = [...compiled.problems, ...modelProblems]
  if (compiled.strategy === undefined) return { snapshot: undefined, problems }
  const hash = await hashOf(source, files)
  if (hash === inForce?.hash) return { snapshot: inForce, problems }

  const { strategy, compileFeature } = compiled
  const models = new Map<string, ReadyModel>()
  const shadows = new Map<string, ReadyModel[]>()
  for (const file of files) {
    const readied = await readyModel(pool, file, strategy, compileFeature, deps.meters)
    problems.push(...readied.problems)
    if (readied.model === undefined) continue
    const { name, shadow } = file.spec
    if (shadow) shadows.set(name, [...(shadows.get(name) ?? []), readied.model])
    else models.set(name, readied.model)
  }
  problems.push(...namingProblems(strategy, files))
  if (problems.some(isError)) return { snapshot: undefined, problems }
  const snapshot = await compose(deps, pool, strategy, { models, shadows }, hash)
  if (!past)
    problems.push(
      ...(await runExamples({ ...deps, learnt: NOTHING_LEARNT }, snapshot, deps.clock.wallMs()))
    )
  return { snapshot: problems.some(isError) ? undefined : snapshot, problems, parts }
}

async function readFiles(files: StrategyFiles): Promise<StrategySource | { problem: Problem }> {
  try {
    return await files.read()
  } catch (error) {
    return {
      problem: errorAt(
        { file: 'rules', line: 1, column: 1 },
        error instanceof Error ? error.message : String(error)
      )
    }
  }
}

async function compose(
  deps: BuildDeps,
  pool: ModelPool,
  strategy: Strategy,
  all: Pick<Snapshot, 'models' | 'shadows'>,
  hash: string
): Promise<Snapshot> {
  const isNamed = ([name]: readonly [string, unknown]) => strategy.modelNames.includes(name)
  const models = new Map([...all.models].filter(isNamed))
  const legend = { ...writeLegend(strategy), journal: journalWords(strategy, models.values()) }
  const decidedBy = {
    strategy,
    models,
    shadows: new Map([...all.shadows].filter(isNamed)),
    modelOf: strategy.offers.map(({ model }) =>
      model === undefined ? undefined : models.get(model)
    ),
    told: await tellModels(models.values(), strategy.offers.length),
    limits: planLimits(strategy)
  }
  return {
    version: await registerVersion(deps, hash, JSON.stringify(legend)),
    hash,
    ...decidedBy,
    fusions: await fuseModels([...models.values()], layout => pool.fuse(layout), deps.log),
    shortlist: planShortlist(decidedBy),
    legend,
    loadedAtMs: deps.clock.wallMs()
  }
}

/** Keeps the legend and takes the hash's number from the store; 0 when the store does not answer. */
async function registerVersion(deps: BuildDeps, hash: string, legend: string): Promise<number> {
  if (deps.documents === undefined) return 0
  try {
    await deps.documents.putOnce(legendName(hash), legend)
    return await deps.documents.numberOf('strategy', hash)
  } catch (error) {
    deps.log.debug({ err: error }, "the store did not answer for the strategy's version")
    return 0
  }
}

/** A strategy loaded while the store was away gets its number as soon as the store answers. */
function numberLater(deps: LoaderDeps, snapshots: Snapshots): void {
  const waiting = snapshots.current()
  if (waiting.version !== 0) return
  deps.schedule(() => {
    void registerVersion(deps, waiting.hash, JSON.stringify(waiting.legend)).then(version => {
      if (snapshots.current() !== waiting) return
      if (version === 0) numberLater(deps, snapshots)
      else snapshots.swap({ ...waiting, version })
    })
  }, ASK_AGAIN_MS)
}

function hashOf(source: StrategySource, files: readonly ModelFile[]): Promise<string> {
  const parts = [
    ...source.rules.map(({ text }) => text),
    ...source.models.map(({ file }) => file.text),
    ...files.map(({ bytes }) => bytes)
  ]
  return digestOf(parts.flatMap(part => [`${part.length}:`, part]))
}

function isError({ severity }: Problem): boolean {
  return severity === 'error'
}
