import type { CustomerEvent, AppendOutcome } from '../domain/interaction.js'
import type { AttributeValue, CustomerKey, Identity, Lexicon, Profile } from '../domain/customer.js'
import type { History } from '../domain/history.js'
import type {
  DecisionOutcomes,
  GroupResponses,
  JournalDecision,
  JournalPeriod,
  JournalStanding,
  OutcomesWanted,
  WhenFull
} from '../domain/journal.js'
import type {
  Experience,
  LearningPoint,
  LedgerEntry,
  LedgerPlace,
  Lesson
} from '../domain/learning.js'
import type {
  ClaimOutcome,
  QuotaClaim,
  QuotaFact,
  QuotaReadings,
  Reservation
} from '../domain/limits.js'
import type { SourceFile } from '../policy/strategy.js'
import type { Facts } from '../policy/facts.js'
import type { Arithmetic, TreesSum } from '../scoring/arithmetic.js'
import type { FeaturePlan } from '../scoring/plan.js'
import type { ScoreTally } from '../scoring/score-tally.js'

/** What one decision needs of a customer, in the positions of the lexicon it was loaded with. */
export interface CustomerState {
  /** The customer's own key; of a merged one the canonical key. */
  readonly key: CustomerKey
  /** True when a profile is stored (a history alone does not make a customer known). */
  readonly known: boolean
  /** By attribute position; undefined where nothing is stored. Never written to: it may be shared between decisions. */
  readonly attributes: ReadonlyArray<AttributeValue | undefined>
  readonly tags: readonly string[]
  /** By purpose position: 1 granted, 0 not granted or never asked. */
  readonly granted: Uint8Array
  readonly history: History
  /** Every key under which the customer is known, the canonical one first; just the own one where nothing was merged. */
  readonly members: readonly CustomerKey[]
  /** Reservations that are open; empty where Lexicon.reserves is false. */
  readonly reserved: readonly Reservation[]
  readonly quotas: QuotaReadings
  /** What `hold` compares: opaque, the store's own. */
  readonly version: unknown
}

/** What a customer was promised by one decision. */
export interface Hold {
  /** Kept until each one's untilMs. */
  readonly reservations: readonly Reservation[]
  /** Recorded in the same step, where the decision itself is the interaction. */
  readonly events: readonly CustomerEvent[]
}

/** `changed`: nothing was written, for the customer's history or reservations are no longer those of the state; here is the new one. */
export type HoldOutcome =
  | { readonly held: true }
  | { readonly held: false; readonly changed: CustomerState }

/** Turns what is stored of a customer (undefined: nothing) into what shall be stored. Pure: it may run more than once. */
export type ProfileChange = (stored: Profile | undefined) => Profile

/**
 * Customers: profiles, behaviour and interactions.
 * Every method rejects with StoreUnavailable when the store does not answer in time; a write that rejected is never carried out later.
 * What was acknowledged is seen by every later load, through any process.
 */
