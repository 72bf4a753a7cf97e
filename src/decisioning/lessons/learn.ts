import { experienceName, type Experience, type LedgerEntry } from '../../domain/learning.js'
import type { Strategy } from '../../policy/strategy.js'
import { stepwise } from '../in-turns.js'
import { Knowledge, placeText } from './learn-lessons.js'
import { createPoints } from './keep-points.js'
import { placeLessons, type Placed, type PlaceDeps } from './place-lessons.js'
import type { LearningStore, LessonOutcome, Log, Meters } from '../ports.js'
import { repeat, type Repeated } from '../repeat.js'
import { TOKEN_LIFE_MS } from '../tokens.js'

/** How often the learner looks for lessons. */
const LOOK_MS = 300
/** Whoever has not looked for so long is no learner any more. */
const LEASE_MS = 1500
/** After something went wrong. */
const AGAIN_MS = 1000
/** Lessons of one step. */
const TOGETHER = 300
/** Responses may be told later than they were given. */
const LEDGER_SLACK_MS = 86_400_000

export interface LearnDeps extends PlaceDeps {
  readonly learning: LearningStore
  readonly snapshots: { current(): { readonly strategy: Strategy } }
  readonly meters: Pick<Meters, 'learnt' | 'learnerLags'>
  readonly log: Log
  /** Names this process among those that might learn. */
  readonly processName: string
}

/**
 * Learns from responses as long as the strategy's offers adapt, if no other process does. What is learnt, which lessons are done and
 * the ledger are stored in one step, so that whatever ends when, every impression counts once.
 */
export function startLearning(
  deps: LearnDeps,
  schedule: (work: () => void, delayMs: number) => void
): Repeated {
  const learner = new Learner(deps)
  const repeated = repeat(schedule, () => learner.look())
  return {
    async close() {
      await repeated.close()
      await learner.giveUp()
    }
  }
}

class Learner {
  readonly #deps: LearnDeps
  readonly #keepPoint: () => Promise<void>
  #leads = false
  /** What went wrong is told once. */
  #troubled = false

  constructor(deps: LearnDeps) {
    this.#deps = deps
    this.#keepPoint = createPoints(deps)
  }

  /** Looks for lessons, and answers in how many ms it is to look again. */
  async look(): Promise<number> {
    const { learning, snapshots, meters, processName, log } = this.#deps
    const { strategy } = snapshots.current()
    try {
      if (!strategy.adapts) {
        await this.giveUp()
        return LOOK_MS
      }
      this.#leads = await learning.lease(processName, LEASE_MS)
      const isBehind = this.#leads && (await learnSome(this.#deps, strategy))
      if (this.#leads) await this.#keepPoint()
      else meters.learnerLags(0)
      this.#troubled = false
      return isBehind ? 0 : LOOK_MS
    } catch (error) {
      if (!this.#troubled)
        log.warn({ err: error }, 'nothing can be learnt from responses now; it is tried again')
      this.#troubled = true
      return AGAIN_MS
    }
  }

  /** Lets another learn. */
  async giveUp(): Promise<void> {
    if (!this.#leads) return
    this.#leads = false
    const { learning, meters, processName, log } = this.#deps
    meters.learnerLags(0)
    try {
      await learning.giveUp(processName)
    } catch (error) {
      log.debug({ err: error }, 'the lease of the learner was not given up; it lapses by itself')
    }
  }
}

/** Learns from the oldest lessons; true where more are waiting. Only for the learner. */
export async function learnSome(
  deps: Omit<LearnDeps, 'snapshots' | 'log'>,
  strategy: Strategy
): Promise<boolean> {
  const { learning, meters, clock, processName } = deps
  const { version, lessons } = await learning.waiting(TOGETHER)
  const [oldest] = lessons
  meters.learnerLags(oldest ? Math.max(0, clock.wallMs() - oldest.appendedMs) / 1000 : 0)
  if (oldest === undefined) return false
  const placed = await placeLessons(
    deps,
    strategy,
    lessons.map(({ lesson }) => lesson)
  )
  const last = lessons[placed.length - 1]
  if (last === undefined) return false
  const knowledge = await recall(learning, placed)
  const outcomes = await stepwise(learnAll(knowledge, placed, strategy)).finishInTurns()
  const learnt = await learning.learn(processName, {
    version,
    upTo: last.place,
    ledger: knowledge.changedEntries(),
    ledgerLifetimeMs: TOKEN_LIFE_MS + strategy.positiveWindowMs + LEDGER_SLACK_MS,
    experience: knowledge.changedExperience()
  })
  if (learnt) for (const [outcome, number] of outcomes) meters.learnt(outcome, number)
  return learnt && placed.length === TOGETHER
}

/** What the store knows of these lessons' impressions, offers and channels. */
async function recall(learning: LearningStore, lessons: readonly Placed[]): Promise<Knowledge> {
  const known = lessons.filter(lesson => typeof lesson !== 'string')
  const places = new Map(
    known
      .flatMap(({ touch, attributed }) =>
        attributed === undefined ? [touch.place] : [touch.place, attributed]
      )
      .map(place => [placeText(place), place])
  )
  const names = new Set(
    known.flatMap(({ lesson: { offerId }, touch: { channel } }) =>
      channel === undefined ? [] : [experienceName(offerId, channel)]
    )
  )
  const { ledger, experience } = await learning.recall([...places.values()], [...names])
  return new Knowledge(
    found<LedgerEntry>(places.keys(), ledger),
    found<Experience>(names, experience)
  )
}

function found<T>(names: Iterable<string>, values: ReadonlyArray<T | undefined>): Map<string, T> {
  const held = new Map<string, T>()
  let at = 0
  for (const name of names) {
    const value = values[at++]
    if (value !== undefined) held.set(name, value)
  }
  return held
}

/** Learns a lesson a step; answers how many there were of each outcome. */
function* learnAll(
  knowledge: Knowledge,
  lessons: readonly Placed[],
  strategy: Strategy
): Generator<undefined, Map<LessonOutcome, number>, undefined> {
  const outcomes = new Map<LessonOutcome, number>()
  for (const lesson of lessons) {
    const outcome = typeof lesson === 'string' ? lesson : knowledge.learn(lesson, strategy)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    yield
  }
  return outcomes
}
