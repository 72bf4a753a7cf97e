import type { ComponentChildren } from 'preact'

/** A label with what it labels, which stands inside it. */
export function Field(props: {
  readonly label: string
  readonly hint?: string
  readonly class?: string
  readonly children: ComponentChildren
}) {
  return (
    <label class={`field ${props.class ?? ''}`}>
      <span class="field-label">{props.label}</span>
      {props.children}
      {props.hint !== undefined && <span class="field-hint">{props.hint}</span>}
    </label>
  )
}
