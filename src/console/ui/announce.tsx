import { createCell, useCell } from '../shell/cell.js'

const said = createCell('')

/** Tells readers of the screen what changed, once; for what sighted people see by itself. */
export function announce(text: string): void {
  // The same words again are only read where the text differs.
  said.set(said.get() === text ? `${text}\u00a0` : text)
}

/** Where announcements are read from; stands once in the shell. */
export function Announcer() {
  return (
    <div class="unseen" aria-live="polite" role="status">
      {useCell(said)}
    </div>
  )
}
