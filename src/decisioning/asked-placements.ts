import type { DecisionRequest, PlacementFilter } from '../domain/decision.js'
import type { Fault } from '../domain/refusal.js'
import type { Channel, Offer, Placement, Strategy } from '../policy/strategy.js'
import { addUnknownName } from './faults.js'

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
      addUnknownName(faults, `${pointer}/id`, 'placement', wanted.id, strategy.placementIndex)
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
  const check = (kind: 'group' | 'issue' | 'tag', known: ReadonlySet<string>): void =>
    filter[kind]?.forEach((name, i) => {
      if (!known.has(name)) addUnknownName(faults, `${pointer}/${kind}/${i}`, kind, name, known)
    })
  check('group', new Set(strategy.groups))
  check('issue', new Set(strategy.issues))
  check('tag', strategy.tagPaths)
  const [groups, issues, ids, tags] = [filter.group, filter.issue, filter.offer, filter.tag].map(
    names => names && new Set(names)
  )
  return offer =>
    (groups === undefined || groups.has(offer.group)) &&
    (issues === undefined || issues.has(offer.issue)) &&
    (ids === undefined || ids.has(offer.id)) &&
    (tags === undefined || offer.tags.some(tag => isBelowOneOf(tags, tag)))
}

/** Whether a path or one that it lies below is among the tags. */
function isBelowOneOf(tags: ReadonlySet<string>, path: string): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
    if (tags.has(path.slice(0, end))) return true
  return false
}
