import { INTERACTION_TYPES } from '../../domain/interaction.js'
import { minorUnits } from '../../policy/money.js'
import type {
  Arm,
  ContactPolicy,
  Offer,
  Place,
  Read,
  Strategy,
  ValueType
} from '../../policy/strategy.js'
import type { JournalWords } from '../journal/journal-words.js'
import { contactText, exclusionText, influencerText, quotaText } from '../limits/limit-texts.js'

/**
 * What the numbers in a decision's trace mean: the words of one strategy as plain JSON data.
 * It is stored once per strategy, so that an explanation can be rendered after the strategy has gone.
 */
export interface Legend {
  readonly strategy: string
  readonly purposes: readonly string[]
  readonly models: readonly string[]
  readonly reads: readonly LegendRead[]
  readonly offers: readonly LegendOffer[]
  readonly weights: readonly {
    readonly text: string
    readonly weight: number
    readonly target: string
    readonly offers: readonly number[]
  }[]
  readonly formula: string | undefined
  /** Whether any offers may not stand in the same answer. */
  readonly hasNever?: boolean
  /** Interaction and behaviour types, in the order of the lexicon. */
  readonly types: readonly string[]
  readonly contactPolicies: ReadonlyArray<
    LegendLimit & { readonly scope: ContactPolicy['scope']; readonly limit: number }
  >
  readonly exclusions: ReadonlyArray<
    LegendLimit & { readonly type: string; readonly of: number; readonly forMs: number }
  >
  /** `unit`: by what counts are divided before they are shown. */
  readonly quotas: ReadonlyArray<LegendLimit & { readonly limit: number; readonly unit: number }>
  readonly influencers: readonly LegendLimit[]
  /** undefined where no journal is kept. */
  readonly journal?: JournalWords | undefined
  readonly experiments: readonly {
    readonly name: string
    readonly arms: readonly LegendArm[]
  }[]
}

/** A limit as a person finds it again. */
export interface LegendLimit {
  readonly id: string | undefined
  readonly text: string
  readonly place: string
}

/** What an arm puts in the place of what else would remove an offer for want of a value. */
export interface LegendArm {
  readonly name: string
  readonly formula: string | undefined
  readonly values: ReadonlyArray<readonly [offer: number, value: LegendOffer['value']]>
}

/** Something that conditions read, and how its value is to be shown. */
export interface LegendRead {
  readonly label: string
  readonly kind: Read['kind']
  readonly slot: number
  readonly show: 'plain' | 'boolean' | 'timestamp' | 'masked'
}

export interface LegendOffer {
  readonly id: string
  readonly name: string
  readonly group: string
  readonly issue: string
  readonly tags: readonly string[]
  readonly from: string | undefined
  readonly until: string | undefined
  readonly purposes: readonly number[]
  readonly rules: readonly LegendRule[]
  readonly value: number | LegendRule
  /** L, the factor of the lever. */
  readonly lever: number
  /** The model that scores it; the prior does where there is none. */
  readonly model: string | undefined
  readonly mandatory: boolean
  /** Offers that may not stand in the same answer. */
  readonly never?: readonly number[] | undefined
}

/** A rule as a person finds it again: its text, owner and place, and what it reads (positions in Legend.reads). */
export interface LegendRule {
  /** The stage it belongs to. */
  readonly kind: string
  readonly owner: string
  readonly text: string
  readonly place: string
  readonly reads: readonly number[]
}

/** What the release before had no words for, since it did not know it. */
const UNKNOWN_BEFORE: Partial<Legend> = {
  types: INTERACTION_TYPES,
  contactPolicies: [],
  exclusions: [],
  quotas: [],
  influencers: [],
  experiments: []
}

/** Reads a stored legend. */
export function readLegend(text: string): Legend {
  return { ...UNKNOWN_BEFORE, ...(JSON.parse(text) as Legend) }
}

