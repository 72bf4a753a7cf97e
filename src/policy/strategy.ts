import type { AttributeValue, Lexicon } from '../domain/customer.js'
import type { Activation, Stage } from '../domain/decision.js'
import type { InteractionType } from '../domain/interaction.js'
import type { LearningFeature } from '../domain/learning.js'
import type { WhenFull } from '../domain/journal.js'
import type { QuotaCount, Window } from '../domain/limits.js'
import type { Facts, Tri } from './facts.js'

/** Where the parts of a strategy were written, for people: each by the index of what it is of. */
export interface Places {
  readonly issues: readonly Place[]
  readonly groups: readonly Place[]
  readonly offers: readonly Place[]
  readonly channels: readonly Place[]
  readonly placements: readonly Place[]
  /** Offers, by id, that may not stand in the same answer, as they were written together. */
  readonly never: ReadonlyArray<{ readonly place: Place; readonly offers: readonly string[] }>
}

/** One text file of a strategy. */
export interface SourceFile {
  /** Relative to the working folder where that is shorter, as a person would type it. */
  readonly path: string
  readonly text: string
}

/** A place in a strategy's files, counted from 1, as editors show it. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Something wrong in a strategy's files: a sentence for people, with the nearest valid name where one can be guessed. */
export interface Problem extends Place {
  readonly message: string
  readonly hint?: string | undefined
  readonly severity: 'error' | 'warning'
}

export type ValueType =
  | 'number'
  | 'integer'
  | 'string'
  | 'boolean'
  | 'timestamp'
  | 'list<string>'
  | 'list<number>'

/** One declared attribute or context name. */
export interface Declared {
  readonly name: string
  readonly type: ValueType
  readonly values?: readonly string[] | undefined
  /** What stands in where nothing was given; lists default to empty. */
  readonly default?: AttributeValue | undefined
  /** Never in a condition, a value or a model. */
  readonly protected: boolean
  /** Never shown in logs and explanations. */
  readonly personal: boolean
}

/** How long and how large the journal on disk may grow, and what happens when what waits for the disk reaches its bound. */
export interface JournalSettings {
  /** How long its segments are kept. */
  readonly keepMs: number
  /** Most bytes of segments on disk, oldest out first. */
  readonly mostBytes: number
  /** `wait`: decisions answer with fallbacks and events are refused for a while; `drop`: what does not fit is dropped and counted. */
  readonly whenFull: WhenFull
}

export interface Channel {
  readonly index: number
  /** Numbers of its quotas. */
  readonly quotas: readonly number[]
  readonly id: string
  readonly direction: 'inbound' | 'outbound'
  readonly activate: Activation
}

export interface Placement {
  readonly index: number
  /** Numbers of its quotas. */
  readonly quotas: readonly number[]
  readonly id: string
  readonly channel: number
  readonly count: number
  readonly multiplier: number
  /** Index of the fallbackOnly offer. */
  readonly fallback: number
  /** Indices of the offers that have a treatment here and whose group is allowed here, without fallbacks, by index. */
  readonly candidates: Int32Array
  /** By offer index: the treatment shown here, undefined where the offer has none. */
  readonly treatments: ReadonlyArray<Treatment | undefined>
}

export interface Treatment {
  /** offer.channel.treatment */
  readonly id: string
  /** JSON texts by language tag in lower case; '' is the content without a language. */
  readonly contentJson: ReadonlyMap<string, string>
  readonly labelsJson: string
}

/** What a condition reads, for explanations: where the value stands in the facts. */
export type Read =
  | { readonly kind: 'attribute' | 'context'; readonly label: string; readonly slot: number }
  | { readonly kind: 'segment'; readonly label: string; readonly slot: number }
  | {
      readonly kind: 'call'
      readonly label: string
      readonly slot: number
      readonly boolean: boolean
    }
  | {
      readonly kind: 'offerCall'
      readonly label: string
      readonly slot: number
      readonly boolean: boolean
    }
  | { readonly kind: 'offer'; readonly label: string; readonly slot: number }

/** A checked and compiled condition. */
export interface Condition {
  /** As written in the file. */
  readonly source: string
  readonly place: Place
  /** Where its result stands in Facts.tests; -1 when it depends on the offer and is asked through `holds`. */
  readonly test: number
  readonly reads: readonly Read[]
  /** The result for one offer; for a condition with a test number simply that test. */
  holds(facts: Facts, offer: number): Tri
}

