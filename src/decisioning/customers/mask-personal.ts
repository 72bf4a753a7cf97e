import type { Caller } from '../../domain/caller.js'
import type { DecisionRequest } from '../../domain/decision.js'
import type { Strategy } from '../../policy/strategy.js'
import type { CustomerDocument } from './profile-body.js'

const COVER = '•••'
const SHOWN_END = 3

/** What masking needs to know of a strategy. */
export type PersonalWords = Pick<
  Strategy,
  'attributes' | 'attributeIndex' | 'context' | 'contextIndex'
>

/** Whether the caller gets personal values with only their ends shown. */
export function seesMasked(caller: Caller): boolean {
  return !caller.rights.has('see_personal')
}

/** A profile of whose personal attributes only the ends are shown. What the strategy no longer declares is shown by none. */
export function maskPersonal(
  document: CustomerDocument,
  { attributes, attributeIndex }: PersonalWords
): CustomerDocument {
  return { ...document, attributes: maskValues(document.attributes, attributes, attributeIndex) }
}

/** The same of a decision's request: its attributes and its context. */
export function maskRequest(request: DecisionRequest, words: PersonalWords): DecisionRequest {
  const { attributes, context } = request
  return {
    ...request,
    ...(attributes && {
      attributes: maskValues(attributes, words.attributes, words.attributeIndex)
    }),
    ...(context && { context: maskValues(context, words.context, words.contextIndex) })
  }
}

function maskValues<Value>(
  values: Readonly<Record<string, Value>>,
  declared: ReadonlyArray<{ readonly personal: boolean }>,
  index: ReadonlyMap<string, number>
): Record<string, Value | string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      declared[index.get(name) ?? -1]?.personal === false ? value : maskOf(value)
    ])
  )
}

/** Of an address its first letter and its host, of other long texts the end, of everything else nothing. */
function maskOf(value: unknown): string {
  if (typeof value !== 'string') return COVER
  const at = value.lastIndexOf('@')
  if (at > 0) return value.slice(0, 1) + COVER + value.slice(at)
  return value.length > 2 * SHOWN_END ? COVER + value.slice(-SHOWN_END) : COVER
}
