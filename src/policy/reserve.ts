import { parseDuration } from './duration.js'
import type { Sections } from './sections.js'
import type { YamlNode } from './yaml-node.js'

const DEFAULT_RESERVE_MS = 15 * 60_000
/** What customers do long after they were shown something. */
const LATE_TYPES: readonly string[] = ['accept', 'convert']

/** How long a decision is kept for strict limits that do not say so themselves. */
export function reserveOf(sections: Sections): number {
  return parseDuration(sections.value('reserve') ?? '') ?? DEFAULT_RESERVE_MS
}

/**
 * A strict limit keeps a place for every offer that was promised. Where customers answer long afterwards, its author must say how long,
 * since until then a promise that comes to nothing holds others back.
 */
export function checkReserve(
  sections: Sections,
  node: YamlNode,
  {
    counts,
    reserve
  }: { counts?: string | readonly string[] | undefined; reserve?: string | undefined }
): void {
  const late = LATE_TYPES.find(type => counts?.includes(type))
  if (late === undefined) return
  if (reserve === undefined) {
    sections.problems.error(
      node.place,
      `a strict limit on ${late} must name its "reserve": how long an offer that was shown keeps its place, such as reserve: 1d`
    )
    return
  }
  sections.problems.warn(
    node.at('reserve')!.place,
    `every offer that is promised keeps its place for ${reserve}, so that no more than the limit are open at a time; a later ${late} is counted and may exceed it`
  )
}
