import { customerText, type CustomerKey } from '../domain/customer.js'
import type { Facts } from '../policy/facts.js'
import { bucketOf } from '../policy/hash.js'
import type { Share } from '../policy/strategy.js'
import { adaptPropensities } from './propensity/adapt.js'
import { arbitrate, keepValued, type Contest, type Valued } from './arbitration/arbitrate.js'
import type { Asked } from './asked.js'
import { findCandidates, keepAllowed, type Candidates } from './candidates.js'
import type { Deadline } from './deadline.js'
import { assignArms, type Participation } from './experiments/experiments.js'
import { fillPlacements, type Filled, type Filling } from './arbitration/fill.js'
import { gatherFacts } from './gather-facts.js'
import { keepWithinLimits } from './limits/keep-within-limits.js'
import type { Learnt } from './propensity/learnt.js'
import type { CustomerState, Log, Meters } from './ports.js'
import { scorePropensities, type Propensities } from './propensity/propensities.js'
import { shortlist } from './shortlist/shortlist.js'
import type { Snapshot } from './snapshot.js'

/** Who competed in a decision, and who won. */
export interface Outcome {
  readonly facts: Facts
  /** As it was judged last: with what the decision itself has reserved. */
  readonly customer: CustomerState
  readonly candidates: Candidates
  readonly propensities: Propensities
  readonly contest: Contest
  readonly filling: Filling
  /** undefined where nothing is left to chance. */
  readonly explored: Filled['explored']
  /** What the priority of candidates that were not scored cannot exceed; undefined where all were. */
  readonly atMost: number | undefined
}

/** What a decision came to, before it is put into words. */
export interface Choice {
  /** undefined when nothing competed: only fallbacks are shown. */
  readonly outcome: Outcome | undefined
  readonly degraded: readonly string[]
  readonly holdout: boolean
  readonly control: boolean
  readonly participations: readonly Participation[]
  /** What this customer is decided by: the snapshot with what its arms change. */
  readonly snapshot: Snapshot
  readonly policyMs: number
  readonly modelMs: number
}

/** What choosing needs besides its arguments. */
export interface ChooseDeps {
  readonly meters: Meters
  readonly log: Log
  readonly learnt: Learnt
  readonly clock: { monotonicMs(): number }
}

/** What tells the propensities. */
export interface Scoring {
  readonly score: typeof scorePropensities
  /** Whether candidates that cannot win may be left unscored. */
  readonly mayShortlist: boolean
}

const BY_MODELS: Scoring = { score: scorePropensities, mayShortlist: true }

/**
 * Chooses the offers for a loaded customer: the same steps for live decisions, tests and the strategy's own examples.
 * @param customer undefined when the customer could not be read: then only fallbacks are shown
 * @param seed of every random choice
 * @param scoring what tells the propensities: the models, but for a decision that is made again from its record
 */
export async function choose(
  deps: ChooseDeps,
  snapshot: Snapshot,
  asked: Asked,
  customer: CustomerState | undefined,
  deadline: Deadline,
  seed: string,
  scoring = BY_MODELS
): Promise<Choice> {
  const { strategy } = snapshot
  const startedAtMs = deps.clock.monotonicMs()
  const members = customer?.members ?? [asked.key]
  const holdout = isInShare(strategy.holdout, members)
  if (customer === undefined || holdout) {
    return {
      outcome: undefined,
      degraded: customer === undefined ? ['profile'] : [],
      holdout,
      control: false,
      participations: [],
      snapshot,
      policyMs: 0,
      modelMs: 0
    }
  }
  const control = isInShare(strategy.control, members)

  const facts = gatherFacts(strategy, asked, customer)
  strategy.program.run(facts)
  const candidates = findCandidates(strategy, asked)
  const allowed = keepAllowed(strategy, asked, customer, facts, candidates)
  const within = keepWithinLimits(strategy, asked, customer, candidates, allowed)
  const { participations, snapshot: own } = control
    ? { participations: [], snapshot }
    : assignArms(snapshot, asked, facts, candidates, within)
  const valued = keepValued(own.strategy, facts, candidates, within)
  const scoringAtMs = deps.clock.monotonicMs()

  const { mayShortlist, score } = scoring
  const scoreAll = ({ left }: Valued): Promise<Propensities> =>
    score(deps, own, facts, candidates, left, control, deadline)
  let listed = mayShortlist ? shortlist(own, asked, facts, candidates, valued, control) : undefined
  let scored = await scoreAll(listed?.valued ?? valued)
  if (listed !== undefined && scored.degraded.length > 0) {
    // Priors take the place of scores that nothing is certain of any more.
    listed = undefined
    scored = await scoreAll(valued)
  }
  const competing = listed?.valued ?? valued
  const learnt = control ? undefined : deps.learnt.current(strategy)
  const propensities =
    learnt === undefined
      ? scored
      : adaptPropensities(
          own.strategy,
          facts,
          candidates,
          competing.left,
          scored,
          learnt,
          asked.channel.index
        )
  const scoredAtMs = deps.clock.monotonicMs()

  const contest = arbitrate(own.strategy, facts, candidates, competing, propensities, seed)
  const { filling, exact, explored } = fillPlacements(own.strategy, asked, candidates, contest)
  return {
    outcome: {
      facts,
      customer,
      candidates,
      propensities,
      contest,
      filling,
      explored,
      atMost: listed?.atMost
    },
    degraded: exact ? propensities.degraded : [...propensities.degraded, 'filling'],
    holdout,
    control,
    participations,
    snapshot: own,
    policyMs: scoringAtMs - startedAtMs,
    modelMs: scoredAtMs - scoringAtMs
  }
}

/**
 * Whether a customer belongs to a share: the bucket of `salt:namespace/id` lies below the share's limit for any of its keys,
 * for who was kept out under one key stays so.
 */
function isInShare(share: Share | undefined, members: readonly CustomerKey[]): boolean {
  if (share === undefined) return false
  for (const member of members) {
    if (bucketOf(`${share.salt}:${customerText(member)}`) < share.limit) return true
  }
  return false
}
