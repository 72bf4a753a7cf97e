/** What happens when what waits for the disk has reached its bound. */
export type WhenFull = 'wait' | 'drop'

/** What waits for the disk, and who carries it there. Figures are of the whole store, not of one process. */
export interface JournalStanding {
  readonly waitingBytes: number
  /** Decisions and events that wait. */
  readonly waiting: number
  /** Bytes that may wait. */
  readonly mostBytes: number
  /** Decisions and events that were dropped, or carried to disk, since the store began. */
  readonly dropped: number
  readonly exported: number
  /** When the oldest that waits was appended, in ms since 1970; undefined where nothing waits. */
  readonly oldestMs: number | undefined
  /** Whether a process carries what waits to disk. */
  readonly isExported: boolean
  /** Why the last attempt to write failed; undefined since one succeeded. */
  readonly trouble: string | undefined
}

/** One candidate of a journalled decision. Factors and priority are null where it was not scored. */
export interface JournalCandidate {
  readonly offer: string
  /** The stage at which it ended. */
  readonly outcome: string
  /** Among those that were scored, from 1. */
  readonly rank: number | null
  readonly p: number | null
  readonly c: number | null
  readonly v: number | null
  readonly l: number | null
  readonly priority: number | null
  /** The name of the model that gave p; null for the prior. */
  readonly model: string | null
}

/** One offer in the answer of a journalled decision. */
export interface JournalPlacing {
  readonly placement: string
  readonly rank: number
  readonly offer: string
  readonly treatment: string
  readonly fallback: boolean
  readonly priority: number
  readonly propensity: number | null
  readonly source: string | null
  /** That the policy puts this offer here, given the slots before it. */
  readonly probability: number | null
}

/** What a model was asked in a decision; values as they were before they became a tensor's, those of personal attributes null. */
export interface JournalFeatures {
  /** name@version. */
  readonly model: string
  /** Names of the columns that are the same for all offers, and their values. */
  readonly shared: readonly string[]
  readonly sharedValues: readonly unknown[]
  /** Names of the columns that differ between offers, and their values by offer; every offer that the model scored stands here. */
  readonly byOffer: readonly string[]
  readonly offers: Readonly<Record<string, readonly unknown[]>>
}

/** What a model thought of one offer: the model that decides, or one that only scores beside it. */
export interface JournalScore {
  /** name@version. */
  readonly model: string
  readonly shadow: boolean
  readonly offer: string
  /** Calibrated, in [0, 1]; before anything that was learnt since, and before anything is drawn. */
  readonly score: number
}

/** What offers competed for in a decision. */
export interface JournalFilling {
  /** In the order of the request. */
  readonly slots: ReadonlyArray<{ readonly placement: string; readonly count: number }>
  /** By candidate: bit i is set where it might stand in the i-th placement. */
  readonly rooms: readonly number[]
  /** Most offers of a group; null where not limited. */
  readonly groupLimit: number | null
}

/** A decision as the journal keeps it. */
export interface JournalDecision {
  /** The duplicate key; also the seed of every random choice. */
  readonly id: string
  readonly timeMs: number
  readonly customer: { readonly namespace: string; readonly id: string }
  readonly channel: string
  readonly strategy: string
  readonly strategyHash: string
  readonly holdout: boolean
  readonly control: boolean
  /** Arm by experiment. */
  readonly experiments: Readonly<Record<string, string>>
  readonly degraded: readonly string[]
  readonly candidates: readonly JournalCandidate[]
  /** null where nothing competed. */
  readonly filling: JournalFilling | null
  readonly placed: readonly JournalPlacing[]
  readonly scores: readonly JournalScore[]
  readonly features: readonly JournalFeatures[]
  /** Attributes and context by name as the decision saw them, without personal ones. */
  readonly facts: Readonly<Record<string, unknown>>
  /** How many events the history held, and a hash of them. */
  readonly historyLength: number
  readonly historyHash: string
  /** What limits that removed candidates stood at, in the numbers of the strategy's legend. */
  readonly limits: unknown
  /** What is personal; written encrypted only. */
  readonly personal: {
    readonly facts: Readonly<Record<string, unknown>>
    /** The request, JSON text. */
    readonly request: string
  }
}

/** One stretch of time; `toMs` is exclusive. */
export interface JournalPeriod {
  readonly fromMs: number
  readonly toMs: number
}

/** What came of one offer in the answer of a journalled decision. */
export interface PlacingOutcome extends JournalPlacing {
  /** The name of the model that gave its propensity; null for the prior. */
  readonly model: string | null
  /** When it was first shown, in ms since 1970; null: it was not, as far as was told. */
  readonly shownMs: number | null
  /** Whether its positive came within the window after it was shown, and before a reject or ignore ended the wait. */
  readonly positive: boolean
  /** What the converts that came so were worth together, else the positives; null where nothing says it. */
  readonly value: number | null
  /** Whether it was rejected within the window. */
  readonly rejected: boolean
}

/** A journalled decision with what came of it. Parts that were not asked for are empty; `filling` goes with the candidates. */
export interface DecisionOutcomes
  extends Pick<
    JournalDecision,
    | 'id'
    | 'timeMs'
    | 'channel'
    | 'strategyHash'
    | 'holdout'
    | 'control'
    | 'experiments'
    | 'degraded'
    | 'candidates'
    | 'filling'
    | 'scores'
    | 'features'
    | 'facts'
  > {
  readonly namespace: string
  /** A pseudonym, the same in all segments. */
  readonly customer: string
  readonly placed: readonly PlacingOutcome[]
}

/** Which outcomes are read, and what counts as success. */
export interface OutcomesWanted {
  /** When the decisions were made. What came of them later belongs to them. */
  readonly period: JournalPeriod
  /** By offer: the interaction type that is its success; for others `accept`. */
  readonly positives: Readonly<Record<string, string>>
  /** How long an offer that was shown waits for it. */
  readonly windowMs: number
  readonly parts: ReadonlyArray<'candidates' | 'scores' | 'features' | 'facts'>
}

/** What the customers of one group answered, whether to an offer that was decided or of their own accord. */
export interface GroupResponses {
  /** `holdout`, `control`, `decided` (neither), or the name of an experiment. */
  readonly group: string
  /** The arm of an experiment; null elsewhere. */
  readonly arm: string | null
  readonly customers: number
  /** Positives a customer, and their variance between customers (0 for one customer). */
  readonly mean: number
  readonly variance: number
  /** The same of the values told with converts. */
  readonly valueMean: number
  readonly valueVariance: number
}
