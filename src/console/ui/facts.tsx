import './facts.css'
import { Fragment, type ComponentChildren } from 'preact'

export type Fact = readonly [name: string, content: ComponentChildren]

/** Names and what they are, under each other; the names are each another. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, content]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{content}</dd>
        </Fragment>
      ))}
    </dl>
  )
}
