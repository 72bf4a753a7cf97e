import { hash } from 'node:crypto'
import { partsOf } from '../../domain/decision-id.js'
import {
  experienceName,
  type Experience,
  type LedgerEntry,
  type LedgerPlace,
  type Lesson,
  type Slot,
  type ToldEvent
} from '../../domain/learning.js'
import {
  beginExperience,
  isPositive,
  NOTHING_KNOWN,
  weightNow,
  withImpression,
  withPositive
} from '../../learning/adaptive.js'
import {
  beginRegression,
  withObserved,
  withTurned,
  type Observation,
  type RegressionSettings
} from '../../learning/adaptive-logistic.js'
import type { Adapt, Strategy } from '../../policy/strategy.js'
import type { LessonOutcome } from '../ports.js'

/** The impression that a lesson is about. */
export interface Touch {
  readonly place: LedgerPlace
  /** Where it was shown; undefined: not known yet, for the response came before its impression. */
  readonly channel: string | undefined
}

export interface Observed {
  readonly settings: RegressionSettings
  readonly observation: Observation
}

/** A lesson and the impression that it belongs to. */
export interface PlacedLesson {
  readonly lesson: Lesson
  /** How its offer adapts. */
  readonly adapt: Adapt
  /** How its regression is fitted, and what was known of the impression; undefined where it does not adapt by features. */
  readonly observed: Observed | undefined
  readonly touch: Touch
  /** Of a response without a token: where the ledger notes that it was attributed, which happens once. */
  readonly attributed: LedgerPlace | undefined
}

/** The impression of a decision's slot. */
export function slotPlace({ decisionId, placement }: Slot, offerId: string): LedgerPlace {
  // Entries of about the same time lapse together, and are few enough to be kept compactly.
  const timeMs = partsOf(decisionId)?.timeMs
  const second = timeMs === undefined ? digest(decisionId) : Math.floor(timeMs / 1000).toString(36)
  return { slice: `d${second}`, entry: digest(decisionId, placement, offerId) }
}

/** An impression that was told without a token; alone, since nothing but its id says that a repetition is one. */
export function toldPlace({ source, id }: Pick<ToldEvent, 'source' | 'id'>): LedgerPlace {
  return { slice: `e${digest(source, id)}`, entry: '' }
}

/** That a response without a token was attributed. */
export function attributionPlace({ source, id }: ToldEvent): LedgerPlace {
  return { slice: `r${digest(source, id)}`, entry: '' }
}

/** Short, and of the customer's ids it says nothing. */
function digest(...parts: readonly string[]): string {
  return hash('sha1', parts.join('\0'), 'base64').slice(0, 20)
}

/** What is known, and changes with every lesson. Entries and experience that the store does not hold are absent. */
export class Knowledge {
  readonly #ledger: Map<string, LedgerEntry>
  readonly #experience: Map<string, Experience>
  readonly #places = new Map<string, LedgerPlace>()
  readonly #changed = new Set<string>()

  constructor(
    ledger: ReadonlyMap<string, LedgerEntry>,
    experience: ReadonlyMap<string, Experience>
  ) {
    this.#ledger = new Map(ledger)
    this.#experience = new Map(experience)
  }

