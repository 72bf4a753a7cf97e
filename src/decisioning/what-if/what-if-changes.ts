import type { Profile } from '../../domain/customer.js'
import { Refusal, type Fault } from '../../domain/refusal.js'
import { withLevers } from '../../policy/apply-arms.js'
import type { Strategy } from '../../policy/strategy.js'
import type { Asked } from '../asked.js'
import { escapePointer, addUnknownName } from '../faults.js'
import type { CustomerState } from '../ports.js'
import { readPatch } from '../customers/profile-body.js'
import { NOT_A_TIME, parseTime } from '../times.js'
import { checkValues } from '../values.js'

/** What is supposed to be otherwise. */
export interface WhatIfChanges {
  /** As a merge patch of the customer: null takes an attribute away. They also hold over what the request says of them. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  /** In the place of the customer's. */
  readonly tags?: readonly string[] | undefined
  /** As a merge patch of the customer, by purpose. */
  readonly consent?: Readonly<Record<string, { readonly granted: boolean } | null>> | undefined
  /** Over the request's; null takes a name away. */
  readonly context?: Readonly<Record<string, unknown>> | undefined
  /** The instant to decide at, RFC 3339. */
  readonly at?: string | undefined
  /** By offer: its own part of its lever, in percent; those of its group and issue stay, and the arms of experiments change nothing here. */
  readonly levers?: Readonly<Record<string, number>> | undefined
}

/** What changes do to the three things that a decision is made of. */
export interface ReadChanges {
  readonly strategy: Strategy
  readonly asked: Asked
  changeCustomer(state: CustomerState): CustomerState
}

/** Who consents when it is only supposed. */
const SOURCE = 'what-if'

/** Looks the names of changes up in the strategy. Throws a Refusal that names everything wrong with them. */
export function readChanges(strategy: Strategy, asked: Asked, changes: WhatIfChanges): ReadChanges {
  const faults: Fault[] = []
  const patch = readPatch(
    defined({ attributes: changes.attributes, tags: changes.tags, consent: changes.consent }),
    { strategy, nowMs: asked.nowMs, source: SOURCE },
    faults
  )
  const inChanges = faults.map(({ pointer, detail }) => ({ pointer: `/changes${pointer}`, detail }))
  const context = readContext(strategy, changes.context ?? {}, inChanges)
  const nowMs = changes.at === undefined ? asked.nowMs : parseTime(changes.at)
  if (nowMs === undefined) inChanges.push({ pointer: '/changes/at', detail: NOT_A_TIME })
  const levers = readLevers(strategy, changes.levers ?? {}, inChanges)
  if (inChanges.length > 0 || nowMs === undefined)
    throw new Refusal(
      'invalid',
      'The changes name things that the strategy does not have or allow.',
      inChanges
    )
  const named = new Set(Object.keys(changes.attributes ?? {}))
  return {
    strategy: withLevers(strategy, levers),
    asked: {
      ...asked,
      nowMs,
      attributes: asked.attributes.filter(([slot]) => !named.has(strategy.attributes[slot]!.name)),
      context: [...asked.context.filter(([slot]) => !context.named.has(slot)), ...context.values]
    },
    changeCustomer: state => changed(state, patch, strategy)
  }
}

function readContext(
  { context: declared, contextIndex: index }: Strategy,
  given: Readonly<Record<string, unknown>>,
  faults: Fault[]
): { readonly named: ReadonlySet<number>; readonly values: Asked['context'] } {
  const said = Object.entries(given).filter(([name, value]) => value !== null || !index.has(name))
  const names = { kind: 'context name', declared, index }
  const values = checkValues(names, Object.fromEntries(said), '/changes/context', faults)
  const named = new Set(Object.keys(given).flatMap(name => index.get(name) ?? []))
  return { named, values }
}

function readLevers(
  { offerIndex }: Strategy,
  given: Readonly<Record<string, number>>,
  faults: Fault[]
): Array<readonly [offer: number, percent: number]> {
  return Object.entries(given).flatMap(([id, percent]) => {
    const offer = offerIndex.get(id)
    if (offer !== undefined) return [[offer, percent] as const]
    const pointer = `/changes/levers/${escapePointer(id)}`
    addUnknownName(faults, pointer, 'offer', id, offerIndex)
    return []
  })
}

/** The customer with a patched profile. */
function changed(
  state: CustomerState,
  patch: (stored: Profile) => Profile,
  { attributes: declared, purposes }: Strategy
): CustomerState {
  const stored = Object.fromEntries(
    declared.flatMap(({ name }, slot) => {
      const value = state.attributes[slot]
      return value === undefined ? [] : [[name, value]]
    })
  )
  const consent = Object.fromEntries(
    purposes.map((purpose, i) => [
      purpose,
      { granted: state.granted[i] === 1, timeMs: 0, source: SOURCE }
    ])
  )
  const profile = patch({ attributes: stored, tags: state.tags, consent })
  return {
    ...state,
    attributes: declared.map(({ name }) => profile.attributes[name]),
    tags: profile.tags,
    granted: Uint8Array.from(purposes, purpose => (profile.consent[purpose]?.granted ? 1 : 0))
  }
}

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined))
}
