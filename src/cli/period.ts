import { parseTime } from '../decisioning/times.js'
import type { JournalPeriod } from '../domain/journal.js'
import { UsageRefused } from './shell.js'

/** The end of the year 9999. */
const LAST_MS = Date.UTC(10_000, 0)

/** The period that --from and --to name; without them from the first to the last. Throws UsageRefused. */
export function periodOf({
  from,
  to
}: {
  readonly from?: string | undefined
  readonly to?: string | undefined
}): JournalPeriod {
  return { fromMs: instantOf('from', from) ?? 0, toMs: instantOf('to', to) ?? LAST_MS }
}

function instantOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseTime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  if (ms === undefined)
    throw new UsageRefused(
      `--${option} takes a day or an instant such as 2026-03-01T10:00:00Z, not "${text}"`
    )
  return ms
}
