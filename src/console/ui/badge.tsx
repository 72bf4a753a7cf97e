import type { ComponentChildren } from 'preact'

export type Tone = 'plain' | 'accent' | 'good' | 'warn' | 'bad'

/** A word in a coloured pill. The words say it all; the colour only repeats them. */
export function Badge(props: {
  readonly tone?: Tone
  readonly title?: string
  readonly children: ComponentChildren
}) {
  return (
    <span class={`badge badge-${props.tone ?? 'plain'}`} title={props.title}>
      {props.children}
    </span>
  )
}
