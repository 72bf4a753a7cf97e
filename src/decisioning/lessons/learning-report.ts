import { experienceName, type Evidence, type LearningPoint } from '../../domain/learning.js'
import { Refusal } from '../../domain/refusal.js'
import { sumOf } from '../../learning/sum.js'
import { wilsonInterval } from '../../learning/wilson.js'
import type { Exploration, Offer, Strategy } from '../../policy/strategy.js'
import { blend } from '../../scoring/blend.js'
import type { LearningStore } from '../ports.js'
import type { Learnt } from '../propensity/learnt.js'
import type { ReadyModel } from '../propensity/ready-model.js'
import { modelsOf, type Snapshot, type Snapshots } from '../snapshot.js'
import { formatTime } from '../times.js'

/** What the strategy in force has learnt, as far as this process knows, which is up to a second behind. */
export interface LearningReport {
  readonly strategy: { readonly version: number; readonly hash: string }
  readonly exploration: Exploration
  /** Whether a journal is kept: then reports of what came of decisions can be made. */
  readonly journal: boolean
  readonly offers: readonly OfferLearning[]
  readonly models: readonly ModelStanding[]
}

export interface OfferLearning {
  readonly offerId: string
  readonly name: string
  readonly group: string
  /** How responses correct the start; null where they do not. */
  readonly adapts: 'blend' | 'features' | null
  readonly start: StartPropensity
  /** Where it can be placed, in the strategy's order. */
  readonly channels: ReadonlyArray<ChannelLearning & { readonly channel: string }>
}

/** Where the propensity begins. */
export interface StartPropensity {
  /** The prior, or the mean of what the model has said of the offer on this process since it was loaded. */
  readonly value: number
  readonly source: 'prior' | 'model'
  /** Of how many scores it is the mean; 0 for the prior. */
  readonly scores: number
  /** How many impressions it is worth. */
  readonly evidence: number
}

/** What was seen, and what it makes of the start. Intervals are Wilson's of 95 %. */
export interface ChannelLearning {
  /** Those that are forgotten taken off. */
  readonly impressions: number
  readonly positives: number
  /** Positives an impression; null without impressions. */
  readonly rate: Bounded | null
  /** The start counted as the impressions that it is worth, and what was seen; null where it differs between customers by features. */
  readonly propensity: Bounded | null
}