  /**
   * Takes one lesson to heart. Order and repetition do not matter: the ledger keeps of each impression the earliest times, and an
   * impression counts by what these say.
   */
  learn(
    { lesson, adapt, observed, touch, attributed }: PlacedLesson,
    { positiveWindowMs }: Pick<Strategy, 'positiveWindowMs'>
  ): LessonOutcome {
    if (attributed !== undefined) {
      if (this.#ledger.has(placeText(attributed))) return 'known'
      this.#note(attributed, { ...NOTHING_KNOWN, positiveMs: lesson.timeMs })
    }
    const before = this.#ledger.get(placeText(touch.place)) ?? NOTHING_KNOWN
    let entry = withTime(before, lesson)
    if (touch.channel !== undefined) {
      const name = experienceName(lesson.offerId, touch.channel)
      const { experience, counted, turned } = count(
        this.#of(name, adapt),
        entry,
        isPositive(entry, positiveWindowMs),
        { forget: adapt.forget, observed }
      )
      if (experience !== this.#experience.get(name) && entry.impressionMs !== Infinity) {
        this.#experience.set(name, experience)
        this.#changed.add(name)
      }
      entry = { ...entry, counted, turned }
    }
    if (sameEntry(before, entry)) return 'known'
    this.#note(touch.place, entry)
    return 'learnt'
  }

  /** What the ledger holds otherwise than before. */
  changedEntries(): Array<readonly [LedgerPlace, LedgerEntry]> {
    return [...this.#places].map(([text, place]) => [place, this.#ledger.get(text)!])
  }

  /** The experience that is another than before, by name. */
  changedExperience(): ReadonlyMap<string, Experience> {
    return new Map([...this.#changed].map(name => [name, this.#experience.get(name)!]))
  }

  #of(name: string, { way }: Adapt): Experience {
    const known = this.#experience.get(name)
    return known?.way === way ? known : beginExperience(way, known)
  }

  #note(place: LedgerPlace, entry: LedgerEntry): void {
    this.#ledger.set(placeText(place), entry)
    this.#places.set(placeText(place), place)
  }
}

/** One text for a place, for maps. */
export function placeText({ slice, entry }: LedgerPlace): string {
  return `${slice}\0${entry}`
}

function withTime(entry: LedgerEntry, { kind, timeMs }: Lesson): LedgerEntry {
  switch (kind) {
    case 'impression':
      return { ...entry, impressionMs: Math.min(entry.impressionMs, timeMs) }
    case 'positive':
      return { ...entry, positiveMs: Math.min(entry.positiveMs, timeMs) }
    case 'end':
      return { ...entry, endMs: Math.min(entry.endMs, timeMs) }
  }
}

interface Counted {
  readonly experience: Experience
  readonly counted: number
  readonly turned: boolean
}

/** Counts the impression if it was not, and turns it round if it is to be a positive now and was none, or the other way. */
function count(
  known: Experience,
  entry: LedgerEntry,
  turned: boolean,
  by: { readonly forget: number; readonly observed: Observed | undefined }
): Counted {
  if (entry.impressionMs === Infinity) return { experience: known, counted: 0, turned: false }
  const shown = entry.counted === 0 ? withShown(known, by.forget, by.observed) : known
  const counted = entry.counted === 0 ? shown.total : entry.counted
  const turn = Number(turned) - Number(entry.turned)
  const weight = turn * weightNow(shown, counted, by.forget)
  const experience = weight === 0 ? shown : withAnswer(shown, counted, weight, by.observed)
  return { experience, counted, turned }
}

function withShown(before: Experience, forget: number, observed: Observed | undefined): Experience {
  const shown = withImpression(before, forget)
  if (observed === undefined) return shown
  const { settings, observation } = observed
  const regression = before.regression ?? beginRegression(settings)
  const seen = shown.total - shown.begunAt
  return { ...shown, regression: withObserved(regression, settings, observation, seen) }
}

function withAnswer(
  before: Experience,
  counted: number,
  weight: number,
  observed: Observed | undefined
): Experience {
  const answered = withPositive(before, weight)
  if (observed === undefined || before.regression === undefined) return answered
  const { settings, observation } = observed
  const seen = counted - before.begunAt
  const regression = withTurned(before.regression, settings, observation, seen, weight)
  return { ...answered, regression }
}

function sameEntry(one: LedgerEntry, other: LedgerEntry): boolean {
  return (
    one.impressionMs === other.impressionMs &&
    one.positiveMs === other.positiveMs &&
    one.endMs === other.endMs &&
    one.counted === other.counted &&
    one.turned === other.turned
  )
}
