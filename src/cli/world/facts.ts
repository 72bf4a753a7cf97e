import { History, NO_INDEX } from '../../domain/history.js'
import type { Facts } from '../../policy/facts.js'
import type { Declared, Strategy } from '../../policy/strategy.js'
import type { WorldCustomer } from './customer.js'

/** Where and when a customer of the world meets the bank. */
export interface Moment {
  readonly channel: string
  readonly context: Readonly<Record<string, string | number>>
  readonly nowMs: number
}

/** What a strategy's conditions see of a customer of the world, its shared tests already run. */
export function factsOf(strategy: Strategy, customer: WorldCustomer, moment: Moment): Facts {
  const known = new Map<string, unknown>(Object.entries(customer.attributes))
  const given = new Map<string, unknown>(Object.entries(moment.context))
  const facts: Facts = {
    attributes: strategy.attributes.map(
      declared => known.get(declared.name) ?? missingValue(declared)
    ),
    context: strategy.context.map(declared => given.get(declared.name) ?? missingValue(declared)),
    tags: customer.tags,
    history: historyOf(strategy, customer, moment),
    nowMs: moment.nowMs,
    subject: `${customer.namespace}/${customer.id}`,
    tests: new Uint8Array(strategy.program.testCount),
    calls: new Float64Array(strategy.program.callCount)
  }
  strategy.program.run(facts)
  return facts
}

function missingValue(declared: Declared): unknown {
  return declared.default ?? (declared.type.startsWith('list') ? [] : undefined)
}

function historyOf(strategy: Strategy, { events }: WorldCustomer, { nowMs }: Moment): History {
  return new History({
    timesMs: Float64Array.from(events, ({ hoursAgo }) => nowMs - hoursAgo * 3_600_000),
    types: Int32Array.from(events, ({ type }) => strategy.lexicon.types.indexOf(type)),
    offers: new Int32Array(events.length).fill(NO_INDEX),
    channels: new Int32Array(events.length).fill(NO_INDEX),
    untilsMs: new Float64Array(events.length)
  })
}
