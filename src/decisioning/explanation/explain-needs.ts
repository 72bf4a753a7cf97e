import type { ExplanationTexts } from './explanation-texts.js'
import { piecesOf, type JsonBytes } from '../json-bytes.js'
import type { Need, Trace } from '../trace/trace.js'

const LABELS = piecesOf(['"priority":', ',"value":', ',"lever":', ',"contextWeight":', '},'])
const END = LABELS.starts.length - 2

/** Writes what losers would need to win, an object each; the placement where several were asked for. */
export function writeNeeds(
  text: JsonBytes,
  needs: readonly Need[],
  { offers, contest, placements }: Trace,
  texts: ExplanationTexts
): void {
  for (const need of needs) {
    text.piece(texts.needHeads, offers[contest!.positions[need.contestant]!]!)
    if (need.placement < 0) {
      text.text(`"reason":${JSON.stringify(need.reason)}},`)
      continue
    }
    if (placements.length > 1)
      text.text(`"placement":${JSON.stringify(placements[need.placement])},`)
    text.piece(LABELS, 0)
    writeNumber(text, need.priority)
    text.piece(LABELS, 1)
    writeNumber(text, need.value)
    text.piece(LABELS, 2)
    writeNumber(text, need.lever)
    text.piece(LABELS, 3)
    writeNumber(text, need.contextWeight)
    text.piece(LABELS, END)
  }
}

/** Figures have 6 decimals, which below 1 are too few for 7 digits. */
function writeNumber(text: JsonBytes, number: number | null): void {
  if (number !== null && number >= 1) text.figure(number)
  else text.text(JSON.stringify(number))
}
