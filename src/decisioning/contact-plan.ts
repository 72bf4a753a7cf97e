import type { Lexicon } from '../domain/customer.js'
import type { ContactPolicy, Strategy } from '../policy/strategy.js'

/** What contact policies count, by themselves: `offer`, `group`, `issue` or everything. */
export type Scope = ContactPolicy['scope']
const SCOPES: readonly Scope[] = ['offer', 'group', 'issue', 'all']

/** A strategy's contact policies, laid out for counting, with the memory to count in. */
export interface ContactPlan {
  readonly policies: readonly ContactPolicy[]
  /** By channel: the policies that hold there, in the order of the files. */
  readonly enforced: ReadonlyArray<readonly ContactPolicy[]>
  /** By type: 1 where some policy counts it. */
  readonly counted: Uint8Array
  /** By offer: the number of its scope; 0 for all. */
  readonly scopeOf: Readonly<Record<Scope, Int32Array>>
  /** By scope: 1 + the number of the first policy that suppresses it; 0 where none does. */
  readonly marks: Readonly<Record<Scope, Uint16Array>>
  /** Where marks were put, to be taken away again. */
  readonly marked: Array<readonly [scope: Scope, number: number]>
  /** By scope of the policy being counted: how many, and until when it is suppressed. All 0 and -Infinity in between. */
  readonly counts: Int32Array
  readonly untilsMs: Float64Array
  /** By scope: the oldest and the newest event that is not spent. */
  readonly oldest: Int32Array
  readonly newest: Int32Array
  /** The scopes of the policy being counted that were met. */
  readonly touched: Int32Array
}

const plans = new WeakMap<Lexicon, ContactPlan>()

/** The plan of a strategy, made when it is first needed. */
export function planOf(strategy: Strategy): ContactPlan {
  const known = plans.get(strategy.lexicon)
  if (known !== undefined) return known
  const made = makePlan(strategy)
  plans.set(strategy.lexicon, made)
  return made
}

function makePlan({ contactPolicies, channels, offers, groups, issues, lexicon }: Strategy) {
  const sizes = { offer: offers.length, group: groups.length, issue: issues.length, all: 1 }
  const most = Math.max(...Object.values(sizes))
  const byOffer = (number: (offer: (typeof offers)[number]) => number) =>
    Int32Array.from(offers, number)
  return {
    policies: contactPolicies,
    enforced: channels.map(({ index }) =>
      contactPolicies.filter(
        policy => policy.channels === undefined || policy.channels[index] === 1
      )
    ),
    counted: Uint8Array.from(lexicon.types, (_, type) =>
      contactPolicies.some(policy => policy.counts[type] === 1) ? 1 : 0
    ),
    scopeOf: {
      offer: byOffer(({ index }) => index),
      group: byOffer(({ groupIndex }) => groupIndex),
      issue: byOffer(({ issueIndex }) => issueIndex),
      all: byOffer(() => 0)
    },
    marks: Object.fromEntries(
      SCOPES.map(scope => [scope, new Uint16Array(sizes[scope])])
    ) as Record<Scope, Uint16Array>,
    marked: [],
    counts: new Int32Array(most),
    untilsMs: new Float64Array(most).fill(-Infinity),
    oldest: new Int32Array(most),
    newest: new Int32Array(most),
    touched: new Int32Array(most)
  }
}
