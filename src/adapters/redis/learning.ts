import {
  POINT_SERIES,
  type Experience,
  type LearningPoint,
  type LedgerPlace,
  type Lesson
} from '../../domain/learning.js'
import type {
  ExperienceNews,
  LearningStore,
  LearntLessons,
  WaitingLessons
} from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { LEASE } from './journal-scripts.js'
import { ledgerKey, LEARNING_KEYS, pointsKey } from './keys.js'
import {
  decodeEntry,
  decodeExperience,
  decodeLesson,
  decodePoint,
  encodeEntry,
  encodeExperience,
  encodeLesson,
  encodePoint
} from './learning-codec.js'
import { APPEND_LESSONS, EXPERIENCE_SINCE, KEEP_POINT, LEARN } from './learning-scripts.js'
import { answerOf, type Argument } from './wire.js'

const { lease, state, lessons: stream, experience: experienceKey, changed } = LEARNING_KEYS
const POINTS = POINT_SERIES.map((_, i) => pointsKey(i))

/** Lessons, ledger and experience in Redis, in one slot, so that a script can change them together. */
export class RedisLearning implements LearningStore {
  readonly #connection: Connection
  readonly #mostLessons: number

  constructor(connection: Connection, mostLessons: number) {
    this.#connection = connection
    this.#mostLessons = mostLessons
  }

  async append(lessons: readonly Lesson[]): Promise<number> {
    const args = [this.#mostLessons, ...lessons.map(encodeLesson)]
    return Number(await this.#connection.run(APPEND_LESSONS, [stream], args))
  }

  async lease(holder: string, lifetimeMs: number): Promise<boolean> {
    return (await this.#connection.run(LEASE, [lease], [holder, lifetimeMs])) === 1
  }

  async giveUp(holder: string): Promise<void> {
    await this.#connection.run(LEASE, [lease], [holder, 0])
  }

  /** The version is read first: whoever learns in between is found out when this is stored. */
  async waiting(most: number): Promise<WaitingLessons> {
    const [version, entries] = await this.#connection.runAll([
      { command: 'HGET', args: [state, 'version'] },
      { command: 'XRANGE', args: [stream, '-', '+', 'COUNT', most] }
    ])
    return {
      version: Number(answerOf(version) ?? 0),
      lessons: (answerOf(entries) as Array<[Buffer, [Buffer, Buffer]]>).map(
        ([place, [, bytes]]) => ({
          place: String(place),
          appendedMs: Number.parseInt(String(place), 10),
          lesson: decodeLesson(bytes)
        })
      )
    }
  }

  async recall(ledger: readonly LedgerPlace[], experience: readonly string[]) {
    const entries = await this.#connection.runAll([
      ...ledger.map(({ slice, entry }) => ({
        command: 'HGET' as const,
        args: [ledgerKey(slice), entry]
      })),
      ...experience.map(name => ({ command: 'HGET' as const, args: [experienceKey, name] }))
    ])
    const values = entries.map(entry => (answerOf(entry) as Buffer | null) ?? undefined)
    return {
      ledger: values.slice(0, ledger.length).map(bytes => bytes && decodeEntry(bytes)),
      experience: values.slice(ledger.length).map(bytes => bytes && decodeExperience(bytes))
    }
  }

  async learn(holder: string, learnt: LearntLessons): Promise<boolean> {
    const { version, upTo, ledger, ledgerLifetimeMs, experience } = learnt
    const slices = [...new Set(ledger.map(([{ slice }]) => slice))]
    const positions = new Map(slices.map((slice, i) => [slice, i + 1]))
    const keys = [lease, state, stream, experienceKey, changed, ...slices.map(ledgerKey)]
    const args: Argument[] = [holder, version, upTo, Math.ceil(ledgerLifetimeMs), experience.size]
    for (const [name, is] of experience) args.push(name, encodeExperience(is))
    for (const [{ slice, entry }, known] of ledger)
      args.push(positions.get(slice)!, entry, encodeEntry(known))
    return (await this.#connection.run(LEARN, keys, args)) === 1
  }

  async experienceSince(version: number): Promise<ExperienceNews> {
    const keys = [state, experienceKey, changed]
    const [now, since, ...pairs] = (await this.#connection.run(EXPERIENCE_SINCE, keys, [
      version
    ])) as [number, number, ...Buffer[]]
    const experience = new Map<string, Experience>()
    for (let i = 0; i < pairs.length; i += 2)
      experience.set(String(pairs[i]), decodeExperience(pairs[i + 1]!))
    return { version: now, isWhole: since === 0, experience }
  }

  async keepPoint(holder: string, point: LearningPoint): Promise<void> {
    const series = POINT_SERIES.flatMap(({ everyMs, most }) => [everyMs, most])
    const args = [holder, point.timeMs, encodePoint(point), ...series]
    await this.#connection.run(KEEP_POINT, [lease, ...POINTS], args)
  }

  async points(): Promise<LearningPoint[]> {
    const series = await this.#connection.runAll(
      POINTS.map(key => ({ command: 'ZRANGE' as const, args: [key, 0, -1] }))
    )
    const points = series.flatMap(kept => (answerOf(kept) as Buffer[]).map(decodePoint))
    const byTime = new Map(points.map(point => [point.timeMs, point]))
    return [...byTime.values()].sort((one, other) => one.timeMs - other.timeMs)
  }
}
