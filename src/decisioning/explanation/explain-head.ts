import { STAGES } from '../../domain/decision.js'
import { stageNumber } from '../candidates.js'
import { experimentsText } from './explain-experiments.js'
import { explorationText } from './explain-exploration.js'
import { influencersText } from './explain-limits.js'
import { textsOf } from './explanation-texts.js'
import { piecesOf, type JsonBytes } from '../json-bytes.js'
import type { Legend } from '../trace/legend.js'
import type { Trace } from '../trace/trace.js'

const CANDIDATES = piecesOf(['{"candidates":'])
/** By holdout, by control. */
const GROUPS = piecesOf(
  [false, true].flatMap(holdout =>
    [false, true].map(control => `,"holdout":${holdout},"control":${control}`)
  )
)
const STAGE = piecesOf(STAGES.map(stage => `{"stage":"${stage}","removed":`))
const FUNNEL = piecesOf([',"funnel":[', ',"left":', '},'])
const WEIGHTS = piecesOf([',"contextWeights":['])
const OUTCOMES = piecesOf([',"outcomes":['])

/** By stage; one memory serves all. */
const removed = new Uint32Array(STAGES.length)

/** Writes what an explanation says of the decision as a whole, up to its outcomes. */
export function writeHead(text: JsonBytes, trace: Trace, legend: Legend, full: boolean): void {
  text.piece(CANDIDATES, 0)
  text.figure(trace.offers.length)
  text.piece(GROUPS, (trace.holdout ? 2 : 0) + (trace.control ? 1 : 0))
  text.text(experimentsText(trace, legend))
  text.text(explorationText(trace))
  writeFunnel(text, trace)
  if (full) {
    writeWeights(text, trace, legend)
    text.text(influencersText(trace, legend))
  }
  text.piece(OUTCOMES, 0)
}

/** The stages that removed something, and what was left after each; `selected` always ends it. */
function writeFunnel(text: JsonBytes, { offers, stages }: Trace): void {
  removed.fill(0)
  for (let i = 0; i < stages.length; i++) removed[stages[i]!]!++
  removed[stageNumber.selected] = 0
  let left = offers.length
  text.piece(FUNNEL, 0)
  for (let stage = 0; stage <= stageNumber.selected; stage++) {
    if (removed[stage] === 0 && stage !== stageNumber.selected) continue
    left -= removed[stage]!
    text.piece(STAGE, stage)
    text.figure(removed[stage]!)
    text.piece(FUNNEL, 1)
    text.figure(left)
    text.piece(FUNNEL, 2)
  }
  text.endList()
}

/** The context weights that held, once; outcomes refer to them by their place in the list. */
function writeWeights(text: JsonBytes, { contest }: Trace, legend: Legend): void {
  const held = contest?.weights ?? []
  if (held.length === 0) return
  const { weightTexts } = textsOf(legend)
  text.piece(WEIGHTS, 0)
  for (const { weight } of held) text.piece(weightTexts, weight)
  text.endList()
}
