import { rounded } from './explain-exploration.js'
import type { AdaptedTrace } from '../trace/trace.js'

/** What experience has made of a winner's propensity: where it started, and the impressions since; '' where there were none. */
export function experienceText(contestant: number, { starts, evidence }: AdaptedTrace): string {
  const impressions = evidence[contestant]!
  if (impressions === 0) return ''
  return `,"experience":{"start":${rounded(starts[contestant]!)},"evidence":${rounded(impressions)}}`
}
