import type { DecisionRequest, PlacementFilter } from '../domain/decision.js'
import type { Fault } from '../domain/refusal.js'
import type { Channel, Offer, Placement, Strategy } from '../policy/strategy.js'
import { unknownName } from './faults.js'

const MOST_SLOTS = 10

/** One placement of a request, its names looked up. */
export interface AskedPlacement {
  readonly placement: Placement
  readonly count: number
  /** Whether an offer passes the request's filter here; undefined lets all pass. */
  readonly passes: ((offer: Offer) => boolean) | undefined
}

/** Looks the placements of a request up; adds what is wrong with them to the faults. */
export function readPlacements(
  strategy: Strategy,
  request: DecisionRequest,
  channel: Channel,
  faults: Fault[]
): AskedPlacement[] {
  const asked: AskedPlacement[] = []
  const seen = new Set<string>()
  request.placements.forEach((wanted, i) => {
    const pointer = `/placements/${i}`
    const placement = strategy.placements[strategy.placementIndex.get(wanted.id) ?? -1]
    if (placement === undefined) {
      faults.push(
        unknownName(`${pointer}/id`, 'placement', wanted.id, [...strategy.placementIndex.keys()])
      )
      return
    }
    if (placement.channel !== channel.index) {
      const home = strategy.channels[placement.channel]?.id ?? ''
      faults.push({
        pointer: `${pointer}/id`,
        detail: `placement "${wanted.id}" belongs to channel "${home}", not "${channel.id}"`
      })
    }
    if (seen.has(wanted.id))
      faults.push({
        pointer: `${pointer}/id`,
        detail: `placement "${wanted.id}" is asked for twice`
      })
    seen.add(wanted.id)
    if (wanted.count !== undefined && wanted.count > placement.count) {
      faults.push({
        pointer: `${pointer}/count`,
        detail: `placement "${wanted.id}" holds at most ${placement.count}`
      })
    }
    const count = wanted.count ?? placement.count
    asked.push({
      placement,
      count,
      passes: readFilter(strategy, wanted.filter, `${pointer}/filter`, faults)
    })
  })
  const slots = asked.reduce((sum, { count }) => sum + count, 0)
  if (slots > MOST_SLOTS) {
    faults.push({
      pointer: '/placements',
      detail: `${slots} slots are asked for; one request fills at most ${MOST_SLOTS}`
    })
  }
  return asked
}

function readFilter(
  strategy: Strategy,
  filter: PlacementFilter | undefined,
  pointer: string,
  faults: Fault[]
): AskedPlacement['passes'] {
  if (filter === undefined) return undefined
  checkNames(filter.group, strategy.groups, 'group', `${pointer}/group`, faults)
  checkNames(filter.issue, strategy.issues, 'issue', `${pointer}/issue`, faults)
  checkNames(filter.tag, [...strategy.tagPaths], 'tag', `${pointer}/tag`, faults)
  const { group, issue, offer: ids, tag } = filter
  return offer =>
    (group === undefined || group.includes(offer.group)) &&
    (issue === undefined || issue.includes(offer.issue)) &&
    (ids === undefined || ids.includes(offer.id)) &&
    (tag === undefined ||
      tag.some(path => offer.tags.some(own => own === path || own.startsWith(`${path}/`))))
}

function checkNames(
  names: readonly string[] | undefined,
  known: readonly string[],
  kind: string,
  pointer: string,
  faults: Fault[]
): void {
  names?.forEach((name, i) => {
    if (!known.includes(name)) faults.push(unknownName(`${pointer}/${i}`, kind, name, known))
  })
}
