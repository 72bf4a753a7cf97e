import { History } from '../../src/domain/history.js'
import { createConditions } from '../../src/policy/conditions/conditions.js'
import { TRUE, type Facts } from '../../src/policy/facts.js'
import type { Condition, Problem, Program } from '../../src/policy/strategy.js'
import type { Evaluate } from './peers.js'
import { FACTS, OFFER_TESTS } from './tests.js'

const NO_HISTORY = new History({
  timesMs: new Float64Array(0),
  types: new Int32Array(0),
  offers: new Int32Array(0),
  channels: new Int32Array(0),
  untilsMs: new Float64Array(0)
})

/** The same conditions in the service's own language, compiled as a strategy's are. */
export function openOwnConditions(): Evaluate {
  const compiler = createConditions({
    attributes: FACTS.map(name => ({ name, type: 'number', protected: false, personal: false })),
    context: [],
    segments: [],
    types: [],
    offers: [],
    channels: [],
    tagPaths: new Set()
  })
  const conditions = OFFER_TESTS.map(tests => {
    const source = tests.map(({ fact, operator, value }) => `customer.${fact} ${operator} ${value}`)
    const place = { file: 'bench', line: 1, column: 1 }
    return accepted<Condition>(compiler.condition(source.join(' && '), place, { perOffer: false }))
  })
  const program = accepted<Program>(compiler.finish())
  return known => {
    const facts: Facts = {
      attributes: FACTS.map(name => known[name]),
      context: [],
      tags: [],
      history: NO_HISTORY,
      nowMs: 0,
      subject: '',
      tests: new Uint8Array(program.testCount),
      calls: new Float64Array(program.callCount)
    }
    program.run(facts)
    return conditions.flatMap(({ test }, offer) => (facts.tests[test] === TRUE ? [offer] : []))
  }
}

function accepted<T extends object>(result: T | readonly Problem[]): T {
  if (Array.isArray(result)) throw new Error(JSON.stringify(result))
  return result as T
}
