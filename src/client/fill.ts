import type { PlacedOffer } from './wire.js'

/**
 * The element of one offer, made from the template of its place, or plainly where the place has none. Text becomes text and
 * nothing else; links and pictures keep their address only where it is one of the web.
 */
export function elementOf(offer: PlacedOffer, place: HTMLElement): HTMLElement {
  const template = place.querySelector('template')
  const copy = template && document.importNode(template.content, true).firstElementChild
  const element = copy instanceof HTMLElement ? copy : plain()
  element.dataset['offerdOffer'] = offer.offerId
  for (const part of [element, ...element.querySelectorAll<HTMLElement>('*')]) fillPart(part, offer)
  return element
}

/** What a part says it shows: data-offerd-text, data-offerd-href and data-offerd-src name members of the content. */
function fillPart(part: HTMLElement, offer: PlacedOffer): void {
  const { offerdText, offerdHref, offerdSrc } = part.dataset
  if (offerdText !== undefined) {
    const text = member(offer, offerdText)
    part.hidden = text === undefined
    if (text !== undefined) part.textContent = text
  }
  // A link that the content does not give stays as the template has it.
  if (offerdHref !== undefined) setAddress(part, 'href', member(offer, offerdHref))
  if (offerdSrc !== undefined) part.hidden = !setAddress(part, 'src', member(offer, offerdSrc))
}

/** A text or number of the content, or of the offer itself: `headline`, `labels.accept`. */
function member(offer: PlacedOffer, path: string): string | undefined {
  let found: unknown = { ...offer, ...(offer.content as object) }
  for (const name of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[name]
  return typeof found === 'string' || typeof found === 'number' ? `${found}` : undefined
}

function setAddress(part: HTMLElement, name: 'href' | 'src', given: string | undefined): boolean {
  const isWeb = given !== undefined && /^https?:/.test(addressOf(given))
  if (isWeb) part.setAttribute(name, given)
  return isWeb
}

function addressOf(given: string): string {
  try {
    return new URL(given, document.baseURI).href
  } catch {
    return ''
  }
}

/** For places without a template; classes are for the page's style sheet. */
function plain(): HTMLElement {
  const part = (name: string, text: string, inside: HTMLElement[] = []): HTMLElement => {
    const made = document.createElement(name)
    made.className = `offerd-${text}`
    if (inside.length === 0) made.dataset['offerdText'] = text
    made.append(...inside)
    return made
  }
  const action = part('a', 'action')
  action.dataset['offerdHref'] = 'link'
  return part('div', 'offer', [part('strong', 'headline'), part('p', 'text'), action])
}
