import type { Legend } from '../trace/legend.js'
import type { Trace } from '../trace/trace.js'

/** What models that decide nothing thought of the candidates, as a member of an explanation; empty where there are none. */
export function explainShadows({ shadows, offers, contest }: Trace, legend: Legend): string {
  if (shadows.length === 0) return ''
  const told = shadows.map(({ model, contestants, scores }) => ({
    model,
    offers: Object.fromEntries(
      Array.from(contestants, (contestant, i) => [
        legend.offers[offers[contest!.positions[contestant]!]!]!.id,
        Number(scores[i]!.toFixed(6))
      ])
    )
  }))
  return `,"shadows":${JSON.stringify(told)}`
}