/** A checked and compiled number, for values, formulas and model inputs. */
export interface Expression {
  readonly source: string
  readonly place: Place
  readonly type: ValueType
  /** True when the result differs between offers of one decision. */
  readonly perOffer: boolean
  readonly reads: readonly Read[]
  /** The value for an offer (ignored unless perOffer); undefined where something it reads is missing. */
  value(facts: Facts, offer: number): AttributeValue | undefined
}

/** Everything that all conditions of a strategy share. */
export interface Program {
  readonly testCount: number
  readonly callCount: number
  /** Evaluates every test and call that does not depend on the offer, segments first: each distinct one once. */
  run(facts: Facts): void
  /** By offerCall slot: a call that depends on the offer, such as seen(type, "same", window); NaN where unknown. */
  readonly offerCalls: ReadonlyArray<(facts: Facts, offer: number) => number>
}

/** One engagement policy of an offer, inherited or its own. */
export interface Rule {
  readonly stage: Extract<Stage, 'eligibility' | 'applicability' | 'suitability'>
  /** Where it was written: an issue, a group or the offer. */
  readonly owner: string
  readonly condition: Condition
}

export interface Offer {
  readonly index: number
  readonly id: string
  readonly name: string
  readonly group: string
  readonly issue: string
  /** Numbers of the group and the issue in the strategy's order. */
  readonly groupIndex: number
  readonly issueIndex: number
  readonly fallbackOnly: boolean
  readonly mandatory: boolean
  readonly tags: readonly string[]
  /** Positions in Strategy.purposes. */
  readonly purposes: readonly number[]
  /** Shown in [fromMs, untilMs); ±Infinity where not limited. */
  readonly fromMs: number
  readonly untilMs: number
  /** A number, or an expression that may be missing for a customer. */
  readonly value: number | Expression
  /** Issue's, group's and own lever together, in percent. */
  readonly lever: number
  /** The parts of `lever`, in percent. */
  readonly levers: { readonly issue: number; readonly group: number; readonly offer: number }
  /** What one accept costs in whole minor units of the strategy's currency, for quotas in money. */
  readonly costMinor: number
  /** Numbers of the quotas on the offer itself, its group and its issue. */
  readonly quotas: readonly number[]
  /** L = max(0, 1 + (issue + group + offer lever) / 100). */
  readonly leverFactor: number
  /** Issue's, group's and own rules, by stage, in the order of evaluation. */
  readonly rules: readonly Rule[]
  /** Name of the model, undefined where the prior decides. */
  readonly model: string | undefined
  /** Where the model is named; the offer's own place where none is. */
  readonly modelPlace: Place
  readonly prior: number
  /** How many impressions the start propensity, the model's or the prior, is worth. */
  readonly evidence: number
  readonly positive: InteractionType
  /** undefined: its propensity stays what the model or the prior says. */
  readonly adapt: Adapt | undefined
}

/** How a propensity learns from the responses to the offer. */
export interface Adapt {
  /** Experience that was gathered in another way is begun anew. */
  readonly way: string
  /** What is kept of older impressions with every new one; 1: everything. */
  readonly forget: number
  /** undefined: all customers of a channel are learnt from and corrected alike. */
  readonly features: AdaptFeatures | undefined
}

/** What tells customers and moments apart for a propensity that adapts. */
export interface AdaptFeatures {
  readonly expressions: readonly Expression[]
  /** In the same order: what the expressions give. */
  readonly list: readonly LearningFeature[]
  /** One for the offer itself, and those of the features. */
  readonly columns: number
}

export interface ContextWeight {
  readonly condition: Condition
  /** Percent that is added to C for the offers. */
  readonly weight: number
  readonly offers: Int32Array
  /** As written: offer, group or issue and its name. */
  readonly target: string
}

/** A limit on how often a customer meets offers, counted from interactions. */
export interface ContactPolicy {
  readonly index: number
  readonly id: string
  readonly place: Place
  /** By type position: 1 where it counts. */
  readonly counts: Uint8Array
  /** As written, for people. */
  readonly countedTypes: readonly string[]
  readonly scope: 'offer' | 'group' | 'issue' | 'all'
  readonly limit: number
  readonly window: Window
  /** undefined: suppressed until the window frees. */
  readonly suppressForMs: number | undefined
  /** By channel position: 1 where it counts and holds; undefined: everywhere. */
  readonly channels: Uint8Array | undefined
  readonly strict: boolean
  /** How long a decision of a strict one is kept without being counted. */
  readonly reserveMs: number
}

