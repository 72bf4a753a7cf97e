import { createCell, type Cell } from './cell.js'

const BASE = '/console'

/** Where the console is: the path below /console without its first slash, and what stands behind the question mark. */
export interface Place {
  readonly path: string
  readonly query: URLSearchParams
}

/** The place in the browser's address; changes with its back button and with goTo. */
export const place: Cell<Place> = createCell(read())
addEventListener('popstate', () => place.set(read()))

function read(): Place {
  return {
    path: location.pathname.slice(BASE.length).replace(/^\/|\/$/g, ''),
    query: new URLSearchParams(location.search)
  }
}

/** The address of a place, for links. */
export function addressOf(path: string, query: Readonly<Record<string, string>> = {}): string {
  const search = new URLSearchParams(query).toString()
  return BASE + (path === '' ? '' : `/${path}`) + (search === '' ? '' : `?${search}`)
}

/** Goes to an address below /console without loading the page again; `replace` leaves no step to go back to. */
export function goTo(address: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', address)
  else history.pushState(null, '', address)
  place.set(read())
}

/** Follows a click on a link inside the console; one with a modifier, or to elsewhere, is the browser's. */
export function followLink(event: MouseEvent): void {
  const link = (event.target as Element).closest('a')
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey
  if (link === null || !isPlain || event.defaultPrevented || link.origin !== location.origin) return
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return
  // A jump within the page.
  if (link.hash !== '') return
  event.preventDefault()
  goTo(link.pathname + link.search)
}
