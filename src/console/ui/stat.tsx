import './stat.css'
import type { ComponentChildren } from 'preact'

/** One number with its name, and what it is of. */
export function Stat(props: {
  readonly label: string
  readonly value: string
  readonly hint?: string
  readonly tone?: 'plain' | 'warn' | 'bad'
  readonly children?: ComponentChildren
}) {
  return (
    <div class={`card stat stat-${props.tone ?? 'plain'}`}>
      <p class="stat-label">{props.label}</p>
      <p class="figure">{props.value}</p>
      {props.hint !== undefined && <p class="note">{props.hint}</p>}
      {props.children}
    </div>
  )
}