interface Bounded {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** What a model has said and was asked on this process since it was loaded, trials included. */
export interface ModelStanding {
  /** name@version. */
  readonly model: string
  /** Whether it only scores beside the one that decides. */
  readonly shadow: boolean
  readonly scores: number
  /** Mean score; null without scores. */
  readonly mean: number | null
  /** Columns whose training range is known. */
  readonly columns: ReadonlyArray<{
    readonly input: string
    readonly column: string
    readonly least: number
    readonly greatest: number
    readonly values: number
    /** Of the values, how many lay outside the range. */
    readonly outside: number
  }>
}

/** How learning about one offer went, by channel: the newest point is now. */
export interface OfferProgress extends Omit<OfferLearning, 'channels'> {
  readonly channels: ReadonlyArray<{
    readonly channel: string
    /** In the order of time: every point that knows the offer in this channel. */
    readonly points: ReadonlyArray<ChannelLearning & { readonly time: string }>
  }>
}

export interface LearningReportDeps {
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly learnt: Learnt
  readonly learning: Pick<LearningStore, 'points'>
  readonly clock: { wallMs(): number }
}

export interface ReportLearning {
  now(): LearningReport
  /** Past points are seen with today's start. Throws a Refusal where there is no such offer, StoreUnavailable. */
  progressOf(offerId: string): Promise<OfferProgress>
}

const NOTHING_SEEN: Evidence = { impressions: 0, positives: 0 }

export function createReportLearning(deps: LearningReportDeps): ReportLearning {
  return {
    now() {
      const snapshot = deps.snapshots.current()
      const { strategy, version, hash } = snapshot
      const competing = strategy.offers.filter(offer => !offer.fallbackOnly)
      return {
        strategy: { version, hash },
        exploration: strategy.exploration,
        journal: strategy.journal !== undefined,
        offers: competing.map(offer => ({
          ...headOf(snapshot, offer),
          channels: channelsOf(strategy, offer).map(channel => ({
            channel: channel.id,
            ...learningOf(
              offer,
              headOf(snapshot, offer).start,
              seenNow(deps, strategy, offer, channel.index)
            )
          }))
        })),
        models: modelStandings(snapshot)
      }
    },

    async progressOf(offerId) {
      const snapshot = deps.snapshots.current()
      const { strategy } = snapshot
      const offer = strategy.offers[strategy.offerIndex.get(offerId) ?? -1]
      if (offer === undefined || offer.fallbackOnly)
        throw new Refusal('not_found', `No offer "${offerId}" of the strategy competes.`)
      const points = await deps.learning.points()
      const head = headOf(snapshot, offer)
      return {
        ...head,
        channels: channelsOf(strategy, offer).map(({ id, index }) => {
          const past = pastOf(points, experienceName(offer.id, id))
          const now = seenNow(deps, strategy, offer, index)
          const all = now === undefined ? past : [...past, [deps.clock.wallMs(), now] as const]
          return {
            channel: id,
            points: all.map(([timeMs, seen]) => ({
              time: formatTime(timeMs),
              ...learningOf(offer, head.start, seen)
            }))
          }
        })
      }
    }
  }
}

function headOf(snapshot: Snapshot, offer: Offer): Omit<OfferLearning, 'channels'> {
  const { id, name, group, adapt } = offer
  return {
    offerId: id,
    name,
    group,
    adapts: adapt === undefined ? null : adapt.features === undefined ? 'blend' : 'features',
    start: startOf(offer, snapshot.modelOf[offer.index])
  }
}

/** The channels that an offer can be placed in. */
function channelsOf({ channels, placements }: Strategy, { index }: Offer): Strategy['channels'] {
  return channels.filter(channel =>
    placements.some(
      placement => placement.channel === channel.index && placement.candidates.includes(index)
    )
  )
}

function startOf(
  { index, prior, evidence }: Offer,
  model: ReadyModel | undefined
): StartPropensity {
  const scores = model?.tally.counts[index] ?? 0
  return model === undefined || scores === 0
    ? { value: prior, source: 'prior', scores: 0, evidence }
    : { value: model.tally.sums[index]! / scores, source: 'model', scores, evidence }
}

function seenNow(
  { learnt }: Pick<LearningReportDeps, 'learnt'>,
  strategy: Strategy,
  offer: Offer,
  channel: number
): Evidence | undefined {
  return learnt.current(strategy)?.channels[channel]?.[offer.index]
}

function pastOf(
  points: readonly LearningPoint[],
  name: string
): Array<readonly [timeMs: number, seen: Evidence]> {
  return points.flatMap(({ timeMs, seen }) => {
    const evidence = seen.get(name)
    return evidence === undefined ? [] : [[timeMs, evidence] as const]
  })
}

function learningOf(
  { adapt }: Offer,
  { value: start, evidence }: StartPropensity,
  { impressions, positives }: Evidence = NOTHING_SEEN
): ChannelLearning {
  const rate = impressions === 0 ? null : positives / impressions
  const value = rate === null ? start : blend(start, evidence, impressions, rate)
  const worth = evidence + impressions
  return {
    impressions,
    positives,
    rate: rate === null ? null : { value: rate, ...wilsonInterval(positives, impressions) },
    propensity:
      adapt?.features === undefined ? { value, ...wilsonInterval(value * worth, worth) } : null
  }
}

function modelStandings(snapshot: Snapshot): ModelStanding[] {
  return modelsOf(snapshot).map(model => {
    const scores = sumOf(model.tally.counts)
    return {
      model: model.label,
      shadow: snapshot.models.get(model.name) !== model,
      scores,
      mean: scores === 0 ? null : sumOf(model.tally.sums) / scores,
      columns: [...model.plan.shared, ...model.plan.byOffer].flatMap(({ input, label, range }) =>
        range === undefined
          ? []
          : [
              {
                input,
                column: label,
                least: range.least,
                greatest: range.greatest,
                values: range.values,
                outside: range.outside
              }
            ]
      )
    }
  })
}
