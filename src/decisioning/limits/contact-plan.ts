import type { Lexicon } from '../../domain/customer.js'
import type { History } from '../../domain/history.js'
import type { ContactPolicy, Strategy } from '../../policy/strategy.js'

export type Scope = ContactPolicy['scope']
const SCOPES: readonly Scope[] = ['offer', 'group', 'issue', 'all']

/** A strategy's contact policies, laid out for counting, with the memory to count in. */
export interface ContactPlan {
  readonly policies: readonly ContactPolicy[]
  /** By channel: the policies that hold there, in the order of the files. */
  readonly enforced: ReadonlyArray<readonly Enforced[]>
  /** By 1 + offer: the number of its scope. Offers that are not known, at 0, have one of their own that is never marked. */
  readonly scopeOf: Readonly<Record<Scope, Int32Array>>
  readonly unknown: Readonly<Record<Scope, number>>
  /** By scope: 1 + the number of the first policy that suppresses it; 0 where none does. */
  readonly marks: Readonly<Record<Scope, Uint16Array>>
  /** Where marks were put, to be taken away again. */
  readonly marked: Array<readonly [scope: Scope, number: number]>
  /** By scope of the policy being counted: how many, and until when it is suppressed. 0 and -Infinity in between. */
  readonly counts: Int32Array
  readonly untilsMs: Float64Array
  /** By scope: the oldest and the newest event that is not spent. */
  readonly oldest: Int32Array
  readonly newest: Int32Array
}

/** A policy in a channel where it holds, and the events that it counts. */
export interface Enforced {
  readonly policy: ContactPolicy
  readonly stream: Stream
}

/** The events of a history that count for some policies, newest first. One for all policies that count the same. */
export class Stream {
  readonly #policy: ContactPolicy
  /** Which evaluation filled it. */
  #filledFor: unknown
  length = 0
  timesMs = new Float64Array(0)
  /** 1 + offer: 0 where the strategy does not know it. */
  offers = new Int32Array(0)
  /** By event, for the policy being folded: the next one of its scope that is not spent. */
  next = new Int32Array(0)

  constructor(policy: ContactPolicy) {
    this.#policy = policy
  }

  /** Fills the stream with what happened up to lastMs, once for each `evaluation`. */
  fill(history: History, lastMs: number, evaluation: unknown): void {
    if (this.#filledFor === evaluation) return
    this.#filledFor = evaluation
    if (this.offers.length < history.length) this.#makeRoom(history.length)
    const { counts, channels } = this.#policy
    const { length, timesMs, types, offers, channels: happenedIn } = history
    const { timesMs: ownTimesMs, offers: ownOffers } = this
    let count = 0
    for (let i = 0; i < length; i++) {
      if (counts[types[i]!] !== 1 || timesMs[i]! > lastMs) continue
      if (channels !== undefined && channels[happenedIn[i]!] !== 1) continue
      ownTimesMs[count] = timesMs[i]!
      ownOffers[count++] = offers[i]! + 1
    }
    this.length = count
  }

  #makeRoom(length: number): void {
    this.timesMs = new Float64Array(length)
    this.offers = new Int32Array(length)
    this.next = new Int32Array(length)
  }
}

const plans = new WeakMap<Lexicon, ContactPlan>()

/** The plan of a strategy, made when it is first needed; variants of a strategy share it. */
export function planOf(strategy: Strategy): ContactPlan {
  const known = plans.get(strategy.lexicon)
  if (known !== undefined) return known
  const made = makePlan(strategy)
  plans.set(strategy.lexicon, made)
  return made
}

function makePlan({ contactPolicies, channels, offers, groups, issues }: Strategy): ContactPlan {
  const unknown = { offer: offers.length, group: groups.length, issue: issues.length, all: 0 }
  const most = Math.max(...Object.values(unknown)) + 1
  const streams = new Map<string, Stream>()
  const all = contactPolicies.map(policy => {
    const counted = JSON.stringify([
      [...policy.counts],
      policy.channels && [...policy.channels],
      policy.strict
    ])
    const stream = streams.get(counted) ?? new Stream(policy)
    streams.set(counted, stream)
    return { policy, stream }
  })
  const scopesBy = (number: (offer: (typeof offers)[number]) => number, none: number) =>
    Int32Array.from([none, ...offers.map(number)])
  return {
    policies: contactPolicies,
    enforced: channels.map(({ index }) =>
      all.filter(({ policy }) => policy.channels === undefined || policy.channels[index] === 1)
    ),
    scopeOf: {
      offer: scopesBy(({ index }) => index, unknown.offer),
      group: scopesBy(({ groupIndex }) => groupIndex, unknown.group),
      issue: scopesBy(({ issueIndex }) => issueIndex, unknown.issue),
      all: scopesBy(() => 0, 0)
    },
    // An offer that the strategy no longer has was a contact all the same: it counts for all.
    unknown: { ...unknown, all: -1 },
    marks: Object.fromEntries(
      SCOPES.map(scope => [scope, new Uint16Array(unknown[scope] + 1)])
    ) as Record<Scope, Uint16Array>,
    marked: [],
    counts: new Int32Array(most),
    untilsMs: new Float64Array(most).fill(-Infinity),
    oldest: new Int32Array(most),
    newest: new Int32Array(most)
  }
}
