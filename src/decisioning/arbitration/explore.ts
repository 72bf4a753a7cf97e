import type { Random } from '../../learning/random.js'
import type { Strategy } from '../../policy/strategy.js'
import type { Contest } from './arbitrate.js'
import type { AskedPlacement } from '../asked-placements.js'
import type { Candidates } from '../candidates.js'

/** A slot that is decided: who stands there; -1 where nobody does. */
export interface Seat {
  /** The asked placement. */
  readonly placement: number
  readonly contestant: number
}

/** How an offer came into its slot where a part is left to chance. */
export interface ExploredSlot extends Seat {
  /** That this offer stands here, given the slots before; in the order of the slots their product is the whole answer's. */
  readonly probability: number
  /** True where chance chose. */
  readonly explored: boolean
  /** How many chance could have chosen from. */
  readonly among: number
  /** Whom the best filling, given the slots before, has here. */
  readonly greedy: number
}

/** A best filling: by asked placement the contestants that fill it, and whether it is known to be the best. */
interface Best {
  readonly filling: ReadonlyArray<readonly number[]>
  readonly exact: boolean
}

/** Who competes for what. */
export interface Field {
  readonly strategy: Strategy
  readonly asked: {
    readonly placements: ReadonlyArray<Pick<AskedPlacement, 'placement' | 'count'>>
  }
  readonly candidates: Pick<Candidates, 'offers' | 'rooms'>
  readonly contest: Pick<Contest, 'positions' | 'priorities'>
  /** Those of the contestants that may be chosen, the best first. */
  readonly order: Int32Array
}

/** How much is left to chance, and the chance. */
export interface Dice {
  /** From 0 to 1. */
  readonly share: number
  readonly random: Random
}

/**
 * Fills slot after slot, in the order of the request: with a share by chance, each alike, from those that still fit there; else by
 * the best filling given the slots before. That filling stays the best one until chance chooses another offer than it has.
 * Who comes in by chance still leaves the best filling to the slots after it.
 * @param best without exploration
 * @param bestBeside the best filling whose first slots are taken like this
 */
export function explore(
  field: Field,
  best: Best,
  bestBeside: (seats: readonly Seat[]) => Best,
  { share, random }: Dice
): Best & { readonly explored: readonly ExploredSlot[] } {
  return fillBy(field, best, bestBeside, share, (fit, greedy) => {
    const explored = random.uniform() < share
    return { contestant: explored ? fit[random.integer(fit.length)]! : greedy, explored }
  })
}

/**
 * How likely such a share of chance would have filled the placements as they are filled: by asked placement the product of its
 * slots' probabilities, each given the slots before; 0 from the first slot on that it would never fill so.
 * @param filling by asked placement the contestants that stand there
 */
export function chancesOf(
  field: Field,
  best: Best,
  bestBeside: (seats: readonly Seat[]) => Best,
  share: number,
  filling: ReadonlyArray<readonly number[]>
): number[] {
  const left = filling.map(contestants => [...contestants])
  let differsFrom = Infinity
  const { explored } = fillBy(field, best, bestBeside, share, (fit, greedy, placement) => {
    const contestant = left[placement]!.shift() ?? -1
    const fits = fit.includes(contestant)
    if (!fits) differsFrom = Math.min(differsFrom, placement)
    return { contestant: fits ? contestant : greedy, explored: false }
  })
  // Who stands where nobody would.
  left.forEach((contestants, placement) => {
    if (contestants.length > 0) differsFrom = Math.min(differsFrom, placement)
  })
  return filling.map((_, placement) =>
    placement >= differsFrom
      ? 0
      : explored.reduce(
          (product, slot) => (slot.placement === placement ? product * slot.probability : product),
          1
        )
  )
}

/** Who comes into a slot, from those that fit there, and whether chance chose. */
type ChooseFrom = (
  fit: readonly number[],
  greedy: number,
  placement: number
) => { readonly contestant: number; readonly explored: boolean }

function fillBy(
  field: Field,
  best: Best,
  bestBeside: (seats: readonly Seat[]) => Best,
  share: number,
  choose: ChooseFrom
): Best & { readonly explored: readonly ExploredSlot[] } {
  const fitting = new Fitting(field)
  const seats: Seat[] = []
  const explored: ExploredSlot[] = []
  let { filling, exact } = best
  field.asked.placements.forEach(({ count }, placement) => {
    for (let slot = 0; slot < count; slot++) {
      const greedy = filling[placement]![slot] ?? -1
      if (greedy < 0) {
        seats.push({ placement, contestant: -1 })
        continue
      }
      const fit = fitting.find(placement, greedy)
      const { contestant, explored: byChance } = choose(fit, greedy, placement)
      const probability = (contestant === greedy ? 1 - share : 0) + share / fit.length
      const among = fit.length
      explored.push({ placement, contestant, probability, explored: byChance, among, greedy })
      seats.push({ placement, contestant })
      fitting.seat(contestant)
      if (contestant === greedy) continue
      const again = bestBeside(seats)
      filling = again.filling
      exact = exact && again.exact
    }
  })
  return { filling, exact, explored }
}

/** Who still fits beside those that have a seat. */
class Fitting {
  readonly #field: Field
  readonly #seated: Uint8Array
  readonly #perGroup: Int32Array
  /** By offer: 1 where it may not stand beside one that has a seat. */
  readonly #barred: Uint8Array
  readonly #never: boolean

  constructor(field: Field) {
    const { strategy, contest } = field
    this.#field = field
    this.#seated = new Uint8Array(contest.positions.length)
    this.#perGroup = new Int32Array(strategy.groups.length)
    this.#never = strategy.exclusions.never.length > 0
    this.#barred = new Uint8Array(this.#never ? strategy.offers.length : 0)
  }

  /**
   * Who may stand in the next slot of a placement, the best first. As long as a mandatory offer fits, only mandatory ones do;
   * the greedy one is always among them. Offers of a priority below 0 never are, unless they are mandatory.
   */
  find(placement: number, greedy: number): number[] {
    const { strategy, candidates, contest, order } = this.#field
    const found: number[] = []
    let isMandatoryTier = false
    let greedyFound = false
    for (let i = 0; i < order.length; i++) {
      const contestant = order[i]!
      const position = contest.positions[contestant]!
      const { index, groupIndex, mandatory } = strategy.offers[candidates.offers[position]!]!
      // Mandatory ones come first, and priorities descend.
      if (!mandatory && (isMandatoryTier || contest.priorities[contestant]! < 0)) break
      if ((candidates.rooms[position]! & (1 << placement)) === 0) continue
      if (this.#seated[contestant] === 1 || this.#perGroup[groupIndex]! >= strategy.groupLimit)
        continue
      if (this.#never && this.#barred[index] === 1) continue
      found.push(contestant)
      isMandatoryTier = mandatory
      greedyFound ||= contestant === greedy
    }
    if (!greedyFound) found.push(greedy)
    return found
  }

  seat(contestant: number): void {
    const { strategy, candidates, contest } = this.#field
    const { index, groupIndex } =
      strategy.offers[candidates.offers[contest.positions[contestant]!]!]!
    this.#seated[contestant] = 1
    this.#perGroup[groupIndex]!++
    for (const other of strategy.exclusions.never[index] ?? []) this.#barred[other] = 1
  }
}
