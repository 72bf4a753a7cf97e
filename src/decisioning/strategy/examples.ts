import { openQuotas } from '../../domain/limits.js'
import { STAGES } from '../../domain/decision.js'
import { History } from '../../domain/history.js'
import { LOCAL_CALLER } from '../../domain/caller.js'
import { Refusal } from '../../domain/refusal.js'
import { errorAt } from '../../policy/problems.js'
import type { Example, Problem, Strategy } from '../../policy/strategy.js'
import { readRequest } from '../asked.js'
import { choose, type ChooseDeps } from '../choose.js'
import type { CustomerState } from '../ports.js'
import { settle, type Settled } from '../settle.js'
import type { Snapshot } from '../snapshot.js'
import { checkValue } from '../values.js'

/** The customer of all examples. Examples are about the rules as written: nobody is held out of them or in an arm, and nothing is explored. */
const EXAMPLE_CUSTOMER = { namespace: 'example', id: 'example' }

/** Runs the strategy's own tests; answers one problem for each expectation that is not met. */
export async function runExamples(
  deps: ChooseDeps,
  snapshot: Snapshot,
  nowMs: number
): Promise<Problem[]> {
  const everybody: Snapshot = {
    ...snapshot,
    strategy: {
      ...snapshot.strategy,
      holdout: undefined,
      control: undefined,
      layers: [],
      exploration: { method: 'none' }
    }
  }
  const problems: Problem[] = []
  for (const example of snapshot.strategy.examples)
    problems.push(...(await runExample(deps, everybody, example, nowMs)))
  return problems
}

async function runExample(
  deps: ChooseDeps,
  snapshot: Snapshot,
  example: Example,
  nowMs: number
): Promise<Problem[]> {
  const { strategy } = snapshot
  const { given } = example
  const atMs = given.atMs ?? nowMs
  const refuse = (message: string): Problem =>
    errorAt(example.place, `example "${example.name}": ${message}`)
  try {
    const asked = readRequest(
      strategy,
      {
        customer: { id: EXAMPLE_CUSTOMER.id, namespace: strategy.namespaces[0]! },
        channel: given.channel,
        placements: given.placements.map(id => ({ id })),
        context: given.context,
        exclude: given.exclude,
        language: given.language,
        options: { mode: 'test', at: new Date(atMs).toISOString() }
      },
      LOCAL_CALLER,
      { nowMs: atMs, freshId: () => example.name }
    )
    const deadline = { atMs: deps.clock.monotonicMs() + 10_000, clock: deps.clock.monotonicMs }
    const choice = await choose(
      deps,
      snapshot,
      asked,
      customerOf(strategy, example, atMs),
      deadline,
      example.name
    )
    const degraded = choice.degraded.map(reason => refuse(`is decided without ${reason}`))
    return [...degraded, ...[...unmet(example, strategy, settle(asked, choice))].map(refuse)]
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return [
      refuse(
        error.faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ') ||
          error.message
      )
    ]
  }
}

function customerOf(strategy: Strategy, { given }: Example, atMs: number): CustomerState {
  const attributes = strategy.attributes.map(declared => {
    const value = Object.hasOwn(given.attributes, declared.name)
      ? given.attributes[declared.name]
      : undefined
    return value === undefined ? undefined : checkValue(declared, value).value
  })
  const granted = Uint8Array.from(strategy.purposes, purpose =>
    Object.hasOwn(given.consent, purpose) && given.consent[purpose] === true ? 1 : 0
  )
  const history = given.history.reduce(
    (grown, { type, offer, channel, ago, until }) =>
      grown.with({
        timeMs: atMs - ago,
        type: strategy.lexicon.types.indexOf(type),
        offer: offer === undefined ? -1 : (strategy.offerIndex.get(offer) ?? -1),
        channel: channel === undefined ? -1 : (strategy.channelIndex.get(channel) ?? -1),
        untilMs: until === undefined ? 0 : atMs + until
      }),
    History.EMPTY
  )
  return {
    key: EXAMPLE_CUSTOMER,
    known: true,
    attributes,
    tags: given.tags,
    granted,
    history,
    members: [EXAMPLE_CUSTOMER],
    reserved: [],
    quotas: openQuotas(strategy.quotas.length),
    version: undefined
  }
}

function* unmet({ expect }: Example, strategy: Strategy, settled: Settled): Generator<string> {
  for (const [placement, wanted] of Object.entries(expect.placements)) {
    const got =
      settled.placements.find(({ id }) => id === placement)?.offers.map(({ offerId }) => offerId) ??
      []
    if (got.join() !== wanted.join()) {
      yield `${placement} shows ${list(got)} where ${list(wanted)} is expected${whereAre(wanted, got, strategy, settled)}`
    }
  }
  for (const [offer, stage] of Object.entries(expect.removed)) {
    const got = stageOf(offer, strategy, settled)
    if (got !== stage) yield `${offer} ends at ${got}, not at ${stage}`
  }
}

/** Says where the offers that are missed ended, which is what the author needs to know next. */
function whereAre(
  wanted: readonly string[],
  got: readonly string[],
  strategy: Strategy,
  settled: Settled
): string {
  const missed = wanted
    .filter(id => !got.includes(id))
    .map(id => `${id} ends at ${stageOf(id, strategy, settled)}`)
  return missed.length === 0 ? '' : ` (${missed.join(', ')})`
}

function stageOf(offer: string, strategy: Strategy, { trace }: Settled): string {
  const position = Array.from(trace.offers).indexOf(strategy.offerIndex.get(offer) ?? -1)
  return position < 0 ? 'no placement asked for' : STAGES[trace.stages[position]!]!
}

function list(ids: readonly string[]): string {
  return ids.length === 0 ? 'nothing' : ids.join(', ')
}
