import './interval.css'

interface IntervalProps {
  readonly value: number
  readonly low: number
  readonly high: number
  /** Both ends of the scale, which is common to all intervals of a column. */
  readonly from: number
  readonly to: number
}

const WIDTH = 120

/** A value with its interval on a scale, and a broken line at 0 where the scale holds it inside; its figures stand beside it. */
export function Interval({ value, low, high, from, to }: IntervalProps) {
  const at = (position: number): number =>
    (WIDTH * (Math.min(to, Math.max(from, position)) - from)) / Math.max(to - from, 1e-12)
  return (
    <svg
      class="interval"
      viewBox={`0 0 ${WIDTH} 16`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {from < 0 && to > 0 && <line class="interval-zero" x1={at(0)} x2={at(0)} y1="0" y2="16" />}
      <line class="interval-line" x1={at(low)} x2={at(high)} y1="8" y2="8" />
      <rect class="interval-dot" x={at(value) - 2} y="3" width="4" height="10" rx="1" />
    </svg>
  )
}
