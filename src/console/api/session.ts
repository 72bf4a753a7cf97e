import { createCell, type Cell } from '../shell/cell.js'

const STORED_AS = 'offerd.key'

/** The key that requests carry; empty without one. Kept for this tab only, and gone when it is closed. */
export const key: Cell<string> = createCell(sessionStorage.getItem(STORED_AS) ?? '')
key.watch(() => {
  if (key.get() === '') sessionStorage.removeItem(STORED_AS)
  else sessionStorage.setItem(STORED_AS, key.get())
})

/** What the service said when it asked for a key; undefined while nobody has to sign in. */
export const keyAskedFor: Cell<string | undefined> = createCell(undefined)
