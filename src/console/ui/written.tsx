import type { ComponentChildren } from 'preact'
import './written.css'

/** A file and a line, without the column, as people say it; the column stands in the tip. */
export function WrittenAt({ place }: { readonly place: string }) {
  return (
    <code class="written-at" title={place}>
      {place.replace(/:\d+$/, '')}
    </code>
  )
}

/** A cell of a table that holds a rule, however long. */
export function Rule({ children }: { readonly children: ComponentChildren }) {
  return <div class="rule-cell">{children}</div>
}

/** A condition or an expression as it stands in the file. */
export function Written({ text }: { readonly text: string }) {
  return <code class="written">{text}</code>
}
