import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import './chart.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useCell } from '../shell/cell.js'
import { useFormat, type Format } from '../shell/format.js'
import { language, theme } from '../shell/preferences.js'
import { useTexts, type Texts } from '../shell/texts.js'

/** A line of a chart. `color` is a custom property of the tokens such as --series-1. */
export interface Line {
  readonly label: string
  readonly color: `--${string}`
  readonly format?: (value: number) => string
  /** Values of the first line fill the area down to the axis. */
  readonly isFilled?: boolean
  /** Marks every value with a dot. */
  readonly hasPoints?: boolean
}

interface ChartProps {
  /** What the picture shows, in words, for those who do not see it. */
  readonly label: string
  /** Seconds since 1970 and, for each line, as many values; null where there is none. */
  readonly data: uPlot.AlignedData
  readonly lines: readonly Line[]
  /** Pixels; the width is that of what it stands in. */
  readonly height: number
  /** What is common to all values of the left axis, as text. */
  readonly formatY?: (value: number) => string
  /** The same of the horizontal axis, where it is not time. */
  readonly formatX?: (value: number) => string
  /** False where the horizontal axis is not time: a propensity, for instance. */
  readonly isTime?: boolean
  /** Without axes, legend and cursor: a picture beside a number. */
  readonly isSpark?: boolean
}

const TEXTS: Texts<{ readonly time: string }> = { en: { time: 'Time' }, zh: { time: '时间' } }

/** Lines over time. Its colours follow the theme, its width what it stands in. */
export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const data = useRef(props.data)
  data.current = props.data
  const dark = useDarkness()
  const format = useFormat()
  const texts = useTexts(TEXTS)
  const chosen = useCell(language)
  const { lines, height, isTime, isSpark } = props
  const shape = JSON.stringify([lines, height, isTime, isSpark, dark, chosen])
  useEffect(() => {
    const element = box.current!
    const made = new uPlot(
      {
        ...optionsOf(props, element, { ...format, timeName: texts.time }),
        width: element.clientWidth
      },
      data.current,
      element
    )
    plot.current = made
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: props.height })
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = undefined
    }
    // A chart is made again only where its shape changes, which `shape` tells; new values are given to the one that is there.
  }, [shape])
  useEffect(() => plot.current?.setData(props.data), [props.data])
  return <div class="chart" role="img" aria-label={props.label} ref={box} />
}

/** A picture of the last values, as high as a line of text or two. */
export function Sparkline(props: {
  readonly label: string
  readonly values: readonly (number | null)[]
  readonly color?: `--${string}`
  readonly height?: number
}) {
  const { label, values, color = '--series-1', height = 28 } = props
  return (
    <Chart
      label={label}
      data={[values.map((_, i) => i), [...values]]}
      lines={[{ label, color, isFilled: true }]}
      height={height}
      isTime={false}
      isSpark
    />
  )
}

/** Changes whenever colours do: by the switch, or by the system where the switch leaves it to that. */
function useDarkness(): string {
  const [isDark, setDark] = useState(darkness.matches)
  useEffect(() => {
    const read = (): void => setDark(darkness.matches)
    darkness.addEventListener('change', read)
    return () => darkness.removeEventListener('change', read)
  }, [])
  const chosen = useCell(theme)
  return chosen === 'system' ? String(isDark) : chosen
}

/** Longer pictures say the day too. */
const DAY_S = 86_400

const darkness = matchMedia('(prefers-color-scheme: dark)')

function optionsOf(
  props: ChartProps,
  element: Element,
  format: Format & { readonly timeName: string }
): Omit<uPlot.Options, 'width'> {
  const { lines, height, formatX, formatY, isTime = true, isSpark = false } = props
  const spansDays = (props.data[0].at(-1) ?? 0) - (props.data[0][0] ?? 0) > DAY_S
  const atTime = (seconds: number): string =>
    spansDays ? format.dateTime(seconds * 1000) : format.time(seconds * 1000)
  const muted = colorOf(element, '--muted')
  const grid = { stroke: colorOf(element, '--line'), width: 1 }
  const axis: uPlot.Axis = { stroke: muted, grid, ticks: grid, font: '12px system-ui, sans-serif' }
  return {
    height,
    legend: { show: !isSpark },
    cursor: { show: !isSpark, drag: { x: false, y: false } },
    padding: isSpark ? [2, 0, 2, 0] : [8, 8, 0, 0],
    scales: { x: { time: isTime } },
    axes: isSpark
      ? [{ show: false }, { show: false }]
      : [
          isTime
            ? { ...axis, space: spansDays ? 150 : 80, values: (_, ticks) => ticks.map(atTime) }
            : withFormat(axis, formatX),
          { ...withFormat(axis, formatY), size: 60 }
        ],
    series: [
      isTime
        ? {
            label: format.timeName,
            value: (_, at: number | null) => (at === null ? '–' : atTime(at))
          }
        : { value: (_, at: number | null) => (at === null ? '–' : (formatX?.(at) ?? String(at))) },
      ...lines.map(({ label, color, format, isFilled, hasPoints = false }, i): uPlot.Series => {
        const stroke = colorOf(element, color)
        return {
          label,
          stroke,
          width: 1.5,
          points: { show: hasPoints, size: 6, fill: stroke },
          ...(isFilled === true && i === 0 && { fill: withAlpha(stroke) }),
          ...(format && {
            value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value))
          })
        }
      })
    ]
  }
}

function withFormat(axis: uPlot.Axis, format: ((value: number) => string) | undefined): uPlot.Axis {
  return format === undefined ? axis : { ...axis, values: (_, ticks) => ticks.map(format) }
}

/** A canvas wants the colour itself, not the name of a property that depends on the theme. */
function colorOf(element: Element, property: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** @param color as computed styles have it: rgb(r, g, b) */
function withAlpha(color: string): string {
  return color.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)')
}
