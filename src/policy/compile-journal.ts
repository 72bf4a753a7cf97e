import { parseDuration } from './duration.js'
import type { Sections } from './sections.js'
import type { JournalSettings } from './strategy.js'

const DEFAULT_KEEP_MS = 90 * 86_400_000
const DEFAULT_MOST_BYTES = 50e9
const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }

/** What the strategy says of the journal; undefined where it has no such section, or an empty one: then nothing is written. */
export function journalOf(sections: Sections): JournalSettings | undefined {
  const node = sections.node('journal')
  if (node === undefined || node.value === null) return undefined
  const said = sections.value('journal')
  return {
    keepMs: parseDuration(said?.keep ?? '') ?? DEFAULT_KEEP_MS,
    mostBytes: bytesOf(said?.maxBytes) ?? DEFAULT_MOST_BYTES,
    whenFull: said?.whenFull ?? 'wait'
  }
}

/** Bytes of a size such as 50GB; NaN where the text is none. */
export function sizeInBytes(size: string): number {
  const [, digits = '', unit = ''] = /^([1-9]\d{0,15})(\w+)$/.exec(size) ?? []
  return Number(digits) * (UNIT_BYTES[unit] ?? Number.NaN)
}

function bytesOf(size: string | number | undefined): number | undefined {
  return typeof size === 'string' ? sizeInBytes(size) : size
}
