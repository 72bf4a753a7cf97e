import { leverOf } from './compile-offers.js'
import type { Arm, Changes, Offer, Placement, Strategy } from './strategy.js'

/**
 * The strategy as it is for customers in these arms: complete, with the same offers, conditions and lexicon, so that whatever
 * decides with it need not know of experiments. Where arms change the same thing, the later one holds.
 * What is allowed is the same for every arm; only values, levers, models, treatments and the arbitration differ.
 */
export function applyArms(strategy: Strategy, arms: readonly Arm[]): Strategy {
  return arms.reduce((changed, { changes }) => apply(changed, changes), strategy)
}

const NO_CHANGES: Changes = {
  formula: undefined,
  groupLimit: undefined,
  exploration: undefined,
  values: new Map(),
  levers: [],
  models: new Map(),
  treatments: []
}

/**
 * The strategy with other levers of offers, whatever arm a customer is in.
 * @param levers the offers' own parts, in percent
 */
export function withLevers(
  strategy: Strategy,
  levers: ReadonlyArray<readonly [offer: number, percent: number]>
): Strategy {
  if (levers.length === 0) return strategy
  const own = levers.map(([index, lever]) => ({ kind: 'offer' as const, index, lever }))
  return {
    ...apply(strategy, { ...NO_CHANGES, levers: own }),
    layers: strategy.layers.map(layer => ({
      ...layer,
      arms: layer.arms.map(arm => ({
        ...arm,
        changes: { ...arm.changes, levers: [...arm.changes.levers, ...own] }
      }))
    }))
  }
}

/** Whether anything is other than in the strategy itself. */
export function hasChanges(changes: Changes): boolean {
  const { formula, groupLimit, exploration, values, levers, models, treatments } = changes
  if (formula !== undefined || groupLimit !== undefined || exploration !== undefined) return true
  return values.size + models.size + levers.length + treatments.length > 0
}

function apply(strategy: Strategy, changes: Changes): Strategy {
  return {
    ...strategy,
    formula: changes.formula ?? strategy.formula,
    groupLimit: changes.groupLimit ?? strategy.groupLimit,
    exploration: changes.exploration ?? strategy.exploration,
    offers: strategy.offers.map(offer => changedOffer(offer, changes)),
    placements: strategy.placements.map(placement => changedPlacement(placement, changes))
  }
}

function changedOffer(offer: Offer, { values, levers, models }: Changes): Offer {
  const model = models.get(offer.index)
  const parts = { ...offer.levers }
  for (const { kind, index, lever } of levers) {
    const own = { offer: offer.index, group: offer.groupIndex, issue: offer.issueIndex }[kind]
    if (own === index) parts[kind] = lever
  }
  return {
    ...offer,
    ...leverOf(parts),
    value: values.get(offer.index) ?? offer.value,
    model: model?.name ?? offer.model,
    modelPlace: model?.place ?? offer.modelPlace
  }
}

function changedPlacement(placement: Placement, { treatments }: Changes): Placement {
  const here = treatments.filter(change => change.placement === placement.index)
  if (here.length === 0) return placement
  const shown = [...placement.treatments]
  for (const { offer, treatment } of here) shown[offer] = treatment
  return { ...placement, treatments: shown }
}
