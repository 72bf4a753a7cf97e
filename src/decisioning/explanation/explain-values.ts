import type { ExplanationTexts } from './explanation-texts.js'
import type { Legend, LegendOffer, LegendRead } from '../trace/legend.js'
import type { Trace } from '../trace/trace.js'

/** One explanation while it is written. */
export interface Rendering {
  readonly trace: Trace
  readonly legend: Legend
  readonly texts: ExplanationTexts
  /** By read: `"label":value`, made when first needed. */
  readonly values: Array<string | undefined>
  readonly full: boolean
}

/** `,"values":{…}`: what these reads found for the candidate; nothing where the explanation is no full one. */
export function valuesText(
  reads: readonly number[],
  position: number,
  rendering: Rendering
): string {
  if (!rendering.full || reads.length === 0) return ''
  return `,"values":{${reads.map(read => valueText(read, position, rendering)).join(',')}}`
}

function valueText(number: number, position: number, rendering: Rendering): string {
  const { trace, legend, texts, values } = rendering
  const read = legend.reads[number]!
  const label = texts.labels[number]!
  if (read.kind === 'offer')
    return label + offerProperty(read, legend.offers[trace.offers[position]!]!)
  if (read.kind === 'offerCall') {
    const found = trace.offerValues.find(([at, of]) => at === position && of === number)
    return label + shownValue(read, found?.[2] ?? null)
  }
  return (values[number] ??= label + shownValue(read, trace.values[number]))
}

function offerProperty({ label }: LegendRead, offer: LegendOffer): string {
  switch (label) {
    case 'offer.group':
      return JSON.stringify(offer.group)
    case 'offer.tags':
      return JSON.stringify(offer.tags)
    case 'offer.value':
      return typeof offer.value === 'number' ? JSON.stringify(offer.value) : 'null'
    default:
      return JSON.stringify(offer.id)
  }
}

function shownValue({ show }: LegendRead, value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (show === 'boolean')
    return value === 1 || value === true
      ? 'true'
      : value === 0 || value === false
        ? 'false'
        : 'null'
  if (show === 'timestamp' && typeof value === 'number') return `"${new Date(value).toISOString()}"`
  return JSON.stringify(value)
}
