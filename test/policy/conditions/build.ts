import { History, NO_INDEX } from '../../../src/domain/history.js'
import { INTERACTION_TYPES } from '../../../src/domain/interaction.js'
import {
  createConditions,
  type ConditionNames,
  type Conditions
} from '../../../src/policy/conditions/conditions.js'
import type { Facts, Tri } from '../../../src/policy/facts.js'
import type {
  Condition,
  Declared,
  Expression,
  Place,
  Problem,
  Program,
  ValueType
} from '../../../src/policy/strategy.js'

export const NOW_MS = Date.parse('2026-03-01T10:00:00Z')
export const PLACE: Place = { file: 'rules/bank.yaml', line: 10, column: 20 }
const TYPES = [...INTERACTION_TYPES, 'page_view', 'complaint']

export function declared(name: string, type: ValueType, more: Partial<Declared> = {}): Declared {
  return { name, type, protected: false, personal: false, ...more }
}

/** A small bank: what the tests' conditions may name. */
export const NAMES: ConditionNames = {
  attributes: [
    declared('age', 'integer'),
    declared('children', 'integer'),
    declared('balance', 'number'),
    declared('rate', 'number'),
    declared('name', 'string'),
    declared('city', 'string'),
    declared('job', 'string', { values: ['admin', 'student', 'retired'] }),
    declared('vip', 'boolean'),
    declared('since', 'timestamp'),
    declared('products', 'list<string>'),
    declared('scores', 'list<number>'),
    declared('last-visit', 'timestamp'),
    declared('gender', 'string', { protected: true })
  ],
  context: [
    declared('device', 'string', { values: ['mobile', 'desktop', 'tablet'] }),
    declared('lat', 'number'),
    declared('lon', 'number'),
    declared('urgent', 'boolean')
  ],
  segments: ['affluent', 'young_affluent', 'loyal'],
  types: TYPES,
  offers: [
    { id: 'gold-card', group: 'cards', tags: ['finance/credit/card/gold'], value: 80 },
    { id: 'travel-card', group: 'cards', tags: ['finance/credit/card/travel'], value: 0 },
    {
      id: 'car-loan',
      group: 'loans',
      tags: ['finance/credit/loan/car', 'mobility'],
      value: undefined
    }
  ],
  channels: ['web', 'app'],
  tagPaths: new Set([
    'finance',
    'finance/credit',
    'finance/credit/card',
    'finance/credit/card/gold',
    'finance/credit/card/travel',
    'finance/credit/loan',
    'finance/credit/loan/car',
    'mobility'
  ])
}

export interface Given {
  readonly customer?: Readonly<Record<string, unknown>>
  readonly context?: Readonly<Record<string, unknown>>
  readonly tags?: readonly string[]
  readonly history?: History
  readonly subject?: string
  readonly nowMs?: number
}

/** Facts in the order of the names, all tests and calls evaluated. */
export function factsOf(given: Given, program: Program, names: ConditionNames = NAMES): Facts {
  const facts: Facts = {
    attributes: names.attributes.map(({ name }) => given.customer?.[name]),
    context: names.context.map(({ name }) => given.context?.[name]),
    tags: given.tags ?? [],
    history: given.history ?? History.EMPTY,
    nowMs: given.nowMs ?? NOW_MS,
    subject: given.subject ?? 'crm/c-1001',
    tests: new Uint8Array(program.testCount),
    calls: new Float64Array(program.callCount)
  }
  program.run(facts)
  return facts
}

/** A history of events, each so many hours ago. */
export function historyOf(
  events: ReadonlyArray<{
    readonly type: string
    readonly offer?: number
    readonly hoursAgo: number
  }>
): History {
  const newestFirst = [...events].sort((a, b) => a.hoursAgo - b.hoursAgo)
  return new History({
    timesMs: Float64Array.from(newestFirst, event => NOW_MS - event.hoursAgo * 3_600_000),
    types: Int32Array.from(newestFirst, event => TYPES.indexOf(event.type)),
    offers: Int32Array.from(newestFirst, event => event.offer ?? NO_INDEX),
    channels: new Int32Array(events.length),
    untilsMs: new Float64Array(events.length)
  })
}

export function accepted<T extends object>(result: T | readonly Problem[]): T {
  if (Array.isArray(result))
    throw new Error((result as Problem[]).map(problem => problem.message).join('\n'))
  return result as T
}

export function refused(result: object): Problem[] {
  if (!Array.isArray(result)) throw new Error('this was accepted')
  return result as Problem[]
}

/** What one condition comes to for an offer (the first one unless named). */
export function truthOf(
  source: string,
  given: Given = {},
  offer = 0,
  names: ConditionNames = NAMES
): Tri {
  const conditions = createConditions(names)
  const condition = accepted<Condition>(conditions.condition(source, PLACE, { perOffer: true }))
  const facts = factsOf(given, finished(conditions), names)
  return condition.holds(facts, offer)
}

/** What one expression, checked as a model's input, comes to for an offer. */
export function valueOf(source: string, given: Given = {}, offer = 0): unknown {
  const conditions = createConditions(NAMES)
  const expression = accepted<Expression>(conditions.feature(source, PLACE))
  const facts = factsOf(given, finished(conditions))
  return expression.value(facts, offer)
}

/** The problems of a condition that may ask about the offer. */
export function problemsOf(source: string, perOffer = true): Problem[] {
  return refused(createConditions(NAMES).condition(source, PLACE, { perOffer }))
}

export function finished(conditions: Conditions): Program {
  return accepted<Program>(conditions.finish())
}
