import { deepStrictEqual, equal } from 'node:assert/strict'
import fc from 'fast-check'
import type { AttributeValue, Consent, CustomerKey, Profile } from '../../src/domain/customer.js'
import { inMergeOrder } from '../../src/domain/identity.js'
import { INTERACTION_TYPES } from '../../src/domain/interaction.js'
import type { CustomerEvent } from '../../src/domain/interaction.js'
import type { CustomerStore } from '../../src/decisioning/ports.js'
import { lexicon } from './store-contract.js'

const WORDS = lexicon()
const NOW_MS = Date.UTC(2025, 5, 15, 12)
const DAY_MS = 86_400_000
/** Of one case: two known customers and four visits, any of whom may turn out to be one. */
const PARTIES = [
  ['crm', 'a'],
  ['crm', 'b'],
  ['cookie', 'c'],
  ['cookie', 'd'],
  ['cookie', 'e'],
  ['cookie', 'f']
] as const

interface Writing {
  readonly party: number
  /** Few, so that writes of one moment meet. */
  readonly timeMs: number
  readonly profile: Profile
}

type Step =
  | { readonly kind: 'merge'; readonly one: number; readonly other: number }
  | { readonly kind: 'event'; readonly party: number; readonly event: number }
  | { readonly kind: 'load'; readonly party: number }

interface Case {
  readonly writings: readonly Writing[]
  readonly steps: readonly Step[]
  /** Another order of the same steps, some of which come again. */
  readonly again: readonly Step[]
}

const party = fc.nat(PARTIES.length - 1)
const said: fc.Arbitrary<Consent> = fc
  .tuple(fc.boolean(), fc.nat(2), fc.constantFrom('web', 'branch'))
  .map(([granted, timeMs, source]) => ({ granted, timeMs, source }))
const writing: fc.Arbitrary<Writing> = fc.record({
  party,
  timeMs: fc.nat(2).map(n => NOW_MS + n),
  profile: fc.record({
    attributes: fc.dictionary(fc.constantFrom('age', 'since'), fc.nat(3), {
      noNullPrototype: true
    }),
    tags: fc.subarray(['sport', 'travel', 'finance/credit']),
    consent: fc.dictionary(fc.constantFrom('marketing', 'profiling'), said, {
      noNullPrototype: true
    })
  })
})
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('merge' as const), one: party, other: party }),
  fc.record({ kind: fc.constant('event' as const), party, event: fc.nat(5) }),
  fc.record({ kind: fc.constant('load' as const), party })
)
const steps = fc.array(step, { maxLength: 14 })

const someCase: fc.Arbitrary<Case> = steps.chain(first =>
  fc.record({
    writings: fc.array(writing, { maxLength: 8 }),
    steps: fc.constant(first),
    again: fc
      .tuple(
        fc.shuffledSubarray(first, { minLength: first.length, maxLength: first.length }),
        fc.subarray(first)
      )
      .map(([shuffled, repeated]) => [...shuffled, ...repeated])
  })
)

let casesMade = 0

/**
 * Profiles are written and then, in two orders, events told and parties merged, some of it twice: both come to the same, and to what
 * sets come to. `moveTo` sets the stores' clock. With several processes' views of the store all steps of an order are taken at once.
 */
export function mergeProperty(
  [customers, ...others]: readonly [CustomerStore, ...CustomerStore[]],
  moveTo: (timeMs: number) => void
): fc.IAsyncProperty<[Case]> {
  const views = [customers, ...others]
  return fc.asyncProperty(someCase, async given => {
    const outcomes = []
    for (const order of [given.steps, given.again]) {
      const parties = freshParties()
      await writeProfiles(customers, parties, given.writings, moveTo)
      const taking = order.map((one, i) => () => takeStep(views[i % views.length]!, parties, one))
      if (others.length > 0) await Promise.all(taking.map(take => take()))
      else for (const take of taking) await take()
      const groups = unionsOf(order)
      const seen = []
      for (let i = 0; i < PARTIES.length; i++) {
        const found = await seenAs(customers, parties, i)
        deepStrictEqual(found, expectedOf(parties, groups[i]!, given.writings, order))
        seen.push(found)
      }
      outcomes.push(seen)
    }
    deepStrictEqual(outcomes[0], outcomes[1])
  })
}

function freshParties(): CustomerKey[] {
  const run = casesMade++
  return PARTIES.map(([namespace, id]) => ({ namespace, id: `${id}/${run}` }))
}

/** In the order of their times, as they happen. */
async function writeProfiles(
  customers: CustomerStore,
  parties: readonly CustomerKey[],
  writings: readonly Writing[],
  moveTo: (timeMs: number) => void
): Promise<void> {
  for (const { party: i, timeMs, profile } of inTime(writings)) {
    moveTo(timeMs)
    await customers.change(parties[i]!, () => profile, WORDS)
  }
}

async function takeStep(
  customers: CustomerStore,
  parties: readonly CustomerKey[],
  given: Step
): Promise<void> {
  if (given.kind === 'load') await customers.load(parties[given.party]!, WORDS)
  else if (given.kind === 'event')
    await customers.append([eventFor(parties[given.party]!, given.event)])
  else if (given.one !== given.other)
    await customers.merge(parties[given.one]!, parties[given.other]!, WORDS)
}

