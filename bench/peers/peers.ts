import { createRequire } from 'node:module'
import { FACTS, OFFER_TESTS, type PeerFacts, type PeerTest } from './tests.js'

/** Answers the numbers of the offers whose conditions hold for a customer, in any order. */
export type Evaluate = (facts: PeerFacts) => number[] | Promise<number[]>

/** A rule engine doing the part that it can. */
export interface Peer {
  /** Of the package, and in the table. */
  readonly name: string
  /** How the conditions were given to it. */
  readonly way: string
  /** Of what a decision needs: what it leaves out, besides what all of them do. */
  readonly leavesOut: string
  open(): Evaluate | Promise<Evaluate>
}

/** Loads a package of this folder, which is installed on demand. */
const load = createRequire(import.meta.url)

/** Each engine in the way that its documentation shows for many rules at once, compiled beforehand where it can be. */
export const PEERS: readonly Peer[] = [
  {
    name: 'json-rules-engine',
    way: '50 rules with an event each, one run',
    leavesOut: 'histories',
    open: openJsonRules
  },
  {
    name: '@gorules/zen-engine',
    way: 'a decision table of 50 rows that collects',
    leavesOut: 'histories',
    open: openZen
  },
  {
    name: '@adobe/aep-rules-engine',
    way: '50 rules with a consequence each, one run',
    leavesOut: 'histories outside its own events',
    open: openAep
  },
  {
    name: '@adobe/target-decisioning-engine',
    way: '50 rules of the page load, one prefetch',
    leavesOut: 'histories; it does allot customers to experiences',
    open: openTarget
  },
  {
    name: 'json-logic-engine',
    way: '50 conditions compiled one by one',
    leavesOut: 'histories, and which offer is meant',
    open: openJsonLogic
  }
]

function openJsonRules(): Evaluate {
  interface RuleEngine {
    addRule(rule: object): void
    run(facts: PeerFacts): Promise<{
      readonly events: ReadonlyArray<{ readonly params: { readonly offer: number } }>
    }>
  }
  const { Engine } = load('json-rules-engine') as { Engine: new () => RuleEngine }
  const engine = new Engine()
  const operators = { '>=': 'greaterThanInclusive', '==': 'equal' }
  OFFER_TESTS.forEach((tests, offer) => {
    const all = tests.map(({ fact, operator, value }) => ({
      fact,
      operator: operators[operator],
      value
    }))
    engine.addRule({ conditions: { all }, event: { type: 'passes', params: { offer } } })
  })
  return async facts => (await engine.run(facts)).events.map(({ params }) => params.offer)
}

function openZen(): Evaluate {
  interface Decision {
    evaluate(facts: PeerFacts): Promise<{ readonly result: ReadonlyArray<{ offer: number }> }>
  }
  const { ZenEngine } = load('@gorules/zen-engine') as {
    ZenEngine: new () => { createDecision(content: object): Decision }
  }
  const rules = OFFER_TESTS.map((tests, offer) => ({
    _id: String(offer),
    ...Object.fromEntries(FACTS.map(fact => [fact, cellOf(tests.filter(t => t.fact === fact))])),
    offer: String(offer)
  }))
  const decision = new ZenEngine().createDecision({
    nodes: [
      { id: 'in', name: 'in', type: 'inputNode' },
      {
        id: 'table',
        name: 'table',
        type: 'decisionTableNode',
        content: {
          hitPolicy: 'collect',
          inputs: FACTS.map(fact => ({ id: fact, name: fact, field: fact })),
          outputs: [{ id: 'offer', name: 'offer', field: 'offer' }],
          rules
        }
      },
      { id: 'out', name: 'out', type: 'outputNode' }
    ],
    edges: [
      { id: 'one', sourceId: 'in', targetId: 'table' },
      { id: 'two', sourceId: 'table', targetId: 'out' }
    ]
  })
  return async facts => (await decision.evaluate(facts)).result.map(({ offer }) => offer)
}

/** A cell of a decision table; an empty one takes everything. */
function cellOf(tests: readonly PeerTest[]): string {
  return tests
    .map(({ operator, value }) => (operator === '==' ? String(value) : `>= ${value}`))
    .join(' and ')
}

function openAep(): Evaluate {
  type Consequences = ReadonlyArray<ReadonlyArray<{ readonly detail: { readonly offer: number } }>>
  const createRuleset = load('@adobe/aep-rules-engine') as (rules: object) => {
    execute(facts: PeerFacts): Consequences
  }
  const matchers = { '>=': 'ge', '==': 'eq' }
  const ruleset = createRuleset({
    version: 1,
    rules: OFFER_TESTS.map((tests, offer) => ({
      condition: {
        type: 'group',
        definition: {
          logic: 'and',
          conditions: tests.map(({ fact, operator, value }) => ({
            type: 'matcher',
            definition: { key: fact, matcher: matchers[operator], values: [value] }
          }))
        }
      },
      consequences: [{ id: String(offer), type: 'offer', detail: { offer } }]
    }))
  })
  return facts => ruleset.execute(facts).flatMap(found => found.map(({ detail }) => detail.offer))
}

async function openTarget(): Promise<Evaluate> {
  interface Answer {
    readonly prefetch: {
      readonly pageLoad: {
        readonly options: ReadonlyArray<{ readonly content: { readonly offer: number } }>
      }
    }
  }
  const open = load('@adobe/target-decisioning-engine') as (
    config: object
  ) => Promise<{ getOffers(asked: object): Promise<Answer> }>
  const { getOffers } = await open({
    client: 'bench',
    organizationId: 'bench',
    pollingInterval: 0,
    telemetryEnabled: false,
    artifactPayload: targetArtifact()
  })
  return async facts => {
    const parameters = Object.fromEntries(FACTS.map(fact => [fact, facts[fact]]))
    const answer = await getOffers({
      request: { id: { tntId: 'bench.28_0' }, prefetch: { pageLoad: { parameters } } }
    })
    return answer.prefetch.pageLoad.options.map(({ content }) => content.offer)
  }
}

/** The rules in the form in which Target hands them to its engine on a device. */
function targetArtifact(): object {
  return {
    version: '1.0.0',
    globalMbox: 'target-global-mbox',
    responseTokens: [],
    remoteMboxes: [],
    remoteViews: [],
    localMboxes: ['target-global-mbox'],
    localViews: [],
    geoTargetingEnabled: false,
    meta: { clientCode: 'bench', environment: 'production' },
    rules: {
      views: {},
      mboxes: {
        'target-global-mbox': OFFER_TESTS.map((tests, offer) => ({
          ruleKey: String(offer),
          propertyTokens: [],
          meta: { 'activity.id': offer, 'audience.ids': [] },
          condition: logicOf(tests, 'mbox.'),
          consequence: {
            name: 'target-global-mbox',
            options: [{ type: 'json', eventToken: String(offer), content: { offer } }],
            metrics: []
          }
        }))
      }
    }
  }
}

function openJsonLogic(): Evaluate {
  const { LogicEngine } = load('json-logic-engine') as {
    LogicEngine: new () => { build(logic: object): (facts: PeerFacts) => boolean }
  }
  const engine = new LogicEngine()
  const conditions = OFFER_TESTS.map(tests => engine.build(logicOf(tests, '')))
  return facts => conditions.flatMap((holds, offer) => (holds(facts) ? [offer] : []))
}

function logicOf(tests: readonly PeerTest[], path: string): object {
  return {
    and: tests.map(({ fact, operator, value }) => ({
      [operator]: [{ var: path + fact }, value]
    }))
  }
}
