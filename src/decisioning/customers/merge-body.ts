import type { Caller } from '../../domain/caller.js'
import { customerText, type CustomerKey } from '../../domain/customer.js'
import { sameParty } from '../../domain/identity.js'
import { Refusal, type Fault } from '../../domain/refusal.js'
import type { Strategy } from '../../policy/strategy.js'
import { barredFrom, keyFaults } from './customer-key.js'
import { escapePointer, isObject, kindOf, addUnknownName } from '../faults.js'

const PARTIES = ['from', 'into'] as const
const PARTS = ['namespace', 'id'] as const

/**
 * Reads the body of a merge, `{from, into}`, each `{namespace?, id}` with the strategy's first namespace where none is given.
 * Throws a Refusal: `invalid` with pointers, `forbidden` where a party lies outside the caller's namespaces, `not_allowed` for one
 * and the same party.
 */
export function readMerge(
  body: unknown,
  strategy: Strategy,
  caller: Caller
): readonly [from: CustomerKey, into: CustomerKey] {
  const faults: Fault[] = []
  if (!isObject(body))
    faults.push({ pointer: '', detail: `must be an object, not ${kindOf(body)}` })
  const members = isObject(body) ? body : {}
  addUnknown(members, PARTIES, '', faults)
  const [from, into] = PARTIES.map(party =>
    readParty(members[party], `/${party}`, strategy, faults)
  )
  if (faults.length > 0 || from === undefined || into === undefined)
    throw new Refusal('invalid', 'The body does not say who is one customer with whom.', faults)
  for (const key of [from, into]) {
    const barred = barredFrom(key, caller)
    if (barred !== undefined) throw new Refusal('forbidden', barred)
  }
  if (sameParty(from, into)) {
    throw new Refusal('not_allowed', `${customerText(from)} cannot be merged with itself.`)
  }
  return [from, into]
}

function readParty(
  given: unknown,
  pointer: string,
  strategy: Strategy,
  faults: Fault[]
): CustomerKey | undefined {
  if (!isObject(given)) {
    faults.push({ pointer, detail: `must be an object with id, not ${kindOf(given)}` })
    return undefined
  }
  const before = faults.length
  addUnknown(given, PARTS, pointer, faults)
  const { namespace = strategy.namespaces[0], id } = given
  for (const [name, value] of [
    ['namespace', namespace],
    ['id', id]
  ] as const) {
    if (typeof value === 'string') continue
    faults.push({ pointer: `${pointer}/${name}`, detail: `must be a string, not ${kindOf(value)}` })
  }
  if (typeof namespace !== 'string' || typeof id !== 'string') return undefined
  const key = { namespace, id }
  for (const fault of keyFaults(strategy, key))
    faults.push({ ...fault, pointer: pointer + fault.pointer })
  return faults.length > before ? undefined : key
}

function addUnknown(
  given: Readonly<Record<string, unknown>>,
  known: readonly string[],
  pointer: string,
  faults: Fault[]
): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      addUnknownName(faults, `${pointer}/${escapePointer(name)}`, 'member', name, known)
  }
}