/** Writes down the words of a strategy. */
export function writeLegend(strategy: Strategy): Legend {
  const reads: LegendRead[] = []
  const numbers = new Map<string, number>()
  function numbersOf(all: readonly Read[]): number[] {
    return all.map(read => {
      const key = `${read.kind}:${read.label}`
      const known = numbers.get(key)
      if (known !== undefined) return known
      numbers.set(key, reads.length)
      reads.push(legendRead(strategy, read))
      return reads.length - 1
    })
  }
  function valueOf(owner: string, value: Offer['value']): LegendOffer['value'] {
    if (typeof value === 'number') return value
    const { source: text, place, reads: read } = value
    return { kind: 'value', owner, text, place: placeText(place), reads: numbersOf(read) }
  }
  function armOf({ name, changes: { formula, values } }: Arm): LegendArm {
    return {
      name,
      formula: formula?.source,
      values: [...values].map(([offer, value]) => [
        offer,
        valueOf(strategy.offers[offer]!.id, value)
      ])
    }
  }
  const offers = strategy.offers.map(offer => ({
    id: offer.id,
    name: offer.name,
    group: offer.group,
    issue: offer.issue,
    tags: offer.tags,
    from: instantText(offer.fromMs),
    until: instantText(offer.untilMs),
    purposes: offer.purposes,
    mandatory: offer.mandatory,
    lever: offer.leverFactor,
    model: offer.model,
    rules: offer.rules.map(({ owner, stage, condition }) => ({
      kind: stage,
      owner,
      text: condition.source,
      place: placeText(condition.place),
      reads: numbersOf(condition.reads)
    })),
    value: valueOf(offer.id, offer.value),
    never: listed(strategy.exclusions.never[offer.index])
  }))
  return {
    strategy: strategy.name,
    purposes: strategy.purposes,
    models: strategy.modelNames,
    offers,
    weights: strategy.contextWeights.map(({ condition, weight, target, offers: targets }) => ({
      text: condition.source,
      weight,
      target,
      offers: [...targets]
    })),
    formula: strategy.formula?.source,
    hasNever: strategy.exclusions.never.length > 0,
    ...limitsOf(strategy),
    experiments: strategy.experiments.map(({ name, arms }) => ({ name, arms: arms.map(armOf) })),
    reads
  }
}

function limitsOf(
  strategy: Strategy
): Pick<Legend, 'types' | 'contactPolicies' | 'exclusions' | 'quotas' | 'influencers'> {
  const { lexicon, contactPolicies, exclusions, quotas, influencers, currency } = strategy
  return {
    types: lexicon.types,
    contactPolicies: contactPolicies.map(policy => ({
      id: policy.id,
      text: contactText(policy, strategy),
      place: placeText(policy.place),
      scope: policy.scope,
      limit: policy.limit
    })),
    exclusions: exclusions.after.map(exclusion => ({
      id: undefined,
      text: exclusionText(exclusion, strategy),
      place: placeText(exclusion.place),
      type: exclusion.countedType,
      of: exclusion.of,
      forMs: exclusion.forMs
    })),
    quotas: quotas.map(quota => ({
      id: quota.id,
      text: quotaText(quota, strategy),
      place: placeText(quota.place),
      limit: quota.limit,
      unit: quota.money ? minorUnits(currency) : 1
    })),
    influencers: influencers.map(influencer => ({
      id: undefined,
      text: influencerText(influencer, strategy),
      place: placeText(influencer.place)
    }))
  }
}

function legendRead(strategy: Strategy, read: Read): LegendRead {
  const { label, kind, slot } = read
  if (read.kind === 'call' || read.kind === 'offerCall')
    return { label, kind, slot, show: read.boolean ? 'boolean' : 'plain' }
  if (read.kind === 'segment') return { label, kind, slot, show: 'boolean' }
  if (read.kind === 'offer') return { label, kind, slot, show: 'plain' }
  const declared = (read.kind === 'attribute' ? strategy.attributes : strategy.context)[slot]!
  return { label, kind, slot, show: declared.personal ? 'masked' : showOf(declared.type) }
}

function showOf(type: ValueType): LegendRead['show'] {
  return type === 'timestamp' ? 'timestamp' : 'plain'
}

function listed(offers: Int32Array | undefined): number[] | undefined {
  return offers === undefined ? undefined : [...offers]
}

function instantText(ms: number): string | undefined {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : undefined
}

/** A place as people and editors write it: file:line:column. */
export function placeText(place: Place): string {
  return `${place.file}:${place.line}:${place.column}`
}
