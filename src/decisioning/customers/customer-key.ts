import type { Caller } from '../../domain/caller.js'
import type { CustomerKey } from '../../domain/customer.js'
import type { Fault } from '../../domain/refusal.js'
import type { Strategy } from '../../policy/strategy.js'
import { addUnknownName } from '../faults.js'
import { checkId } from '../values.js'

/** What is wrong with a customer's key, at /namespace and /id. */
export function keyFaults({ namespaces }: Strategy, { namespace, id }: CustomerKey): Fault[] {
  const faults: Fault[] = []
  if (!namespaces.includes(namespace)) {
    addUnknownName(faults, '/namespace', 'namespace', namespace, namespaces)
  }
  const idFault = checkId(id)
  if (idFault !== undefined) faults.push({ pointer: '/id', detail: idFault })
  return faults
}

/** A sentence when the caller's key does not reach the customer's namespace. */
export function barredFrom({ namespace }: CustomerKey, caller: Caller): string | undefined {
  const mayEnter = caller.namespaces === undefined || caller.namespaces.has(namespace)
  return mayEnter ? undefined : `This key may not use namespace "${namespace}".`
}

/** A sentence when the caller's key does not reach a namespace in which a merged customer has a key. */
export function barredFromAny(members: readonly CustomerKey[], caller: Caller): string | undefined {
  const barred = members.some(member => barredFrom(member, caller) !== undefined)
  return barred
    ? 'This customer is merged with one in a namespace that this key may not use.'
    : undefined
}
