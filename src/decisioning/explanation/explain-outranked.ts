import { movesOf } from './explain-limits.js'
import { rowTailsOf, textsOf, type ExplanationTexts } from './explanation-texts.js'
import type { JsonBytes } from '../json-bytes.js'
import type { Legend } from '../trace/legend.js'
import type { ContestTrace, Trace } from '../trace/trace.js'

/** Writes the rows of the outranked under their columns, the best first; `full` with what context weights and influencers did. */
export function writeOutranked(
  text: JsonBytes,
  contestants: readonly number[],
  trace: Trace,
  legend: Legend,
  full: boolean
): void {
  const contest = trace.contest!
  const texts = textsOf(legend)
  const weighed = full && contest.weights.length > 0
  const moved = full && contest.moves.length > 0
  const tails = moved ? undefined : rowTailsOf(legend, contest.weights, weighed)
  text.text(
    `,"outranked":{"columns":[${texts.columns}${weighed ? ',"contextWeights"' : ''}${moved ? ',"influencers"' : ''}],"rows":[`
  )
  for (let i = 0; i < contestants.length; i++) {
    const contestant = contestants[i]!
    const offer = trace.offers[contest.positions[contestant]!]!
    text.piece(texts.rowHeads, offer)
    text.figure(contest.priorities[contestant]!)
    text.comma()
    text.figure(contest.p[contestant]!)
    if (
      tails !== undefined &&
      contest.c[contestant] === tails.c[offer] &&
      hasOwnFactors(contest, contestant, offer, legend, texts)
    ) {
      text.piece(tails.pieces, offer)
      continue
    }
    writeFactors(text, contest, contestant, legend)
    text.text(texts.mandatory[offer]!)
    if (weighed) text.text(`,[${weightsOf(contest, offer, texts)}]`)
    if (moved) text.text(`,${movesOf(trace, offer)}`)
    text.text('],')
  }
  text.endList()
  text.text('}')
}

/** Which of the explanation's context weights are about this offer, by their place in its list. */
export function weightsOf(contest: ContestTrace, offer: number, texts: ExplanationTexts): string {
  let text = ''
  for (let i = 0; i < contest.weights.length; i++) {
    const { weight, offers } = contest.weights[i]!
    const isFor =
      offers === undefined ? texts.weights[weight]!.isFor[offer] === 1 : offers.includes(offer)
    if (isFor) text += text === '' ? String(i) : `,${i}`
  }
  return text
}

/** Whether V, L and the model are the offer's own, as they nearly always are: then they stand ready as one piece. */
function hasOwnFactors(
  { v, l, models }: ContestTrace,
  contestant: number,
  offer: number,
  legend: Legend,
  texts: ExplanationTexts
): boolean {
  return (
    v[contestant] === texts.values[offer] &&
    l[contestant] === legend.offers[offer]!.lever &&
    models[contestant] === texts.models[offer]
  )
}

function writeFactors(
  text: JsonBytes,
  { c, v, l, models }: ContestTrace,
  contestant: number,
  legend: Legend
): void {
  for (const factor of [c, v, l]) {
    text.comma()
    text.figure(factor[contestant]!)
  }
  const model = models[contestant]!
  text.text(`,${model === 0 ? 'null' : JSON.stringify(legend.models[model - 1])}`)
}
