import type { ExplanationTexts } from './explanation-texts.js'
import type { JsonBytes } from './json-bytes.js'
import type { Need, Trace } from './trace.js'

/** Writes what one loser would need to win, with a comma after it. */
export function writeNeed(
  text: JsonBytes,
  need: Need,
  trace: Trace,
  texts: ExplanationTexts
): void {
  text.piece(texts.needHeads, trace.offers[trace.contest!.positions[need.contestant]!]!)
  if (need.placement < 0) {
    text.text(`"reason":${JSON.stringify(need.reason)}},`)
    return
  }
  text.text(`"placement":${JSON.stringify(trace.placements[need.placement])},"priority":`)
  writeNumber(text, need.priority)
  text.text(',"value":')
  writeNumber(text, need.value)
  text.text(',"lever":')
  writeNumber(text, need.lever)
  text.text(',"contextWeight":')
  writeNumber(text, need.contextWeight)
  text.text('},')
}

/** Figures have 6 decimals, which below 1 are too few for 7 digits. */
function writeNumber(text: JsonBytes, number: number | null): void {
  if (number !== null && number >= 1) text.figure(number)
  else text.text(JSON.stringify(number))
}
