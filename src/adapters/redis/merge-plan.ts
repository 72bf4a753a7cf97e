import type { CustomerKey } from '../../domain/customer.js'
import { inMergeOrder, partyText } from '../../domain/identity.js'
import { encodeAlias } from './alias-codec.js'
import type { Alias } from './alias-codec.js'
import type { Party } from './uniting.js'

/** What is still to do until parties are one customer. */
export interface MergePlan {
  /** All keys, the canonical one first. */
  readonly members: readonly CustomerKey[]
  readonly canonical: Party
  /** Parties whose alias is not what it must be, in steps: each step only when the one before is done. Empty: all aliases stand. */
  readonly joins: ReadonlyArray<ReadonlyArray<{ readonly party: Party; readonly alias: Buffer }>>
  /** Parties whose records are in no other party's record, without the canonical one. */
  readonly roots: readonly Party[]
  /** Nothing is to be done. */
  readonly whole: boolean
}

/**
 * Plans a merge from what stands under the aliases now; the plan is the same for every process that sees the same.
 * Only a record that is not closed may become the canonical one, so none is ever opened again, whatever becomes of the order.
 */
export function planMerge(parties: readonly Party[], namespaces: readonly string[]): MergePlan {
  const byText = new Map(parties.map(party => [partyText(party.key), party]))
  const closed = (key: CustomerKey) => byText.get(partyText(key))?.alias?.state === 'member'
  // A member whose alias has lapsed began anew: what it holds now was united into nothing.
  const heldBy = (alias: Alias | undefined) =>
    (alias?.held ?? []).map(position => alias!.members[position]!).filter(closed)
  const held = new Set(parties.flatMap(({ alias }) => heldBy(alias)).map(partyText))

  const heads = parties.filter(({ key }) => !closed(key))
  const eligible = heads.length > 0 ? heads : parties.filter(({ key }) => !held.has(partyText(key)))
  const [first] = inMergeOrder(
    eligible.map(({ key }) => key),
    namespaces
  )
  const canonical = byText.get(partyText(first!))!
  const others = inMergeOrder(
    parties.filter(party => party !== canonical).map(({ key }) => key),
    namespaces
  )
  const members = [canonical.key, ...others]
  const roots = others
    .filter(key => !held.has(partyText(key)))
    .map(key => byText.get(partyText(key))!)

  const positions = new Map(members.map((key, position) => [partyText(key), position]))
  const wanted = (party: Party): Buffer => {
    const contents = heldBy(party.alias).map(key => positions.get(partyText(key))!)
    const complete = party.alias?.state === 'whole' && contents.length === others.length
    const state = party !== canonical ? 'member' : complete ? 'whole' : 'open'
    return encodeAlias({ state, members, held: contents.sort((a, b) => a - b) })
  }
  const wrong = parties
    .map(party => ({ party, alias: wanted(party) }))
    .filter(({ party, alias }) => party.aliasBytes?.equals(alias) !== true)
  const steps = [
    wrong.filter(({ party }) => party === canonical),
    wrong.filter(({ party }) => party !== canonical && party.alias !== undefined),
    wrong.filter(({ party }) => party !== canonical && party.alias === undefined)
  ]
  const joins = steps.filter(step => step.length > 0)
  const whole = joins.length === 0 && (others.length === 0 || canonical.alias?.state === 'whole')
  return { members, canonical, joins: others.length === 0 ? [] : joins, roots, whole }
}
