/**
 * Blends what was expected at the start with what was seen since: P = (n·p̂ + s·p₀) / (n + s).
 *
 * `impressions` (n) carry the observed rate p̂, `startEvidence` (s) says how many impressions the start p₀ is worth.
 * Without an impression the answer is p₀ exactly, also when s = 0.
 */
export function blend(
  start: number,
  startEvidence: number,
  impressions: number,
  observedRate: number
): number {
  if (impressions === 0) return start
  return (impressions * observedRate + startEvidence * start) / (impressions + startEvidence)
}