/** A limit over all customers. */
export interface Quota extends QuotaCount {
  readonly place: Place
  readonly owner: {
    readonly kind: 'offer' | 'group' | 'issue' | 'channel' | 'placement'
    readonly id: string
    readonly index: number
  }
  /** Whether minor units of money are counted instead of pieces. */
  readonly money: boolean
  /** Type position. */
  readonly counts: number
  /** As written. */
  readonly countedType: InteractionType
  readonly strict: boolean
  readonly reserveMs: number
}

/** What may not be shown together, or not after something. */
export interface Exclusions {
  /** By offer index: the offers that may not stand in the same answer. */
  readonly never: ReadonlyArray<Int32Array | undefined>
  readonly after: ReadonlyArray<{
    readonly place: Place
    /** Type position. */
    readonly type: number
    readonly countedType: InteractionType
    readonly of: number
    readonly not: Int32Array
    readonly forMs: number
  }>
}

/** Moves a lever after an interaction, from one value to another in a straight line. */
export interface Influencer {
  readonly place: Place
  /** Type position. */
  readonly type: number
  readonly countedType: InteractionType
  /** Whose lever: that of the interaction's offer, every offer's, or one offer's (by index). */
  readonly target: 'same' | 'any' | number
  readonly from: number
  readonly to: number
  readonly overMs: number
}

/** A share of customers chosen by hash: those whose bucket of salt:customer is below `limit` (0 to 10,000). */
export interface Share {
  readonly salt: string
  readonly limit: number
}

/** A comparison of arms: customers are spread over them by hash, and decided by what their arm changes. */
export interface Experiment {
  readonly index: number
  readonly name: string
  readonly place: Place
  /** Name, layer and salt: what is counted under it is counted for the same spread of customers. */
  readonly id: string
  /** Experiments of a layer exclude each other; undefined: alone. */
  readonly layer: string | undefined
  /** Its own; customers are spread with it unless there is a layer. */
  readonly salt: string
  /** Only customers for whom it holds are in an arm. */
  readonly when: Condition | undefined
  readonly arms: readonly Arm[]
  /** What any of its arms changes. */
  readonly touches: Touches
}

/** One arm of an experiment: its buckets, and what it changes. */
export interface Arm {
  /** Position of its experiment. */
  readonly experiment: number
  /** Position in its experiment. */
  readonly index: number
  readonly name: string
  readonly share: number
  /** The buckets of its customers: fromBucket ≤ bucket < untilBucket. */
  readonly fromBucket: number
  readonly untilBucket: number
  readonly changes: Changes
}

/** What an arm puts in the place of the strategy's own. */
export interface Changes {
  readonly formula: Formula | undefined
  readonly groupLimit: number | undefined
  readonly exploration: Exploration | undefined
  /** By offer index. */
  readonly values: ReadonlyMap<number, number | Expression>
  /** Each replaces one owner's part of a lever, in percent. */
  readonly levers: ReadonlyArray<{
    readonly kind: 'offer' | 'group' | 'issue'
    readonly index: number
    readonly lever: number
  }>
  /** By offer index. */
  readonly models: ReadonlyMap<number, { readonly name: string; readonly place: Place }>
  readonly treatments: ReadonlyArray<{
    readonly offer: number
    readonly placement: number
    readonly treatment: Treatment
  }>
}

/** What the arms of an experiment change between them, for telling whether a decision could depend on the arm. */
export interface Touches {
  /** Whether an arm changes the formula. */
  readonly formula: boolean
  /** Whether an arm changes what is left to chance. */
  readonly exploration: boolean
  /** The smallest groupLimit under any arm; Infinity where no arm changes it. */
  readonly groupLimit: number
  /** By offer index: 1 where an arm changes its value, lever or model. */
  readonly offers: Uint8Array
  /** By placement index and offer index: 1 where an arm changes the treatment; undefined where none does. */
  readonly treatments: ReadonlyArray<Uint8Array | undefined>
}

/** Arms of which a customer is in at most one, in the order of their buckets. */
export interface Layer {
  /** The layer's name; of an experiment without one its own salt. */
  readonly salt: string
  readonly arms: readonly Arm[]
}

/** How much is left to chance, so that more is learnt than the ordering alone would show. */
export type Exploration =
  | { readonly method: 'none' }
  /** `share` of the slots, above 0 and at most 1, are filled by chance. */
  | { readonly method: 'epsilon'; readonly share: number }
  /** Propensities are drawn from what is known of them. */
  | { readonly method: 'thompson' }

