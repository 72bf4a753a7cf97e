import { minorUnits } from '../../policy/money.js'
import type { Changes, Experiment, Offer, Place, Share, Strategy } from '../../policy/strategy.js'
import { placeText } from '../trace/legend.js'
import { contactText, exclusionText, influencerText, quotaText } from '../limits/limit-texts.js'
import type { Snapshot } from '../snapshot.js'

/** What a part of a strategy says, as it was written, and where: file:line:column. */
export interface WrittenPart {
  readonly text: string
  readonly place: string
}

/** An offer with everything that decides about it. */
export interface OfferDetails {
  readonly id: string
  readonly name: string
  readonly issue: string
  readonly group: string
  readonly place: string
  /** RFC 3339, `until` exclusive; null where not limited. */
  readonly from: string | null
  readonly until: string | null
  readonly fallbackOnly: boolean
  readonly mandatory: boolean
  /** A number, or the expression that gives it. */
  readonly value: number | WrittenPart
  /** What one accept costs, in the strategy's currency. */
  readonly cost: number
  /** In percent. */
  readonly levers: Offer['levers']
  /** L = max(0, 1 + the sum of the levers / 100). */
  readonly leverFactor: number
  readonly tags: readonly string[]
  readonly purposes: readonly string[]
  /** In the order of their evaluation; `owner` is the issue, the group or the offer that wrote it. */
  readonly policies: ReadonlyArray<WrittenPart & { readonly stage: string; readonly owner: string }>
  readonly propensity: {
    readonly model: string | null
    readonly prior: number
    readonly evidence: number
    readonly adapts: boolean
    readonly positive: string
  }
  readonly treatments: ReadonlyArray<{ readonly id: string; readonly placements: string[] }>
  /** Ids of the quotas on itself, its group and its issue. */
  readonly quotas: readonly string[]
}

/** Describes the strategy in force as people wrote it: all its parts, each with the place where it was written. */
export function describeStrategy({ strategy, version, hash, loadedAtMs }: Snapshot) {
  const { places, offers, channels, placements } = strategy
  return {
    name: strategy.name,
    version,
    hash,
    loadedAt: new Date(loadedAtMs).toISOString(),
    currency: strategy.currency,
    timeZone: strategy.timeZone,
    ...arbitrationOf(strategy),
    issues: named(strategy.issues, places.issues),
    groups: named(strategy.groups, places.groups),
    channels: channels.map(({ index, id, direction, activate }) => ({
      id,
      direction,
      activate,
      place: placeText(places.channels[index]!)
    })),
    placements: placements.map(
      ({ index, id, channel, count, multiplier, fallback, candidates }) => ({
        id,
        channel: channels[channel]!.id,
        count,
        multiplier,
        fallback: offers[fallback]!.id,
        candidates: candidates.length,
        place: placeText(places.placements[index]!)
      })
    ),
    offers: offers.map(offer => describeOffer(offer, strategy)),
    segments: strategy.segments.map(({ name, condition }) => ({ name, ...written(condition) })),
    ...limitsOf(strategy),
    experiments: strategy.experiments.map(describeExperiment)
  }
}

function arbitrationOf(strategy: Strategy) {
  const { formula, groupLimit, contextWeights, exploration, holdout, control } = strategy
  return {
    formula: formula === undefined ? null : written(formula),
    groupLimit: groupLimit === Infinity ? null : groupLimit,
    exploration,
    holdout: shareOf(holdout),
    control: shareOf(control),
    contextWeights: contextWeights.map(({ condition, weight, target }) => ({
      ...written(condition),
      weight,
      target
    }))
  }
}

function limitsOf(strategy: Strategy) {
  const { contactPolicies, quotas, exclusions, influencers, places } = strategy
  return {
    contactPolicies: contactPolicies.map(policy => ({
      id: policy.id,
      text: contactText(policy, strategy),
      place: placeText(policy.place),
      strict: policy.strict
    })),
    quotas: quotas.map(quota => ({
      id: quota.id,
      text: quotaText(quota, strategy),
      place: placeText(quota.place),
      strict: quota.strict
    })),
    exclusions: [
      ...places.never.map(({ place, offers }) => ({
        text: `never in one answer: ${offers.join(', ')}`,
        place: placeText(place)
      })),
      ...exclusions.after.map(after => ({
        text: `${[...after.not].map(offer => strategy.offers[offer]!.id).join(', ')}: ${exclusionText(after, strategy)}`,
        place: placeText(after.place)
      }))
    ],
    influencers: influencers.map(influencer => ({
      text: influencerText(influencer, strategy),
      place: placeText(influencer.place)
    }))
  }
}

function describeOffer(offer: Offer, strategy: Strategy): OfferDetails {
  const { id, name, issue, group, fallbackOnly, mandatory, value } = offer
  return {
    id,
    name,
    issue,
    group,
    place: placeText(strategy.places.offers[offer.index]!),
    from: instant(offer.fromMs),
    until: instant(offer.untilMs),
    fallbackOnly,
    mandatory,
    value: typeof value === 'number' ? value : written(value),
    cost: offer.costMinor / minorUnits(strategy.currency),
    levers: offer.levers,
    leverFactor: offer.leverFactor,
    tags: offer.tags,
    purposes: offer.purposes.map(purpose => strategy.purposes[purpose]!),
    policies: offer.rules.map(({ stage, owner, condition }) => ({
      stage,
      owner,
      ...written(condition)
    })),
    propensity: {
      model: offer.model ?? null,
      prior: offer.prior,
      evidence: offer.evidence,
      adapts: offer.adapt !== undefined,
      positive: offer.positive
    },
    treatments: treatmentsOf(offer, strategy),
    quotas: offer.quotas.map(quota => strategy.quotas[quota]!.id)
  }
}

/** Its treatments, each once, with the placements where it is the one that is shown. */
function treatmentsOf({ index }: Offer, { placements }: Strategy): OfferDetails['treatments'] {
  const shown = new Map<string, string[]>()
  for (const placement of placements) {
    const treatment = placement.treatments[index]
    if (treatment === undefined) continue
    shown.set(treatment.id, [...(shown.get(treatment.id) ?? []), placement.id])
  }
  return [...shown].map(([id, where]) => ({ id, placements: where }))
}

function describeExperiment({ name, layer, salt, when, place, arms }: Experiment) {
  return {
    name,
    layer: layer ?? null,
    salt,
    when: when === undefined ? null : written(when),
    place: placeText(place),
    arms: arms.map(arm => ({ name: arm.name, share: arm.share, changes: changesOf(arm.changes) }))
  }
}

/** What kinds of things an arm changes. */
function changesOf(changes: Changes): string[] {
  const { formula, groupLimit, exploration, values, levers, models, treatments } = changes
  const kinds = {
    formula: formula !== undefined,
    groupLimit: groupLimit !== undefined,
    exploration: exploration !== undefined,
    values: values.size > 0,
    levers: levers.length > 0,
    models: models.size > 0,
    treatments: treatments.length > 0
  }
  return Object.entries(kinds).flatMap(([kind, changed]) => (changed ? [kind] : []))
}

function named(names: readonly string[], places: readonly Place[]) {
  return names.map((id, index) => ({ id, place: placeText(places[index]!) }))
}

function written({ source, place }: { source: string; place: Place }): WrittenPart {
  return { text: source, place: placeText(place) }
}

/** @returns the share of customers, as it works: whole ten-thousandths */
function shareOf(share: Share | undefined): { share: number; salt: string } | null {
  return share === undefined ? null : { share: share.limit / 10_000, salt: share.salt }
}

function instant(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null
}
