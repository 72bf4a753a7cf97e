import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

/** A titled part of a screen; `aside` stands at the right of the title. */
export function Card(props: {
  readonly title: string
  readonly aside?: ComponentChildren
  readonly class?: string
  readonly children: ComponentChildren
}) {
  const id = useId()
  return (
    <section class={`card ${props.class ?? ''}`} aria-labelledby={id}>
      <header class="card-head">
        <h2 id={id}>{props.title}</h2>
        {props.aside !== undefined && <div class="card-aside">{props.aside}</div>}
      </header>
      <div class="card-body">{props.children}</div>
    </section>
  )
}