/** One of the strategy's own tests. */
export interface Example {
  readonly name: string
  readonly place: Place
  readonly given: {
    readonly attributes: Readonly<Record<string, unknown>>
    readonly context: Readonly<Record<string, unknown>>
    readonly tags: readonly string[]
    /** Purpose → granted. */
    readonly consent: Readonly<Record<string, boolean>>
    readonly history: ReadonlyArray<{
      readonly type: string
      readonly offer?: string | undefined
      readonly channel?: string | undefined
      /** Milliseconds before the decision. */
      readonly ago: number
      /** Milliseconds after the decision; of `later` only. */
      readonly until?: number | undefined
    }>
    readonly channel: string
    readonly placements: readonly string[]
    readonly exclude: readonly string[]
    readonly language?: string | undefined
    readonly atMs?: number | undefined
  }
  readonly expect: {
    /** Placement → offer ids in order. */
    readonly placements: Readonly<Record<string, readonly string[]>>
    /** Offer → stage. */
    readonly removed: Readonly<Record<string, string>>
  }
}

/** A compiled strategy: immutable, complete, independent of any customer. */
export interface Strategy {
  readonly name: string
  readonly currency: string
  readonly timeZone: string
  /** undefined: no journal is kept, and nothing is paid for one. */
  readonly journal: JournalSettings | undefined
  /** How long an offer that was shown waits for its positive. */
  readonly positiveWindowMs: number
  /** Whether an offer's propensity learns from responses; where none does, nothing is paid for learning. */
  readonly adapts: boolean
  readonly namespaces: readonly string[]
  readonly attributes: readonly Declared[]
  readonly context: readonly Declared[]
  readonly attributeIndex: ReadonlyMap<string, number>
  readonly contextIndex: ReadonlyMap<string, number>
  /** Every path of the taxonomy, inner ones included. */
  readonly tagPaths: ReadonlySet<string>
  readonly purposes: readonly string[]
  /** Behaviour types and whether they carry a value. */
  readonly behaviourTypes: ReadonlyMap<string, { readonly value: boolean }>
  readonly channels: readonly Channel[]
  readonly channelIndex: ReadonlyMap<string, number>
  readonly placements: readonly Placement[]
  readonly placementIndex: ReadonlyMap<string, number>
  readonly groups: readonly string[]
  readonly issues: readonly string[]
  readonly offers: readonly Offer[]
  readonly offerIndex: ReadonlyMap<string, number>
  readonly segments: ReadonlyArray<{ readonly name: string; readonly condition: Condition }>
  readonly contextWeights: readonly ContextWeight[]
  readonly contactPolicies: readonly ContactPolicy[]
  readonly quotas: readonly Quota[]
  readonly exclusions: Exclusions
  readonly influencers: readonly Influencer[]
  /** undefined: p × c × v × l. */
  readonly formula: Formula | undefined
  /** Most offers of one group in an answer; Infinity where not limited. */
  readonly groupLimit: number
  readonly exploration: Exploration
  readonly holdout: Share | undefined
  readonly control: Share | undefined
  readonly experiments: readonly Experiment[]
  /** The arms of all experiments, by what customers are spread with. */
  readonly layers: readonly Layer[]
  readonly program: Program
  readonly lexicon: Lexicon
  /** Names of the models that offers and arms name. */
  readonly modelNames: readonly string[]
  readonly examples: readonly Example[]
  readonly places: Places
}

/** The strategy's own arbitration over p, c, v, l and attributes. */
export interface Formula {
  readonly source: string
  readonly place: Place
  readonly reads: readonly Read[]
  /** undefined where an attribute that it reads is missing. */
  priority(
    facts: Facts,
    offer: number,
    p: number,
    c: number,
    v: number,
    l: number
  ): number | undefined
}

/** The outcome of compiling: the strategy, or everything that is wrong with it. Warnings may come with both. */
export type Compiled =
  | {
      readonly strategy: Strategy
      readonly problems: readonly Problem[]
      compileFeature: CompileFeature
    }
  | { readonly strategy: undefined; readonly problems: readonly Problem[] }

/**
 * Compiles the `from` of a model's input against the strategy: an expression, or problems placed relative to where it stands.
 * The expressions share the strategy's names but not its tests.
 */
export type CompileFeature = (source: string, place: Place) => Expression | readonly Problem[]
