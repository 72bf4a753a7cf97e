/* The shop window at /demo. All that it knows of the service is the client. */
import { createClient, type Answer, type PlacedOffer } from '../sdk.js'

/** What the page notes down of somebody who agreed to be remembered. */
const AGREED = 'linden-bank-remembers'
const MOST_TOLD = 12

const who = byId('who', HTMLSelectElement)
const intent = byId('intent', HTMLSelectElement)
const consent = byId('consent', HTMLInputElement)
const status = byId('status', HTMLElement)
const main = byId('main', HTMLElement)
const details = byId('details', HTMLDialogElement)
const apply = byId('apply', HTMLButtonElement)

const address = new URL(location.href)
const agreed = localStorage.getItem(AGREED) !== null
const key = address.searchParams.get('key')
const client = createClient({
  consent: agreed ? 'granted' : 'denied',
  timeoutMs: 1500,
  onTrouble: trouble => say(trouble, true),
  ...(key === null ? {} : { key })
})
/** Offers that were answered here: the next decision leaves them out at once, the service by its own rules from then on. */
let answered: string[] = []
let opened: PlacedOffer | undefined

async function decide(): Promise<void> {
  const context = {
    page: viewNow(),
    device: matchMedia('(max-width: 46rem)').matches ? 'mobile' : 'desktop',
    intent: intent.value
  }
  report(await client.navigate({ context, exclude: answered }))
}

/** One line on what was decided, for whom, and how long that took. */
function report({ decisionId, placements, degraded, trouble, tookMs }: Answer): void {
  if (decisionId === undefined) {
    say(`No decision, so the page shows its own words. ${trouble ?? ''}`, true)
    return
  }
  const offers = placements.flatMap(placement => placement.offers.map(({ offerId }) => offerId))
  const about = who.value === '' ? `visitor ${client.visitorId.slice(0, 8)}` : who.value
  const missing = degraded.length === 0 ? '' : `, without ${degraded.join(', ')}`
  say(`For ${about}: ${offers.join(', ')}. ${tookMs.toFixed(1)} ms here${decidingMs()}${missing}. `)
  const why = document.createElement('a')
  why.href = `/v1/decisions/${decisionId}/explanation`
  why.textContent = 'Why?'
  if (key === null) status.append(why)
}

function say(text: string, isTrouble = false): void {
  status.textContent = text
  status.classList.toggle('trouble', isTrouble)
}

/** What the service says in Server-Timing about the newest decision. */
function decidingMs(): string {
  const entries = performance
    .getEntriesByType('resource')
    .filter(entry => entry.name.includes('/v1/decisions')) as PerformanceResourceTiming[]
  const total = entries.at(-1)?.serverTiming.find(({ name }) => name === 'total')
  return total === undefined ? '' : `, ${total.duration.toFixed(1)} ms of it deciding`
}

function viewNow(): string {
  return new URL(location.href).searchParams.get('view') === 'account' ? 'account' : 'home'
}

/** Draws the page that the address names, and has its places filled. */
function draw(): void {
  const view = viewNow()
  main.replaceChildren(document.importNode(byId(`view-${view}`, HTMLTemplateElement).content, true))
  for (const link of document.querySelectorAll<HTMLElement>('[data-view]')) {
    if (link.dataset['view'] === view) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  void decide()
}

function note(type: string, { offerId }: PlacedOffer): void {
  const kind = document.createElement('strong')
  kind.textContent = type
  const line = document.createElement('li')
  line.append(kind, ` ${offerId}`)
  const told = byId('told', HTMLElement)
  told.prepend(line)
  while (told.childElementCount > MOST_TOLD) told.lastElementChild?.remove()
  byId('nothing', HTMLElement).hidden = true
}

function open(offer: PlacedOffer): void {
  opened = offer
  const { headline = offer.offerId, text = '' } = (offer.content ?? {}) as Record<string, string>
  byId('details-title', HTMLElement).textContent = headline
  byId('details-text', HTMLElement).textContent = text
  apply.textContent = 'Apply now'
  details.showModal()
}

function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`The page has no ${kind.name} "${id}"`)
}

document.addEventListener('offerd', event => {
  const { type, offer } = (event as CustomEvent<{ type: string; offer: PlacedOffer }>).detail
  note(type, offer)
  if (type === 'click') open(offer)
  if (type !== 'reject') return
  answered = [...answered, offer.offerId]
  void decide()
})
details.addEventListener('close', () => {
  if (details.returnValue !== 'apply' || opened === undefined) return
  const offer = opened
  client.tell('accept', offer)
  client.convert({ offerId: offer.offerId })
  note('accept', offer)
  note('convert', offer)
  answered = [...answered, offer.offerId]
  void decide()
})
who.addEventListener('change', () => {
  answered = []
  client.identify(who.value === '' ? undefined : { namespace: 'crm', id: who.value })
  void decide()
})
intent.addEventListener('change', () => void decide())
consent.addEventListener('change', () => {
  client.setConsent(consent.checked ? 'granted' : 'denied')
  if (consent.checked) localStorage.setItem(AGREED, 'yes')
  else localStorage.removeItem(AGREED)
  void decide()
})
document.addEventListener('click', event => {
  const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-view]')
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  const to = new URL(link.href)
  if (key !== null) to.searchParams.set('key', key)
  history.pushState({}, '', to)
  draw()
  main.focus()
})
addEventListener('popstate', draw)

consent.checked = agreed
draw()
