import type { Expression, Strategy } from '../../policy/strategy.js'
import type { ReadyModel } from '../propensity/ready-model.js'
import type { ScoreBounds } from './score-bounds.js'

/** Offers of which decisions make the same priority, by class: what one is worth all of them are. Columns are by class. */
export interface AlikeOffers {
  /** By offer index. */
  readonly classOf: Int32Array
  readonly count: number
  /** Position in `bounds` of what tells the scores, and the row there; -1 for the prior, and where scores cannot be told. */
  readonly bounds: Int32Array
  readonly rows: Int32Array
  readonly priors: Float64Array
  /** 1 where a model scores, whether or not its scores can be told. */
  readonly modelled: Uint8Array
  /** Position in `weightSets`: the context weights that may hold for them, by number. */
  readonly weightSetOf: Int32Array
  readonly weightSets: ReadonlyArray<readonly number[]>
  /** NaN where the value is an expression. */
  readonly values: Float64Array
  readonly expressions: ReadonlyArray<Expression | undefined>
  /** One of the offers. */
  readonly offers: Int32Array
  /** In percent, and as a factor. */
  readonly levers: Float64Array
  readonly leverFactors: Float64Array
  readonly mandatory: Uint8Array
  readonly groups: Int32Array
  /** 1 where they exclude others from the same answer, or are excluded. */
  readonly excluding: Uint8Array
  /** By offer index: its place when all ids are sorted. */
  readonly idRanks: Int32Array
}

/**
 * @param modelOf by offer index
 * @param boundsOf the models whose scores can be told, with their positions
 */
export function findAlike(
  strategy: Strategy,
  modelOf: ReadonlyArray<ReadyModel | undefined>,
  boundsOf: ReadonlyMap<ReadyModel, { readonly at: number; readonly bounds: ScoreBounds }>
): AlikeOffers {
  const { offers, exclusions } = strategy
  const excluded = new Set(exclusions.never.flatMap(others => [...(others ?? [])]))
  const weights = weightsByOffer(strategy)
  const weightSets = numbered<readonly number[]>(each => each.join())
  const classes = numbered<Draft>(key)
  const classOf = Int32Array.from(offers, offer => {
    const model = modelOf[offer.index]
    const told = model && boundsOf.get(model)
    const { value, index } = offer
    return classes.numberOf({
      bounds: told?.at ?? -1,
      row: told?.bounds.rowOf[index] ?? -1,
      // Where a model's scores cannot be told, nobody is alike.
      model: told === undefined && model !== undefined ? index : -1,
      prior: offer.prior,
      weightSet: weightSets.numberOf(weights[index]!),
      value: typeof value === 'number' ? value : NaN,
      expression: typeof value === 'number' ? undefined : value,
      offer: index,
      lever: offer.lever,
      leverFactor: offer.leverFactor,
      mandatory: offer.mandatory,
      group: offer.groupIndex,
      excluding: excluded.has(index) || exclusions.never[index] !== undefined
    })
  })
  const drafts = classes.all
  return {
    classOf,
    count: drafts.length,
    bounds: Int32Array.from(drafts, ({ bounds }) => bounds),
    rows: Int32Array.from(drafts, ({ row }) => row),
    priors: Float64Array.from(drafts, ({ prior }) => prior),
    modelled: Uint8Array.from(drafts, ({ bounds, model }) => (bounds >= 0 || model >= 0 ? 1 : 0)),
    weightSetOf: Int32Array.from(drafts, ({ weightSet }) => weightSet),
    weightSets: weightSets.all,
    values: Float64Array.from(drafts, ({ value }) => value),
    expressions: drafts.map(({ expression }) => expression),
    offers: Int32Array.from(drafts, ({ offer }) => offer),
    levers: Float64Array.from(drafts, ({ lever }) => lever),
    leverFactors: Float64Array.from(drafts, ({ leverFactor }) => leverFactor),
    mandatory: Uint8Array.from(drafts, ({ mandatory }) => (mandatory ? 1 : 0)),
    groups: Int32Array.from(drafts, ({ group }) => group),
    excluding: Uint8Array.from(drafts, ({ excluding }) => (excluding ? 1 : 0)),
    idRanks: ranksOf(offers.map(({ id }) => id))
  }
}

/** What a class has in common, beside one of its offers. */
interface Draft {
  readonly bounds: number
  readonly row: number
  readonly model: number
  readonly prior: number
  readonly weightSet: number
  readonly value: number
  readonly expression: Expression | undefined
  readonly offer: number
  readonly lever: number
  readonly leverFactor: number
  readonly mandatory: boolean
  readonly group: number
  readonly excluding: boolean
}

function key({ offer, expression, ...common }: Draft): string {
  // An expression may say something else of every offer.
  return Object.values(common).join() + (expression === undefined ? '' : `:${offer}`)
}

/** Gives each distinct thing a number, in the order of meeting. */
function numbered<T>(keyOf: (one: T) => string): { all: T[]; numberOf(one: T): number } {
  const numbers = new Map<string, number>()
  const all: T[] = []
  return {
    all,
    numberOf(one) {
      const known = numbers.get(keyOf(one))
      if (known !== undefined) return known
      numbers.set(keyOf(one), all.length)
      all.push(one)
      return all.length - 1
    }
  }
}

/** By offer index: the numbers of the context weights that name it, in their order. */
function weightsByOffer({ offers, contextWeights }: Strategy): number[][] {
  const weights = offers.map((): number[] => [])
  contextWeights.forEach((weight, number) => {
    for (const offer of weight.offers) weights[offer]!.push(number)
  })
  return weights
}

/** By position: the place that an id has when all are sorted as the tie rule compares them. */
function ranksOf(ids: readonly string[]): Int32Array {
  const ranks = new Int32Array(ids.length)
  const sorted = Array.from(ids.keys()).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1))
  sorted.forEach((offer, rank) => {
    ranks[offer] = rank
  })
  return ranks
}
