import type { Output, Shell } from './shell.js'

/** Colours a text, or leaves it as it is where nobody sees colours. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
}

/** Colours on a terminal only, and never where NO_COLOR is set (no-color.org). */
export function paintFor(output: Output, env: Shell['env']): Paint {
  const coloured = output.isTerminal && !env['NO_COLOR']
  const style = (code: number) => (text: string) =>
    coloured ? `\u001B[${code}m${text}\u001B[0m` : text
  return { bold: style(1), dim: style(2), red: style(31), green: style(32), yellow: style(33) }
}

/**
 * Columns of text, each as wide as its widest cell, separated by two spaces; columns named in `right` are aligned
 * to the right. Lines have no trailing spaces.
 */
export function table(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
  right: readonly string[] = []
): string[] {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map(row => row[column] ?? '')].map(cellWidth))
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => padded(cell, widths[column] ?? 0, right.includes(head[column] ?? '')))
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)]
}

function padded(cell: string, width: number, right: boolean): string {
  const gap = ' '.repeat(Math.max(0, width - cellWidth(cell)))
  return right ? gap + cell : cell + gap
}

/** Characters as people count them; good enough for names and numbers. */
function cellWidth(cell: string): number {
  return Array.from(cell).length
}

/** A number as people read it: at most four significant digits after the point's first ones, no exponent. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return String(value)
  return Number(value.toPrecision(4)).toString()
}

/** Bytes as people read them: 1.2 GB. */
export function bytesText(bytes: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = bytes < 1 ? 0 : Math.min(steps.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${Number((bytes / 1000 ** step).toPrecision(3))} ${steps[step]}`
}
