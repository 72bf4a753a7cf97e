import { customerText } from '../domain/customer.js'
import { NO_INDEX, type History } from '../domain/history.js'
import type { Facts } from '../policy/facts.js'
import type { Declared, Strategy, ValueType } from '../policy/strategy.js'
import type { Asked } from './asked.js'
import type { CustomerState } from './ports.js'

/** Joins what is stored, what came with the request and the declared defaults into the facts that conditions read. */
export function gatherFacts(strategy: Strategy, asked: Asked, customer: CustomerState): Facts {
  const attributes: unknown[] = new Array<unknown>(strategy.attributes.length)
  for (let slot = 0; slot < attributes.length; slot++) {
    const declared = strategy.attributes[slot]!
    const stored = customer.attributes[slot]
    // A value stored under an older declaration may have another type; it is missing to this strategy.
    attributes[slot] =
      stored !== undefined && isOfType(stored, declared.type) ? stored : missingValue(declared)
  }
  for (const [slot, value] of asked.attributes) attributes[slot] = value
  const context: unknown[] = strategy.context.map(missingValue)
  for (const [slot, value] of asked.context) context[slot] = value
  return {
    attributes,
    context,
    tags: customer.tags,
    history: asked.live ? customer.history : withEvents(customer.history, strategy, asked),
    nowMs: asked.nowMs,
    subject: customerText(customer.key),
    tests: new Uint8Array(strategy.program.testCount),
    calls: new Float64Array(strategy.program.callCount)
  }
}

const EMPTY_LIST: readonly never[] = Object.freeze([])

function missingValue(declared: Declared): unknown {
  if (declared.default !== undefined) return declared.default
  return declared.type.startsWith('list') ? EMPTY_LIST : undefined
}

function isOfType(value: unknown, type: ValueType): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string'
    case 'boolean':
      return typeof value === 'boolean'
    case 'number':
    case 'timestamp':
      return typeof value === 'number'
    case 'integer':
      return Number.isInteger(value)
    case 'list<string>':
      return Array.isArray(value) && value.every(item => typeof item === 'string')
    case 'list<number>':
      return Array.isArray(value) && value.every(item => typeof item === 'number')
  }
}

/** Mode test stores nothing, so the request's events join the history in memory only. */
function withEvents(history: History, strategy: Strategy, asked: Asked): History {
  const channel = asked.channel.index
  return asked.events.reduce(
    (grown, event) =>
      grown.with({
        timeMs: event.timeMs,
        type: strategy.lexicon.types.indexOf(event.type),
        offer: NO_INDEX,
        channel,
        untilMs: 0
      }),
    history
  )
}
