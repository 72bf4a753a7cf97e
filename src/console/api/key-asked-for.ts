import { createCell, type Cell } from '../shell/cell.js'

/** What the service said when it asked for a key, or for another one; undefined while nobody has to sign in. */
export const keyAskedFor: Cell<string | undefined> = createCell(undefined)
