import { calibrationTable } from '../../learning/metrics.js'
import { wilsonInterval } from '../../learning/wilson.js'

const SIZE = 320
const MARGIN = 48
const TICKS = 4

/**
 * A drawing (SVG) of what a model predicts against what happened, for ten equal parts of the rows, with 95 % intervals of what
 * happened. Points on the diagonal are right.
 */
export function calibrationPlot(
  title: string,
  probabilities: Float64Array,
  labels: Uint8Array
): string {
  const bins = calibrationTable(probabilities, labels).map(({ rows, predicted, observed }) => {
    return { predicted, observed, ...wilsonInterval(observed * rows, rows) }
  })
  const top = niceTop(Math.max(...bins.flatMap(({ predicted, high }) => [predicted, high])))
  const x = (share: number): string => (MARGIN + (share / top) * SIZE).toFixed(1)
  const y = (share: number): string => (MARGIN + (1 - share / top) * SIZE).toFixed(1)
  const ticks = Array.from({ length: TICKS + 1 }, (_, i) => (i * top) / TICKS)
  const whole = SIZE + 2 * MARGIN
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${whole}" height="${whole}" viewBox="0 0 ${whole} ${whole}" font-family="sans-serif" font-size="11" role="img">
<title>${escaped(title)}: predicted against observed</title>
<rect width="${whole}" height="${whole}" fill="#fff"/>
<rect x="${MARGIN}" y="${MARGIN}" width="${SIZE}" height="${SIZE}" fill="none" stroke="#bbb"/>
<line x1="${x(0)}" y1="${y(0)}" x2="${x(top)}" y2="${y(top)}" stroke="#bbb" stroke-dasharray="4 4"/>
${ticks
  .map(
    tick =>
      `<text x="${x(tick)}" y="${MARGIN + SIZE + 16}" text-anchor="middle">${percent(tick)}</text><text x="${MARGIN - 6}" y="${y(tick)}" text-anchor="end" dominant-baseline="middle">${percent(tick)}</text>`
  )
  .join('\n')}
<text x="${whole / 2}" y="${whole - 10}" text-anchor="middle">predicted</text>
<text x="14" y="${whole / 2}" text-anchor="middle" transform="rotate(-90 14 ${whole / 2})">observed</text>
<text x="${whole / 2}" y="24" text-anchor="middle" font-size="14">${escaped(title)}</text>
<polyline fill="none" stroke="#1f5fa8" points="${bins.map(({ predicted, observed }) => `${x(predicted)},${y(observed)}`).join(' ')}"/>
${bins
  .map(
    ({ predicted, observed, low, high }) =>
      `<line x1="${x(predicted)}" y1="${y(low)}" x2="${x(predicted)}" y2="${y(high)}" stroke="#1f5fa8"/><circle cx="${x(predicted)}" cy="${y(observed)}" r="3.5" fill="#1f5fa8"/>`
  )
  .join('\n')}
</svg>
`
}

/** The least of 1, 2, 4 or 10 % … 100 % that holds the share. */
function niceTop(share: number): number {
  return [0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8].find(top => share <= top) ?? 1
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
