import { checkLabels, sigmoid } from './logistic.js'

/** P = 1 / (1 + exp(a·x + b)); `a` is negative where the score grows with the probability. */
export interface Platt {
  readonly a: number
  readonly b: number
}

/**
 * Fits Platt's sigmoid to scores by Newton's method with halved steps, after Lin, Lin and Weng (2007), "A note on
 * Platt's probabilistic outputs for support vector machines". The targets are Platt's, drawn in from 0 and 1 a little.
 * Scores should come from rows that the model was not trained on.
 */
export function fitPlatt(scores: ArrayLike<number>, labels: ArrayLike<number>): Platt {
  checkLabels(labels, scores.length)
  const positives = Array.from(labels).reduce((sum, label) => sum + label, 0)
  const negatives = labels.length - positives
  const high = (positives + 1) / (positives + 2)
  const low = 1 / (negatives + 2)
  const targets = Float64Array.from(labels, label => (label === 1 ? high : low))
  let line: Platt = { a: 0, b: Math.log((negatives + 1) / (positives + 1)) }
  let loss = plattLoss(scores, targets, line)
  for (let step = 0; step < 100; step++) {
    const { da, db, slope } = plattStep(scores, targets, line)
    if (Math.abs(slope) < 1e-12) break
    let share = 1
    let next = { a: line.a + da, b: line.b + db }
    while (plattLoss(scores, targets, next) >= loss && share > 1e-10) {
      share /= 2
      next = { a: line.a + share * da, b: line.b + share * db }
    }
    if (share <= 1e-10) break
    line = next
    loss = plattLoss(scores, targets, line)
  }
  return line
}

function plattLoss(scores: ArrayLike<number>, targets: Float64Array, { a, b }: Platt): number {
  let loss = 0
  for (let i = 0; i < targets.length; i++) {
    const x = a * scores[i]! + b
    loss +=
      x >= 0
        ? targets[i]! * x + Math.log1p(Math.exp(-x))
        : (targets[i]! - 1) * x + Math.log1p(Math.exp(x))
  }
  return loss
}

function plattStep(
  scores: ArrayLike<number>,
  targets: Float64Array,
  { a, b }: Platt
): { da: number; db: number; slope: number } {
  let haa = 1e-12
  let hab = 0
  let hbb = 1e-12
  let ga = 0
  let gb = 0
  for (let i = 0; i < targets.length; i++) {
    const x = scores[i]!
    const p = sigmoid(-(a * x + b))
    const curvature = p * (1 - p)
    haa += x * x * curvature
    hab += x * curvature
    hbb += curvature
    ga += x * (targets[i]! - p)
    gb += targets[i]! - p
  }
  const determinant = haa * hbb - hab * hab
  const da = -(hbb * ga - hab * gb) / determinant
  const db = -(haa * gb - hab * ga) / determinant
  return { da, db, slope: ga * da + gb * db }
}

/**
 * Fits a rising function to scores by pooling adjacent violators (Ayer et al. 1955), every step holding at least
 * `minRows` rows, and answers its corner points [mean score, share of positives], x rising and y not falling.
 * Between the points lie straight lines, beyond them it is level.
 */
export function fitIsotonic(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  minRows = 50
): Array<[number, number]> {
  checkLabels(labels, scores.length)
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (i, j) => scores[i]! - scores[j]!
  )
  const blocks: Block[] = []
  for (let start = 0; start < order.length; ) {
    const block: Block = { rows: 0, scores: 0, positives: 0 }
    // Rows of equal score stay together; a rest too small for a block of its own joins the last one.
    while (
      start < order.length &&
      (block.rows < minRows ||
        scores[order[start]!] === scores[order[start - 1]!] ||
        order.length - start < minRows)
    ) {
      const row = order[start++]!
      block.rows++
      block.scores += scores[row]!
      block.positives += labels[row]!
    }
    blocks.push(block)
    pool(blocks)
  }
  return blocks.map(({ rows, scores: sum, positives }) => [sum / rows, positives / rows])
}

interface Block {
  rows: number
  scores: number
  positives: number
}

/** Joins the last blocks until their shares of positives rise. */
function pool(blocks: Block[]): void {
  while (blocks.length > 1) {
    const last = blocks.at(-1)!
    const before = blocks.at(-2)!
    if (before.positives / before.rows <= last.positives / last.rows) return
    before.rows += last.rows
    before.scores += last.scores
    before.positives += last.positives
    blocks.pop()
  }
}
