import type { Choice, Outcome } from '../choose.js'
import type { Column } from '../trace/column-codec.js'
import type { ReadyModel } from './ready-model.js'
import { ShadowPace, type PaceDeps, type ShadowWork } from './shadow-pace.js'
import type { Snapshot } from '../snapshot.js'

/** What a model that decides nothing thought of a decision's candidates. */
export interface ShadowScores {
  /** name@version. */
  readonly model: string
  /** Positions among the contestants, ascending. */
  readonly contestants: Column
  /** Calibrated, in [0, 1]; one for each of them. */
  readonly scores: Column
}

/** The shadows' part of one decision, to be worked out beside the requests. */
export interface ShadowTask {
  /** Lets the shadows score; done once, and never rejects. */
  score(): Promise<void>
  /** What they have scored until now; nothing of those that failed or were skipped. */
  scores(): ShadowScores[]
}

/** Rows that are scored together, so that one run serves several decisions. */
const ROWS_TOGETHER = 256
/** Decisions that wait to be scored; beyond them the oldest are scored alone, if at all. */
const MOST_WAITING = 1024

/** Notes a decision that shadows are to score; undefined where there are none. */
export type NoteShadows = (choice: Choice) => ShadowTask | undefined

/**
 * Has shadow models score what the models of their names were asked for, when a decision's record is made ready: decisions wait
 * for nothing here. A shadow that fails, is late or takes more than its share of the time loses its own scores, and nothing else.
 */
export function createShadows(deps: PaceDeps): NoteShadows {
  const waiting = new Set<Task>()
  const paces = new WeakMap<ReadyModel, ShadowPace>()

  function paceOf(model: ReadyModel): ShadowPace {
    const pace = paces.get(model) ?? new ShadowPace(model, deps)
    paces.set(model, pace)
    return pace
  }

  /** Scores a decision, and some of those that wait with it, for their turn comes next. */
  function scoreWith(first: Task): void {
    waiting.delete(first)
    const taken = [first]
    let rows = first.outcome.contest.positions.length
    for (const task of waiting) {
      if (rows >= ROWS_TOGETHER) break
      waiting.delete(task)
      taken.push(task)
      rows += task.outcome.contest.positions.length
    }
    const done = runAll(taken)
    for (const task of taken) task.done = done
  }

  async function runAll(tasks: readonly Task[]): Promise<void> {
    const byModel = new Map<ReadyModel, ShadowWork[]>()
    for (const task of tasks) {
      task.works = worksOf(task)
      for (const work of task.works) {
        const others = byModel.get(work.model)
        if (others === undefined) byModel.set(work.model, [work])
        else others.push(work)
      }
    }
    await Promise.all([...byModel].map(([model, works]) => paceOf(model).run(works)))
  }

  return ({ snapshot, outcome, control }) => {
    if (snapshot.shadows.size === 0 || outcome === undefined || control) return undefined
    const notedAtMs = deps.clock.monotonicMs()
    const task: Task = { snapshot, outcome, notedAtMs, works: [], done: undefined }
    waiting.add(task)
    if (waiting.size > MOST_WAITING) waiting.delete(waiting.values().next().value!)
    return {
      async score() {
        if (task.done === undefined) scoreWith(task)
        await task.done
      },
      scores: () => task.works.flatMap(scoresOf)
    }
  }
}

/** A decision that waits to be scored. */
interface Task {
  readonly snapshot: Snapshot
  readonly outcome: Outcome
  readonly notedAtMs: number
  /** Empty until it is its turn: whatever takes time is done beside the requests. */
  works: readonly ShadowWork[]
  done: Promise<void> | undefined
}

/** For each shadow: the contestants that the model of its name is there for. */
function worksOf({ snapshot, outcome, notedAtMs }: Task): ShadowWork[] {
  const { candidates, contest, facts } = outcome
  const works: ShadowWork[] = []
  for (const [name, shadows] of snapshot.shadows) {
    const contestants: number[] = []
    const offers: number[] = []
    for (let i = 0; i < contest.positions.length; i++) {
      const offer = candidates.offers[contest.positions[i]!]!
      if (snapshot.modelOf[offer]?.name !== name) continue
      contestants.push(i)
      offers.push(offer)
    }
    if (offers.length === 0) continue
    const asked = { contestants, offers: Int32Array.from(offers), facts, notedAtMs }
    for (const model of shadows) works.push({ ...asked, model, scores: undefined })
  }
  return works
}

function scoresOf({ model, contestants, scores }: ShadowWork): ShadowScores[] {
  return scores === undefined ? [] : [{ model: model.label, contestants, scores }]
}
