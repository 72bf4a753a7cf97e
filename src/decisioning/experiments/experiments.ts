import { applyArms, hasChanges } from '../../policy/apply-arms.js'
import { TRUE, type Facts } from '../../policy/facts.js'
import { bucketOf } from '../../policy/hash.js'
import type { Arm, Experiment, Strategy } from '../../policy/strategy.js'
import type { Asked } from '../asked.js'
import type { Candidates } from '../candidates.js'
import type { CustomerState, Exposures } from '../ports.js'
import { planShortlist } from '../shortlist/shortlist-plan.js'
import type { Snapshot } from '../snapshot.js'

/** An experiment that a customer is in. */
export interface Participation {
  readonly experiment: Experiment
  readonly arm: Arm
  /** Whether the arm could matter: some arm of the experiment changes something that this decision comes to. */
  readonly exposed: boolean
}

/** The experiments of a decision, and the snapshot to go on deciding with. */
export interface Assignment {
  readonly participations: readonly Participation[]
  readonly snapshot: Snapshot
}

const NONE: readonly Participation[] = Object.freeze([])

/**
 * Finds the customer's arms, once the policies have left their candidates.
 * Everything that exposure is told from is the same in every arm. So until they are exposed all arms are treated alike,
 * and the exposed customers of each arm are a fair sample of the same people.
 * @param allowed positions of the candidates that the policies left
 */
export function assignArms(
  snapshot: Snapshot,
  asked: Asked,
  facts: Facts,
  candidates: Candidates,
  allowed: Int32Array
): Assignment {
  const { strategy } = snapshot
  if (strategy.layers.length === 0) return { participations: NONE, snapshot }
  const arms = armsOf(strategy, facts)
  if (arms.length === 0) return { participations: NONE, snapshot }
  const participations = arms.map(arm => {
    const experiment = strategy.experiments[arm.experiment]!
    return { experiment, arm, exposed: matters(experiment, strategy, asked, candidates, allowed) }
  })
  return { participations, snapshot: variantOf(snapshot, arms) }
}

/** The arms of a customer, by its bucket in every layer, in the order of the layers. */
function armsOf({ layers, experiments }: Strategy, facts: Facts): Arm[] {
  const arms: Arm[] = []
  for (const { salt, arms: ranges } of layers) {
    const bucket = bucketOf(`${salt}:${facts.subject}`)
    const arm = ranges.find(({ untilBucket }) => bucket < untilBucket)
    if (arm === undefined) continue
    const { when } = experiments[arm.experiment]!
    if (when === undefined || facts.tests[when.test] === TRUE) arms.push(arm)
  }
  return arms
}

/** As the answer names them: experiment → arm. */
export function armNames(participations: readonly Participation[]): Record<string, string> {
  return Object.fromEntries(
    participations.map(({ experiment, arm }) => [experiment.name, arm.name])
  )
}

/** Has the exposures of a live decision counted. */
export function noteExposures(
  exposures: Exposures,
  { participations, snapshot }: { participations: readonly Participation[]; snapshot: Snapshot },
  customer: CustomerState | undefined
): void {
  const exposed = participations.filter(each => each.exposed)
  if (customer === undefined || exposed.length === 0) return
  exposures.note(
    customer.key,
    exposed.map(({ experiment, arm }) => ({ experiment: experiment.id, arm: arm.name })),
    snapshot.strategy.lexicon
  )
}

/** Whether any arm of an experiment could change what becomes of the candidates that the policies left. */
function matters(
  { touches }: Experiment,
  strategy: Strategy,
  asked: Asked,
  candidates: Candidates,
  allowed: Int32Array
): boolean {
  if (allowed.length === 0) return false
  if (touches.formula || touches.exploration) return true
  for (const position of allowed) {
    const offer = candidates.offers[position]!
    if (touches.offers[offer] === 1) return true
    for (let i = 0; i < asked.placements.length; i++) {
      const here = (candidates.rooms[position]! & (1 << i)) !== 0
      if (here && touches.treatments[asked.placements[i]!.placement.index]?.[offer] === 1)
        return true
    }
  }
  return limitMatters(touches.groupLimit, strategy, candidates, allowed)
}

/** A limit on groups can only matter where more of one group compete than it lets through. */
function limitMatters(
  limit: number,
  { offers, groups }: Strategy,
  candidates: Candidates,
  allowed: Int32Array
): boolean {
  if (allowed.length <= limit) return false
  const perGroup = new Int32Array(groups.length)
  for (const position of allowed) {
    const { groupIndex } = offers[candidates.offers[position]!]!
    if (++perGroup[groupIndex]! > limit) return true
  }
  return false
}

/** Most combinations of arms whose variants are kept for one snapshot. */
const MOST_VARIANTS = 256

/** Variants that were made for a snapshot, by their arms, the one used longest ago first. */
const variants = new WeakMap<Snapshot, Map<string, Snapshot>>()

/** The snapshot as it is for customers in these arms, made once for each combination that changes anything. */
function variantOf(snapshot: Snapshot, arms: readonly Arm[]): Snapshot {
  const changing = arms.filter(({ changes }) => hasChanges(changes))
  if (changing.length === 0) return snapshot
  const key = changing.map(({ experiment, index }) => `${experiment}.${index}`).join()
  const made = variants.get(snapshot) ?? new Map<string, Snapshot>()
  variants.set(snapshot, made)
  const variant = made.get(key) ?? makeVariant(snapshot, changing)
  made.delete(key)
  made.set(key, variant)
  if (made.size > MOST_VARIANTS) made.delete(made.keys().next().value!)
  return variant
}

function makeVariant(snapshot: Snapshot, arms: readonly Arm[]): Snapshot {
  // In the order of the experiments, so that where two change the same thing the one declared later holds.
  const inOrder = [...arms].sort((one, other) => one.experiment - other.experiment)
  const strategy = applyArms(snapshot.strategy, inOrder)
  const modelOf = strategy.offers.map(({ model }) =>
    model === undefined ? undefined : snapshot.models.get(model)
  )
  const variant = { ...snapshot, strategy, modelOf }
  return { ...variant, shortlist: planShortlist(variant) }
}