/** The same number is the same event, whomever it is told of. */
function eventFor(customer: CustomerKey, number: number): CustomerEvent {
  return {
    customer,
    id: String(number),
    source: 'client',
    type: number % 2 === 0 ? 'click' : 'impression',
    offerId: 'loan',
    timeMs: NOW_MS - Math.floor(number / 2) * 1000
  }
}

/** Per party, the parties that are one with it. */
function unionsOf(order: readonly Step[]): number[][] {
  const unions = PARTIES.map((_, i) => [i])
  for (const given of order) {
    if (given.kind !== 'merge' || given.one === given.other) continue
    const union = [...new Set([...unions[given.one]!, ...unions[given.other]!])].sort()
    for (const i of union) unions[i] = union
  }
  return unions
}

/** What the store says of a party, without what differs from case to case. */
async function seenAs(customers: CustomerStore, parties: readonly CustomerKey[], i: number) {
  const key = parties[i]!
  const numberOf = ({ namespace, id }: CustomerKey) =>
    parties.findIndex(each => each.namespace === namespace && each.id === id)
  const state = await customers.load(key, WORDS)
  const told = await customers.history(key, 200)
  const profile = await customers.read(key)
  const { canonical, members } = await customers.identityOf(key)
  deepStrictEqual([state.key, state.members], [canonical, members])
  equal(state.history.length, told.length)
  deepStrictEqual(
    [...state.history.timesMs],
    told.map(({ timeMs }) => timeMs)
  )
  deepStrictEqual(
    state.attributes,
    WORDS.attributes.map(name => profile?.attributes[name])
  )
  return {
    canonical: numberOf(canonical),
    members: members.map(numberOf),
    known: state.known,
    profile: profile === undefined ? undefined : sortedProfile(profile),
    granted: [...state.granted],
    events: told.map(({ id }) => Number(id)).sort(),
    clicks: state.history.count(INTERACTION_TYPES.indexOf('click'), 1, DAY_MS, NOW_MS)
  }
}

/** What sets come to: the reference. */
function expectedOf(
  parties: readonly CustomerKey[],
  union: readonly number[],
  writings: readonly Writing[],
  order: readonly Step[]
): Awaited<ReturnType<typeof seenAs>> {
  const members = inMergeOrder(
    union.map(i => parties[i]!),
    WORDS.namespaces
  ).map(key => parties.indexOf(parties.find(each => each.id === key.id)!))
  const events = new Set(
    order.flatMap(each => (each.kind === 'event' && union.includes(each.party) ? [each.event] : []))
  )
  const profile = unitedProfile(members, inTime(writings))
  return {
    canonical: members[0]!,
    members,
    known: profile !== undefined,
    profile,
    granted: WORDS.purposes.map(purpose => (profile?.consent[purpose]?.granted === true ? 1 : 0)),
    events: [...events].sort(),
    clicks: [...events].filter(number => number % 2 === 0).length
  }
}

function unitedProfile(
  members: readonly number[],
  writings: readonly Writing[]
): Profile | undefined {
  const lasts = members.flatMap(i => {
    const own = writings.filter(({ party: of }) => of === i)
    return own.length === 0 ? [] : [{ own, last: own.at(-1)!.profile }]
  })
  if (lasts.length === 0) return undefined
  const attributes: Record<string, AttributeValue> = {}
  for (const name of ['age', 'since']) {
    const candidates = lasts.flatMap(({ own, last }) => {
      const value = last.attributes[name]
      if (value === undefined) return []
      // Written when it last became what it is.
      let at = own.length - 1
      while (at > 0 && own[at - 1]!.profile.attributes[name] === value) at--
      return [{ value, timeMs: own[at]!.timeMs }]
    })
    const newest = Math.max(...candidates.map(({ timeMs }) => timeMs))
    const winner = candidates.find(({ timeMs }) => timeMs === newest)
    if (winner !== undefined) attributes[name] = winner.value
  }
  const consent: Record<string, Consent> = {}
  for (const purpose of WORDS.purposes) {
    const all = lasts.flatMap(({ last }) => last.consent[purpose] ?? [])
    const refused = all.filter(({ granted }) => !granted)
    const holding = refused.length > 0 ? refused : all
    const newest = holding.filter(
      ({ timeMs }) => timeMs === Math.max(...holding.map(each => each.timeMs))
    )
    const [first] = newest.map(({ source }) => source).sort()
    if (first !== undefined) consent[purpose] = newest.find(({ source }) => source === first)!
  }
  return sortedProfile({ attributes, tags: lasts.flatMap(({ last }) => last.tags), consent })
}

function inTime(writings: readonly Writing[]): Writing[] {
  return writings.toSorted((a, b) => a.timeMs - b.timeMs)
}

function sortedProfile({ attributes, tags, consent }: Profile): Profile {
  return { attributes, tags: [...new Set(tags)].sort(), consent }
}
