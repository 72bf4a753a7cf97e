import './bar.css'

export type BarTone = 'accent' | 'good' | 'warn' | 'bad'

/** How much of a whole: `value` of `most`, both at least 0. What it says in words stands in `label`, and beside it on the screen. */
export function Bar(props: {
  readonly label: string
  readonly value: number
  readonly most: number
  readonly tone?: BarTone
}) {
  const { label, value, most, tone = 'accent' } = props
  return (
    <progress
      class={`bar bar-${tone}`}
      aria-label={label}
      max={Math.max(most, 1e-9)}
      value={Math.min(value, most)}
    />
  )
}
