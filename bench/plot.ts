/** One line of a plot, its points from left to right. */
export interface Line {
  readonly name: string
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

export interface Axis {
  readonly label: string
  /** Powers of ten at equal distances; all values must be above 0. */
  readonly log?: boolean
}

export interface Plot {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
}

const WIDTH = 720
const HEIGHT = 400
const BOX = { left: 70, right: WIDTH - 20, top: 70, bottom: HEIGHT - 50 }
const COLOURS = ['#8a8f98', '#2f9e62', '#1f6fd6', '#7a3db8', '#d6452f', '#c98a00']
const GRID = '#e4e7eb'
const INK = '#2b3440'
const MOST_OWN_TICKS = 8
const TICKS = 5

/** Lines over two axes as SVG. The vertical axis begins at 0 unless it is logarithmic. */
export function plot({ title, x, y, lines }: Plot): string {
  const points = lines.flatMap(line => line.points)
  const across = scaleOf(
    x,
    points.map(([value]) => value),
    [BOX.left, BOX.right]
  )
  const up = scaleOf(
    y,
    [...(y.log === true ? [] : [0]), ...points.map(([, value]) => value)],
    [BOX.bottom, BOX.top]
  )
  const middle = (BOX.left + BOX.right) / 2
  return (
    [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" fill="${INK}">`,
      `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
      text(BOX.left, 24, title, 'font-size="15" font-weight="600"'),
      ...up.ticks.map(tick => {
        const at = up.at(tick).toFixed(1)
        return `<path d="M${BOX.left} ${at}H${BOX.right}" stroke="${GRID}"/>${text(BOX.left - 8, up.at(tick) + 4, figure(tick), 'text-anchor="end"')}`
      }),
      ...across.ticks.map(tick =>
        text(across.at(tick), BOX.bottom + 18, figure(tick), 'text-anchor="middle"')
      ),
      `<path d="M${BOX.left} ${BOX.bottom}H${BOX.right}" stroke="${INK}"/>`,
      text(middle, HEIGHT - 10, x.label, 'text-anchor="middle"'),
      `<g transform="rotate(-90)">${text(-(BOX.top + BOX.bottom) / 2, 16, y.label, 'text-anchor="middle"')}</g>`,
      ...lines.map((line, i) => drawn(line, COLOURS[i % COLOURS.length]!, across, up)),
      legend(lines),
      '</svg>'
    ].join('\n') + '\n'
  )
}

interface Scale {
  at(value: number): number
  readonly ticks: readonly number[]
}

function scaleOf(
  { log = false }: Axis,
  values: readonly number[],
  [from, to]: readonly [number, number]
): Scale {
  const place = log ? Math.log10 : (value: number) => value
  const ticks = ticksOf(values, log)
  const low = place(Math.min(...values, ticks[0]!))
  const high = place(Math.max(...values, ticks.at(-1)!))
  const span = high - low || 1
  return { ticks, at: value => from + ((place(value) - low) / span) * (to - from) }
}

/** Round numbers; on a logarithmic axis the values themselves where they are few. */
function ticksOf(values: readonly number[], log: boolean): number[] {
  const low = Math.min(...values)
  const high = Math.max(...values)
  if (log) {
    const own = [...new Set(values)].sort((a, b) => a - b)
    if (own.length <= MOST_OWN_TICKS) return own
    const first = Math.floor(Math.log10(low))
    const count = Math.ceil(Math.log10(high)) - first + 1
    return Array.from({ length: count }, (_, i) => 10 ** (first + i))
  }
  const rough = (high - low || 1) / TICKS
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough)!
  const first = Math.floor(low / step)
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, i) => (first + i) * step)
}

function drawn({ points }: Line, colour: string, across: Scale, up: Scale): string {
  const places = points.map(([x, y]) => `${across.at(x).toFixed(1)},${up.at(y).toFixed(1)}`)
  const dots = points.length > MOST_OWN_TICKS * 2 ? [] : places
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round" points="${places.join(' ')}"/>`,
    ...dots.map(place => {
      const [x, y] = place.split(',')
      return `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`
    })
  ].join('')
}

function legend(lines: readonly Line[]): string {
  let left = BOX.left
  return lines
    .map(({ name }, i) => {
      const at = left
      // As wide as the text is likely to be; fonts differ.
      left += 34 + name.length * 6.6
      return `<rect x="${at.toFixed(0)}" y="41" width="14" height="4" rx="2" fill="${COLOURS[i % COLOURS.length]!}"/>${text(at + 20, 48, name)}`
    })
    .join('')
}

function figure(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en')
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped}</text>`
}
