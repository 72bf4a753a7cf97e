import { useEffect, useRef } from 'preact/hooks'
import { useCell } from '../shell/cell.js'
import { theme } from '../shell/preferences.js'
import type { Tick } from './timeline.js'

/** Even where less is known, so that a moment does not fill the picture. */
const FEWEST_MS = 120_000
/** Pixels at the left for the bounds. */
const MARGIN = 52
const BOUNDS_NAMED_MS = [0.1, 1, 10, 100, 1000]
/** Pixels between two names. */
const NAME_HEIGHT = 12

interface HeatLineProps {
  /** What the picture shows, in words. */
  readonly label: string
  readonly stage: string
  readonly ticks: readonly Tick[]
  readonly boundsMs: readonly number[]
  /** End of the time that is shown, in ms since 1970. */
  readonly untilMs: number
}

/** Durations over what is known of the last ten minutes: a row for each bucket, the darker the more of a moment's decisions lie in it. */
export function HeatLine(props: HeatLineProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const chosen = useCell(theme)
  useEffect(() => {
    const element = canvas.current!
    const paint = (): void => draw(element, props)
    paint()
    const observer = new ResizeObserver(paint)
    observer.observe(element)
    darkness.addEventListener('change', paint)
    return () => {
      observer.disconnect()
      darkness.removeEventListener('change', paint)
    }
  }, [props.ticks, props.untilMs, chosen])
  return <canvas class="heat-line" role="img" aria-label={props.label} ref={canvas} />
}

const darkness = matchMedia('(prefers-color-scheme: dark)')

function draw(canvas: HTMLCanvasElement, props: HeatLineProps): void {
  const { clientWidth: width, clientHeight: height } = canvas
  const scale = devicePixelRatio
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const pen = canvas.getContext('2d')!
  pen.scale(scale, scale)
  const { boundsMs } = props
  const row = height / (boundsMs.length + 1)
  const style = getComputedStyle(canvas)
  pen.fillStyle = style.backgroundColor
  pen.fillRect(MARGIN, 0, width - MARGIN, height)
  drawBounds(pen, props, { row, width, height }, style)
  drawTicks(pen, props, { row, width, height }, style.color)
}

interface Size {
  readonly row: number
  readonly width: number
  readonly height: number
}

/** A line and a name at some of the bounds: the fastest bucket is the lowest row. */
function drawBounds(
  pen: CanvasRenderingContext2D,
  { boundsMs }: HeatLineProps,
  { row, width, height }: Size,
  style: CSSStyleDeclaration
): void {
  pen.font = `11px ${style.fontFamily}`
  pen.textAlign = 'right'
  pen.textBaseline = 'middle'
  let lastY = Infinity
  for (const [i, bound] of boundsMs.entries()) {
    if (!BOUNDS_NAMED_MS.includes(bound)) continue
    const y = height - (i + 1) * row
    pen.fillStyle = style.borderTopColor
    pen.fillRect(MARGIN, Math.round(y), width - MARGIN, 1)
    if (lastY - y < NAME_HEIGHT) continue
    lastY = y
    pen.fillStyle = style.outlineColor
    const name = bound < 1000 ? `${bound} ms` : `${bound / 1000} s`
    pen.fillText(name, MARGIN - 6, Math.min(Math.max(y, 6), height - 6))
  }
}

function drawTicks(
  pen: CanvasRenderingContext2D,
  { ticks, stage, untilMs }: HeatLineProps,
  { row, width, height }: Size,
  color: string
): void {
  const first = ticks[0]
  const shownMs = Math.max(FEWEST_MS, first === undefined ? 0 : untilMs - first.atMs)
  const xOf = (atMs: number): number =>
    MARGIN + ((width - MARGIN) * (atMs - untilMs + shownMs)) / shownMs
  pen.fillStyle = color
  for (const { atMs, seconds, stages } of ticks) {
    const buckets = stages[stage] ?? []
    const all = buckets.reduce((sum, count) => sum + count, 0)
    const from = Math.max(xOf(atMs - seconds * 1000), MARGIN)
    const columnWidth = Math.max(xOf(atMs) - from, 1)
    for (const [i, count] of buckets.entries()) {
      if (count === 0) continue
      // A single slow one among thousands is still seen.
      pen.globalAlpha = 0.2 + 0.8 * Math.sqrt(count / all)
      pen.fillRect(from, height - (i + 1) * row, columnWidth, Math.max(row - 1, 1))
    }
  }
  pen.globalAlpha = 1
}
