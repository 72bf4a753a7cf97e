import { MOST_IN_POINT, POINT_SERIES, type Evidence } from '../../domain/learning.js'
import type { LearningStore } from '../ports.js'

const EVERY_MS = Math.min(...POINT_SERIES.map(({ everyMs }) => everyMs))
/** How often it is looked whether anything was learnt, when a point is due. */
const LOOK_MS = 10_000

export interface PointsDeps {
  readonly learning: Pick<LearningStore, 'experienceSince' | 'keepPoint'>
  readonly clock: { wallMs(): number }
  readonly processName: string
}

/**
 * Answers what keeps all that is known as a point: as often as points are kept at all, and only where something was learnt since the
 * last one. Only for the learner.
 */
export function createPoints({ learning, clock, processName }: PointsDeps): () => Promise<void> {
  const seen = new Map<string, Evidence>()
  let version = 0
  let dueMs = Number.NEGATIVE_INFINITY
  return async function keepPoint() {
    const timeMs = clock.wallMs()
    if (timeMs < dueMs) return
    dueMs = timeMs + LOOK_MS
    const news = await learning.experienceSince(version)
    if (news.version === version) return
    if (news.isWhole) seen.clear()
    for (const [name, { impressions, positives }] of news.experience)
      seen.set(name, { impressions, positives })
    await learning.keepPoint(processName, { timeMs, seen: mostSeen(seen) })
    version = news.version
    dueMs = timeMs + EVERY_MS
  }
}

function mostSeen(seen: ReadonlyMap<string, Evidence>): ReadonlyMap<string, Evidence> {
  const all = [...seen].sort(([, one], [, other]) => other.impressions - one.impressions)
  return new Map(all.slice(0, MOST_IN_POINT))
}