export interface CustomerStore {
  /** Reads all that a decision needs in one command. Unknown customers are an empty state, never an error. */
  load(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState>
  /** The same for somebody who only looks: no lifetime is renewed, and nothing is written of it. */
  peek(key: CustomerKey, lexicon: Lexicon): Promise<CustomerState>
  /** Appends behaviour events and loads, in the same round trip; the state holds the events. */
  appendAndLoad(
    events: readonly CustomerEvent[],
    key: CustomerKey,
    lexicon: Lexicon
  ): Promise<CustomerState>
  /** Appends events of any customers; the outcomes are in the order of the events. */
  append(events: readonly CustomerEvent[]): Promise<AppendOutcome[]>
  read(key: CustomerKey): Promise<Profile | undefined>
  /** Applies a change atomically against every other change and answers what is stored now. Revives an erased customer. */
  change(key: CustomerKey, change: ProfileChange, lexicon: Lexicon): Promise<Profile>
  /** Replaces many profiles, in as few commands as the store allows. */
  importMany(
    profiles: ReadonlyArray<readonly [CustomerKey, Profile]>,
    lexicon: Lexicon
  ): Promise<void>
  /** Erases every key of the customer and leaves a tombstone that lets later events drop. False when nothing was there. */
  erase(key: CustomerKey): Promise<boolean>
  /** Newest first, at most `limit` (up to 200). */
  history(key: CustomerKey, limit: number): Promise<CustomerEvent[]>
  /**
   * Writes reservations, and events with them, if nothing happened to the customer since `state` was loaded: one atomic step.
   * The state is one that was loaded with this lexicon. For an erased customer nothing is written and nothing is limited.
   * An event about a decision's offer (decisionId and offerId) ends its reservations: `append` drops those of the event's own type,
   * and all of them for RELEASING_TYPES.
   */
  hold(state: CustomerState, hold: Hold, lexicon: Lexicon): Promise<HoldOutcome>
  /** Gives reservations back by their ids; what is not there is no error. */
  release(key: CustomerKey, ids: readonly string[]): Promise<void>
  /**
   * Makes keys one customer, for good: histories, tags and attributes are united, never added. Repeatable, and the same in any order.
   * An erased party comes back as an empty one. From then on every method means the one customer by each of its keys: what is
   * written lands on the canonical key's record, and erasing erases all. Throws a Refusal beyond MOST_MEMBERS keys.
   */
  merge(one: CustomerKey, other: CustomerKey, lexicon: Lexicon): Promise<Identity>
  /** The keys under which a customer is known; the own one alone where nothing was merged. */
  identityOf(key: CustomerKey): Promise<Identity>
  /** What a state was made of, as it was loaded: plain data and bytes for a record. undefined for a state of another store. */
  packState(state: CustomerState): unknown
  /**
   * The state again, in the positions of any lexicon; what was open then is open. Rejects with StoreUnavailable, also where
   * what was packed can no longer be read.
   */
  openState(packed: unknown, lexicon: Lexicon): Promise<CustomerState>
}

/** Limits over all customers. Every count is exact, whatever the number of processes; each method is one round trip. */
export interface QuotaStore {
  /** One outcome a claim; claims on one quota are taken in their order. Rejects never: what is not known is `failed`. */
  claim(claims: readonly QuotaClaim[]): Promise<ClaimOutcome[]>
  /**
   * Gives claims back, as they were made: those with untilMs 0, which were counted at once, and of the others what is still open.
   * A reservation that an event turned into a count stays counted. What is not held is no error. Repeatable.
   */
  release(claims: readonly QuotaClaim[]): Promise<void>
  /** Counts facts, which are never refused; answers by how much each went over its limit (0: not at all). Repeatable by eventId within the hour. */
  count(facts: readonly QuotaFact[]): Promise<number[]>
  read(lexicon: Lexicon): Promise<QuotaReadings>
}

/** What is kept of a decision for seven days: enough to answer it again and to render its explanation. */
export interface DecisionRecord {
  readonly id: string
  readonly decidedAtMs: number
  readonly strategyHash: string
  /** The body of the answer without its explanation, JSON text. */
  readonly answer: string
  /** The body of the request, JSON text. */
  readonly request: string
  /** What the decision recorded while it ran: plain data and bytes, whose shape decisioning/trace.ts knows. */
  readonly trace: unknown
  /** What the journal keeps besides: plain data, whose shape decisioning/journal-note.ts knows. undefined where none is kept. */
  readonly journal?: unknown
  /**
   * What deciding again needs besides: plain data and bytes, whose shape decisioning/replay-note.ts knows. undefined in records of
   * the release before.
   */
  readonly replay?: unknown
}

/** A record on its way to the store; what it holds is completed and packed when it is written, beside the requests. */
export interface FreshRecord
  extends Omit<DecisionRecord, 'answer' | 'trace' | 'journal' | 'replay'> {
  /** The answer, with what was still unknown when it was sent. */
  packAnswer(): string
  /** Works out what packing needs and takes long, in turns with the requests; undefined where packing takes microseconds. */
  readonly prepare?: (() => Promise<unknown>) | undefined
  packTrace(): unknown
  /** undefined: the record is kept, and not journalled. */
  readonly journal?: FreshNote | undefined
  /** Left out where the decision cannot be made again. */
  readonly packReplay?: () => unknown
}

/** A decision's part of the journal, on its way there. */
export interface FreshNote {
  readonly whenFull: WhenFull
  pack(): unknown
}

/** Decisions by id, for seven days or up to a bound of bytes, oldest out first. */
export interface DecisionRecords {
  /** Never blocks and never throws; written within 50 ms. What cannot be written is counted and reported to the log. */
  append(record: FreshRecord): void
  get(id: string): Promise<DecisionRecord | undefined>
  /** All that is stored of a period, some at a time, about in the order of time. Rejects with StoreUnavailable. */
  walk(period: JournalPeriod): AsyncIterable<readonly DecisionRecord[]>
  /** All that is stored, some at a time, about the newest first. Rejects with StoreUnavailable. */
  latest(): AsyncIterable<readonly DecisionRecord[]>
  /** Writes what is waiting. Called when the service stops. */
  flush(): Promise<void>
}

/**
 * The journal on its way to disk: what was decided and told waits in the store until a process has carried it away.
 * Decisions come with their records. Everything is there at least once; readers know repetitions by their keys.
 */
export interface Journal {
  /** Whether what waits has reached its bound, as far as this process knows: from its own writes, and from the last `standing`. */
  readonly isFull: boolean
  /**
   * Appends events; they are in the store when it resolves. Beyond the bound they are dropped and counted, or it rejects with
   * StoreUnavailable, as `whenFull` says.
   */
  append(events: readonly CustomerEvent[], whenFull: WhenFull): Promise<void>
  standing(): Promise<JournalStanding>
}

/** Where an entry stands among those of its partition, oldest first. */
export interface JournalEntry {
  /** Grows with time: the milliseconds since 1970 when it was appended, `-`, a number. */
  readonly place: string
  readonly bytes: number
  readonly decisions: readonly DecisionRecord[]
  readonly events: readonly CustomerEvent[]
}

/** What waits for the disk, for the one process that carries it there. Rejects with StoreUnavailable. */
export interface JournalOutlet {
  /** Becomes, or stays, the one exporter for lifetimeMs; false while another is. */
  lease(holder: string, lifetimeMs: number): Promise<boolean>
  /** Lets the next exporter begin at once. */
  giveUp(holder: string): Promise<void>
  /** What waits in each partition, by its number; oldestMs is Infinity where nothing does. */
  waiting(): Promise<ReadonlyArray<{ readonly bytes: number; readonly oldestMs: number }>>
  /** Some entries after a place (undefined: from the oldest on), in order; empty where there are none. */
  read(partition: number, after: string | undefined): Promise<JournalEntry[]>
  /** Takes away all entries up to and with the last of those given, which are on disk. Repeatable. */
  settle(partition: number, entries: readonly JournalEntry[]): Promise<void>
  /** Tells every process why the last attempt failed; undefined: it did not. */
  tell(trouble: string | undefined): Promise<void>
  /**
   * A key for each customer, made when it is first asked for, kept lifetimeMs from now on and destroyed with the customer;
   * undefined for an erased one.
   */
  keysOf(customers: readonly CustomerKey[], lifetimeMs: number): Promise<Array<Buffer | undefined>>
  /** The key of one customer where there is one; makes none. */
  keyOf(customer: CustomerKey): Promise<Buffer | undefined>
}

/** What is written together. */
export interface JournalSegment {
  /** Partition, and places of the first and the last entry: what is carried again after a crash has the same name, or overlaps. */
  readonly name: string
  /** In order of time; what they hold was recorded, in ms since 1970, when they were appended. */
  readonly parts: ReadonlyArray<{
    readonly recordedMs: number
    readonly decisions: readonly JournalDecision[]
    readonly events: readonly CustomerEvent[]
  }>
  /** The key of each customer of the segment, by customerText. What is of a customer without a key is left out. */
  readonly keys: ReadonlyMap<string, Buffer>
}

/** How much of the journal is on disk. */
export interface JournalHoldings {
  readonly segments: number
  readonly bytes: number
  /** Days of the oldest and newest segments, such as 2026-03-01; undefined where there are none. */
  readonly firstDay: string | undefined
  readonly lastDay: string | undefined
}

/** The journal on disk. */
export interface JournalSegments {
  /** For people: where it is. */
  readonly description: string
  /** The segment is on disk for good when it resolves. Rejects with what the disk says, and then leaves nothing behind. */
  write(segment: JournalSegment): Promise<void>
  /** Removes what attempts that were interrupted have left. Only for the one exporter. */
  sweep(): Promise<void>
  /** Deletes whole segments, oldest first: those older than keepMs, then as many as are more than mostBytes. Answers how many. */
  retain(keepMs: number, mostBytes: number, nowMs: number): Promise<number>
  holdings(): Promise<JournalHoldings>
  /**
   * What was recorded in a period, each once, in that order, by the names of the columns. With a key, those of its customer alone, and what
   * is sealed of them opened.
   */
  read(
    kind: 'decisions' | 'events',
    period: JournalPeriod,
    key?: Buffer
  ): AsyncIterable<Record<string, unknown>>
  /** The decisions of a period, each once, segment after segment, with what came of every offer that they placed. */
  outcomes(wanted: OutcomesWanted): AsyncIterable<DecisionOutcomes>
  /**
   * What the customers about whom was decided in a period answered from their first decision in it until the window after their last, by
   * holdout, control and arm. Each customer is one; so groups that were drawn by customer can be compared.
   */
  responses(wanted: Omit<OutcomesWanted, 'parts'>): Promise<GroupResponses[]>
}

/**
 * What responses teach, on its way into experience: lessons wait until the one learner has taken them to heart; the ledger knows
 * every impression, so that each counts once. Rejects with StoreUnavailable.
 */
export interface LearningStore {
  /** Appends lessons; they are in the store when it resolves. Answers how many were dropped, because too many wait. */
  append(lessons: readonly Lesson[]): Promise<number>
  /** Becomes, or stays, the one learner for lifetimeMs; false while another is. */
  lease(holder: string, lifetimeMs: number): Promise<boolean>
  /** Lets the next learner begin at once. */
  giveUp(holder: string): Promise<void>
  /** The oldest lessons that wait, in order, and what `learn` compares. */
  waiting(most: number): Promise<WaitingLessons>
  /** What the ledger and experience hold, in the order asked for; undefined where they hold nothing. */
  recall(
    ledger: readonly LedgerPlace[],
    experience: readonly string[]
  ): Promise<{
    readonly ledger: ReadonlyArray<LedgerEntry | undefined>
    readonly experience: ReadonlyArray<Experience | undefined>
  }>
  /**
   * Stores all that was learnt and takes away the lessons, in one step, if the holder still has the lease and nobody has learnt
   * since the lessons were read; false where not, and then nothing is changed.
   */
  learn(holder: string, learnt: LearntLessons): Promise<boolean>
  /** What has changed since a version (0: everything). */
  experienceSince(version: number): Promise<ExperienceNews>
  /**
   * Keeps a point in each of POINT_SERIES whose newest is old enough, and forgets the oldest beyond its length, if the holder has
   * the lease; else nothing is changed.
   */
  keepPoint(holder: string, point: LearningPoint): Promise<void>
  /** All points that are kept, each once, the oldest first. */
  points(): Promise<LearningPoint[]>
}

export interface WaitingLessons {
  /** Of experience, when the lessons were read. */
  readonly version: number
  readonly lessons: ReadonlyArray<{
    /** Opaque: the store's own. */
    readonly place: string
    /** When it was appended, in ms since 1970. */
    readonly appendedMs: number
    readonly lesson: Lesson
  }>
}

export interface LearntLessons {
  /** As the lessons were read. */
  readonly version: number
  /** Place of the last lesson that was learnt from. */
  readonly upTo: string
  readonly ledger: ReadonlyArray<readonly [LedgerPlace, LedgerEntry]>
  /** How long the ledger keeps the slices that are written to, from now on. */
  readonly ledgerLifetimeMs: number
  /** By experienceName. */
  readonly experience: ReadonlyMap<string, Experience>
}

export interface ExperienceNews {
  readonly version: number
  /** Everything, not only what has changed: the store does not know the version asked for. */
  readonly isWhole: boolean
  /** By experienceName. */
  readonly experience: ReadonlyMap<string, Experience>
}

/** An experiment that a decision depended on, and the arm of its customer. */
export interface Exposure {
  /** Experiment.id. */
  readonly experiment: string
  readonly arm: string
}

/**
 * How many customers each experiment has reached: every customer once, in the arm of its first exposure, whatever the number
 * of processes. What is lost when a process is killed or the store is away is lost in every arm alike.
 */
export interface Exposures {
  /** Never blocks and never throws; counted beside the requests. An erased customer is not counted. */
  note(customer: CustomerKey, exposures: readonly Exposure[], lexicon: Lexicon): void
  /** Customers by arm, in the order of the experiments; arms without customers are left out. */
  count(experiments: readonly string[]): Promise<Array<ReadonlyMap<string, number>>>
  /** Counts what is waiting. Called when the service stops. */
  flush(): Promise<void>
}

/** Small documents under a name, for what all processes must agree on. */
export interface SharedDocuments {
  /** Stores text under a name unless there is one already; answers what is stored now. */
  putOnce(name: string, text: string): Promise<string>
  get(name: string): Promise<string | undefined>
  /** The number given to a key inside a series: the same key keeps its number, a new key gets the next, from 1. */
  numberOf(series: string, key: string): Promise<number>
  /**
   * Claims a name for lifetimeMs. `mine`: the caller holds it now; else the text that the holder has put there ('' while it works).
   * Used for idempotency keys.
   */
  claim(name: string, lifetimeMs: number): Promise<{ mine: true } | { mine: false; text: string }>
  /** Puts the text of a claimed name, which is kept for lifetimeMs from now. */
  settle(name: string, text: string, lifetimeMs: number): Promise<void>
  /** Gives a claimed name up, so that another may claim it. */
  release(name: string): Promise<void>
}

/**
 * What strategies are made of, in parts under names that stand for their content. A part is kept for a while after it was last
 * put or renewed. Rejects with StoreUnavailable.
 */
export interface StrategyArchive {
  /** Gives parts a new lifetime; answers the names of those that are not there. */
  renew(names: readonly string[], lifetimeMs: number): Promise<string[]>
  put(name: string, bytes: Uint8Array, lifetimeMs: number): Promise<void>
  get(name: string): Promise<Uint8Array | undefined>
}

/** News between the processes that share a store. */
export interface Announcements {
  announce(topic: string, text: string): Promise<void>
  /** Calls back for every announcement of the topic, the own ones included, until the returned function is called. */
  listen(topic: string, heard: (text: string) => void): () => void
}

/** The whole store as one resource. */
export interface Store {
  readonly kind: 'redis' | 'memory'
  /** For people: what it is and where, without credentials. */
  readonly description: string
  readonly customers: CustomerStore
  readonly quotas: QuotaStore
  readonly records: DecisionRecords
  readonly journal: Journal
  /** undefined where what is journalled is dropped. */
  readonly outlet: JournalOutlet | undefined
  readonly exposures: Exposures
  readonly learning: LearningStore
  readonly documents: SharedDocuments
  readonly archive: StrategyArchive
  readonly announcements: Announcements
  /** Undefined when the store can serve reads and writes; else one sentence why it cannot. */
  trouble(): Promise<string | undefined>
  close(): Promise<void>
}

/** What a model wants for one of its inputs, as its file declares it. */
export interface ModelInput {
  readonly name: string
  readonly type: 'float32' | 'float64' | 'int32' | 'int64' | 'bool' | 'string'
  /** Columns of one row. */
  readonly width: number
}

/** One tensor to fill, row after row, `width` cells a row. */
export interface InputColumns {
  readonly input: ModelInput
  readonly cells: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | string[]
}

/** Writes rows into the tensors of a run, the first at row `firstRow`. */
export type EncodeRows = (columns: readonly InputColumns[], firstRow: number) => void

/** A model ready to run, its file checked, its ZipMap taken off, its positive class known. */
export interface OpenModel {
  readonly inputs: readonly ModelInput[]
  /** Sentences for the log, such as assumed class labels or a fixed batch. */
  readonly warnings: readonly string[]
  /** False when the file says that its output is a raw score (post_transform NONE), which needs a calibration. */
  readonly yieldsProbabilities: boolean
  readonly cost: RunCost
  readonly fusable: Fusable
  /** What it computes, by what its file says; undefined where that is not plain. */
  readonly arithmetic: Arithmetic | undefined
  /**
   * Raw outputs for the positive class, one a row, in the order of the rows.
   * Calls of one event-loop turn share one run. Rejects when the run fails; values are not checked here.
   */
  score(rows: number, encode: EncodeRows): Promise<Float64Array>
  /** Frees the session's memory; scores asked for before still answer. */
  release(): Promise<void>
}

/** What runs of a model cost, measured when it was opened. */
export interface RunCost {
  /** Microseconds of a run, whatever its rows, and of each row. */
  readonly runMicros: number
  readonly rowMicros: number
}

/** Whether a model can stand beside others in one graph: the operator set that it uses of each domain, or why it cannot. */
export type Fusable =
  | { readonly versions: Readonly<Record<string, number>> }
  | { readonly reason: string }

/** Models that are to stand side by side in one graph. */
export interface FusedLayout {
  /** What is fed, for all of them together: one input of each type. */
  readonly inputs: readonly ModelInput[]
  /** For each of a member's inputs: the fused input that holds it, and its first column there. */
  readonly members: ReadonlyArray<{
    readonly open: OpenModel
    readonly places: ReadonlyArray<{ readonly tensor: number; readonly column: number }>
  }>
}

/** Models that share their runs. */
export interface OpenFusion {
  readonly inputs: readonly ModelInput[]
  readonly cost: RunCost
  /** As OpenModel.score, with one raw output a member in every row. Rejects when any member fails. */
  score(rows: number, encode: EncodeRows): Promise<Float64Array>
  /** Frees the session's memory; scores asked for before still answer. */
  release(): Promise<void>
}

/** Which output of a model holds the positive class. */
export interface ModelOutput {
  readonly name: string
  readonly positive?: string | undefined
  /** Class labels in the order of the columns, for files that do not name them. */
  readonly classes?: readonly string[] | undefined
  /** How many columns are listed for each input, for files that leave the width of an input open. */
  readonly columns?: Readonly<Record<string, number>> | undefined
}

/** Tables in Parquet files. */
export interface TableFiles {
  /** How many rows a file has. Rejects where it cannot be read. */
  count(path: string): Promise<number>
  /** The rows in the order of the file, each as the JSON text of an object: columns by name, instants as RFC 3339 has them. */
  read(path: string): AsyncIterable<string>
  /** Makes a Parquet file of a CSV file with a header; `types` are those of its columns, in their order. The file is whole, or not there. */
  writeFromCsv(csv: string, types: ColumnTypes, path: string): Promise<void>
}

/** By the names of columns; an empty cell is no value. */
export type ColumnTypes = Readonly<
  Record<string, 'text' | 'integer' | 'number' | 'boolean' | 'time'>
>

/** Thrown when a model file is refused: one sentence that says what is wrong and what to do. */
export class ModelRefused extends Error {
  override readonly name = 'ModelRefused'
}

export interface ModelRuntime {
  /** Checks the file without running it, then opens it. Rejects with ModelRefused. */
  open(bytes: Uint8Array, output: ModelOutput): Promise<OpenModel>
  /**
   * Puts models that it has opened into one graph, which is checked as files are, and which must give what they give alone. They
   * stay open. Rejects with ModelRefused.
   */
  fuse(layout: FusedLayout): Promise<OpenFusion>
}

/** One input tensor of a model with the columns that it is trained on. */
export type WrittenInput =
  /** A float tensor [N, columns]. */
  | { readonly name: string; readonly columns: number }
  /** A string tensor [N, 1], taken apart into one column a category; what is no category is 0 in all of them. */
  | { readonly name: string; readonly categories: readonly string[] }

export interface WrittenLinear {
  readonly name: string
  /** Numeric inputs first; their columns, then those of the categories, in order, are what the coefficients belong to. */
  readonly inputs: readonly WrittenInput[]
  /**
   * Takes the place of the numeric columns where given: each is (column − from) × scale, kept within [0, 1], for a column by its
   * position among the numeric ones.
   */
  readonly segments?: ReadonlyArray<{
    readonly column: number
    readonly from: number
    readonly scale: number
  }>
  readonly intercept: number
  readonly coefficients: ArrayLike<number>
}

/** Trees in columns, as grown: node 0 is the root; feature -1 marks a leaf; cells ≤ threshold go left. */
interface WrittenTree {
  readonly features: readonly number[]
  readonly thresholds: readonly number[]
  readonly lefts: readonly number[]
  readonly rights: readonly number[]
  readonly values: readonly number[]
}

export interface WrittenTrees {
  readonly name: string
  /** As those of a linear model: the trees' features are the numeric columns, then those of the categories. */
  readonly inputs: readonly WrittenInput[]
  readonly base: number
  readonly trees: readonly WrittenTree[]
}

/** Writes fitted models as ONNX files, with the outputs `label` (int64, [N]) and `probabilities` (float, [N, 2], classes 0 and 1). */
export interface ModelWriter {
  writeLogistic(model: WrittenLinear): Uint8Array
  /** Gradient-boosted trees: the sum of base and leaves is the log odds. */
  writeTrees(model: WrittenTrees): Uint8Array
}

/** The strategy's files as they are on disk. */
export interface StrategyFiles {
  /** Reads all files under the rules folder (.yaml, .yml) and the model folders, in the order of their paths. */
  read(): Promise<StrategySource>
}

export interface StrategySource {
  readonly rules: readonly SourceFile[]
  readonly models: ReadonlyArray<{
    readonly file: SourceFile
    readonly folder: string
    readonly name: string
    readBytes(file: string): Promise<Uint8Array>
  }>
}

export interface Log {
  debug(facts: object, sentence: string): void
  info(facts: object, sentence: string): void
  warn(facts: object, sentence: string): void
  error(facts: object, sentence: string): void
}

/**
 * `known`: it changed nothing, for it had been told before. `dropped`: too many waited. `no_touch`: a response without a token to an
 * offer that the customer was not shown within the window. `no_record`: the offer adapts by features, and what they were is not recorded any more, or never was. `unused`: the offer
 * adapts no longer, or not in this way; or it was shown to the control group, which features learn nothing from.
 */
export type LessonOutcome = 'learnt' | 'known' | 'dropped' | 'no_touch' | 'no_record' | 'unused'

/** A model whose own counts are shown. */
export interface WatchedModel {
  /** name@version. */
  readonly label: string
  readonly tally: ScoreTally
  readonly plan: Pick<FeaturePlan<Facts>, 'shared' | 'byOffer'>
}

/** A number under each name. */
export type Counts = Readonly<Record<string, number>>

/** What a service has counted since it started, with all its workers: sums that only grow, so that who reads them twice knows what came between. */
export interface LiveFigures {
  readonly decisions: {
    /** Answered decisions by channel. */
    readonly byChannel: Counts
    /** Those of them in which a placement had no offer to show but its fallback, by channel. */
    readonly fellBack: Counts
    /** Those that did without something, by what that was. */
    readonly degraded: Counts
  }
  /** Told events by type and by what became of them: stored, duplicate, erased or rejected. */
  readonly events: Readonly<Record<string, Counts>>
  /** What strict limits came to: held, full, failed or late. */
  readonly limits: Counts
  /** Runs of a model that failed, by its name. */
  readonly modelFailures: Counts
  /** Requests and messages that were turned away because the process had enough to do, by their class. */
  readonly shed: Counts
  /** How long decisions and their stages took. */
  readonly stages: {
    /** Upper bounds of the buckets in ms, ascending; one more bucket holds what took longer. */
    readonly boundsMs: readonly number[]
    /** By stage: decisions by bucket, one more than there are bounds, not cumulative. */
    readonly counts: Readonly<Record<string, readonly number[]>>
  }
}

/** What is counted and timed; the adapter gives the figures their names and their endpoint. */
export interface Meters {
  /** One answered decision. `fellBack`: a placement had no offer to show but its fallback. */
  decided(channel: string, degraded: readonly string[], fellBack: boolean): void
  /** Seconds that a stage took. */
  stageTook(stage: 'profile' | 'policy' | 'model' | 'arbitrate' | 'total', seconds: number): void
  /** Events by type and outcome. */
  told(type: string, outcome: AppendOutcome | 'rejected'): void
  /** A category outside a model's or an attribute's declared values. */
  unknownCategory(model: string, input: string): void
  /** A number that an integer tensor could not hold exactly. */
  truncated(model: string, input: string): void
  /** A model that failed, gave NaN or left [0,1] at run time. */
  modelFailed(model: string): void
  /** Decisions by what became of a shadow's scores; `model` is its name@version. */
  shadowScored(model: string, outcome: 'scored' | 'failed' | 'skipped', decisions: number): void
  /** An impression of an offer, or an interaction that is its success; undefined: a channel was not told. */
  responded(kind: 'impression' | 'positive', offer: string, channel: string | undefined): void
  /** Shows from now on what these models say of offers; `offers` are their ids, by the index of the tallies. */
  watch(models: readonly WatchedModel[], offers: readonly string[]): void
  /** What strict limits came to: `late` counts facts that went over a limit after their reservation had lapsed. */
  limitMet(quota: string, outcome: 'held' | 'full' | 'failed' | 'late'): void
  /** How the journal stands, now. */
  journalStands(standing: JournalStanding): void
  /** Lessons by what became of them. */
  learnt(outcome: LessonOutcome, lessons: number): void
  /** For how many seconds the oldest lesson has been waiting for this process, the learner; 0 where none is, or another learns. */
  learnerLags(seconds: number): void
  /** An answer of a subscription was looked at again. */
  renewed(outcome: 'same' | 'changed' | 'behind' | 'degraded'): void
  /** A strategy was loaded (or refused). */
  reloaded(outcome: 'swapped' | 'unchanged' | 'refused', version: number): void
}

/** Where a service listens and what it decides by, once it can be asked. */
export interface Listening {
  readonly url: string
  /** Name of the strategy. */
  readonly strategy: string
  readonly version: number
  readonly hash: string
}

/** This process as one of the workers of a service. */
export interface Worker {
  /** From 1. Whoever takes another's place takes its number. */
  readonly number: number
  /** True for the very first process of a service: what has to be done once is done there. */
  readonly isFirst: boolean
  /** The name of the process that starts the workers. */
  readonly service: string
  /** Requests can come. */
  tellListening(at: Listening): void
  /** Calls back once another worker serves in this one's place. */
  onRetire(heard: () => void): void
  /** Hands over what was counted here, so that the sums do not shrink when this process ends. */
  farewell(): Promise<void>
}

/** A worker as the process that started it sees it. */
export interface WorkerProcess {
  readonly pid: number
  /** Settles once it can be asked; never where it ends before. */
  readonly listening: Promise<Listening>
  readonly ended: Promise<WorkerEnd>
  /** Tells it that another serves in its place. */
  retire(): void
  signal(name: 'SIGTERM' | 'SIGHUP' | 'SIGKILL'): void
}

/** How a worker ended: by itself with a code, or by a signal. */
export interface WorkerEnd {
  readonly code: number | null
  readonly signal: string | null
}

export type { Arithmetic, SourceFile, TreesSum }
