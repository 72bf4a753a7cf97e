import { ask, type Answer, type Fallback } from './ask.js'
import { createOutbox } from './outbox.js'
import { asked, createRenderer } from './render.js'
import { createVisitor, type Consent } from './visitor.js'
import { createWatch } from './watch.js'
import type {
  BehaviourEvent,
  CustomerRef,
  PlacedOffer,
  PlacementRequest,
  ToldEvent
} from './wire.js'

export type { Answer, Consent, Fallback }
export type {
  BehaviourEvent,
  CustomerRef,
  InteractionType,
  PlacedOffer,
  Placement,
  PlacementRequest
} from './wire.js'

/** Where this file came from, which is where the service is unless the page says otherwise. */
const HOME = new URL(import.meta.url).origin
const DEFAULT_TIMEOUT_MS = 1000

export interface ClientOptions {
  /** Origin of the service; that of this file where absent. */
  readonly url?: string
  /** A publishable key; services without keys need none. */
  readonly key?: string
  /** Default "web". */
  readonly channel?: string
  /** Whether the visitor may be known again; default "denied": the id lives as long as the page. */
  readonly consent?: Consent
  /** Namespace of anonymous ids; default "cookie". */
  readonly namespace?: string
  /** Somebody who is known, instead of an anonymous id. */
  readonly customer?: CustomerRef
  /** How long a page waits for a decision, in milliseconds; default 1000. */
  readonly timeoutMs?: number
  /** Renders anew whenever the address of a single-page application changes. */
  readonly followHistory?: boolean
  /** Hears in a sentence what goes wrong with telling events; decisions say so in their answers. */
  readonly onTrouble?: (trouble: string) => void
}

export interface DecideOptions {
  /** Facts of this moment, by the names that the strategy declares. */
  readonly context?: Readonly<Record<string, unknown>>
  readonly timeoutMs?: number
  /** What the page shows where no decision comes: contents by placement. */
  readonly fallback?: Fallback
  /** What the visitor just did; applied before deciding. */
  readonly events?: readonly BehaviourEvent[]
  /** Ids of offers that are not wanted this time. */
  readonly exclude?: readonly string[]
  /** Default: the language that the page says it is in. */
  readonly language?: string
}

export interface RenderOptions extends DecideOptions {
  /** Where to look for elements with data-offerd-placement; default: the whole page. */
  readonly root?: ParentNode
}

/** What may be said beside the type of what a customer did with an offer. */
export type Told = Pick<ToldEvent, 'id' | 'value' | 'reason' | 'until' | 'data'>

/** Nothing here throws or rejects, whatever becomes of the service. */
export interface Client {
  /** Id of the anonymous visitor, also where a known customer is asked about. */
  readonly visitorId: string
  /** What to show in some placements, asked for at once. */
  decide(
    placements: ReadonlyArray<string | PlacementRequest>,
    options?: DecideOptions
  ): Promise<Answer>
  /** Fills every element with data-offerd-placement, watches what is seen and tells what is clicked. */
  render(options?: RenderOptions): Promise<Answer>
  /** For another page of a single-page application: forgets what was shown, and renders. Later renderings on their own use these options. */
  navigate(options?: RenderOptions): Promise<Answer>
  /** For pages that render themselves: tells when the element was seen, and what is clicked in it. */
  watch(element: HTMLElement, offer: PlacedOffer): void
  /** Tells what was done with an offer: accept, reject, later and the like. Offers without a token are the page's own: nothing is told. */
  tell(type: string, offer: PlacedOffer, more?: Told): void
  /** Tells that what was clicked last came to something; or the last click on one offer, also on an earlier page. */
  convert(more?: Told & { readonly offerId?: string }): void
  /** From here on it is about this customer; undefined: about the anonymous visitor again. */
  identify(customer: CustomerRef | undefined): void
  setConsent(consent: Consent): void
}

/** A client for one page; make one and keep it. */
export function createClient(options: ClientOptions = {}): Client {
  const { url = HOME, key, channel = 'web', namespace = 'cookie', onTrouble } = options
  const { consent = 'denied', timeoutMs = DEFAULT_TIMEOUT_MS } = options
  const address = (path: string): string =>
    url.replace(/\/$/, '') + path + (key === undefined ? '' : `?key=${encodeURIComponent(key)}`)
  const visitor = createVisitor(consent)
  const outbox = createOutbox(address('/v1/events'), trouble => onTrouble?.(trouble))
  const watches = createWatch()
  const renderer = createRenderer(watch)
  let { customer } = options
  let aheadMs = 0
  let last: RenderOptions = {}

  function post(body: string, signal: AbortSignal): Promise<Response> {
    // Text needs no preflight, which would be a round trip before every first decision.
    return fetch(address('/v1/decisions'), { method: 'POST', body, signal, credentials: 'omit' })
  }

  async function decide(
    placements: ReadonlyArray<string | PlacementRequest>,
    more: DecideOptions = {}
  ): Promise<Answer> {
    const { context, events, exclude, language = pageLanguage() } = more
    const answer = await ask({
      request: {
        customer: customer ?? { id: visitor.id, namespace },
        channel,
        placements: placements.map(each => (typeof each === 'string' ? { id: each } : each)),
        context,
        events,
        exclude,
        language
      },
      timeoutMs: more.timeoutMs ?? timeoutMs,
      fallback: more.fallback ?? {},
      post
    })
    if (answer.decisionId !== undefined) aheadMs = answer.aheadMs
    return answer
  }

  // What people have seen already is not taken away from them.
  const render = (more?: RenderOptions): Promise<Answer> =>
    fill(performance.getEntriesByType('paint').length === 0, more)

  async function fill(areUnseen: boolean, more: RenderOptions = {}): Promise<Answer> {
    last = more
    const places = renderer.prepare(more.root ?? document, areUnseen)
    watches.forget(false)
    const answer = await decide(asked(places), more)
    await renderer.show(places, answer)
    return answer
  }

  function tell(type: string, { token }: PlacedOffer, more: Told = {}): void {
    if (token === undefined) return
    const time = new Date(Date.now() + aheadMs).toISOString()
    outbox.add({ ...more, type, token, time }, type !== 'impression')
  }

  function watch(element: HTMLElement, offer: PlacedOffer): void {
    const note = (type: string): void => {
      tell(type, offer)
      element.dispatchEvent(new CustomEvent('offerd', { bubbles: true, detail: { type, offer } }))
    }
    watches.add(element, () => note('impression'))
    const clicked = (event: Event): void => {
      const hit = (event.target as Element).closest<HTMLElement>('a,button,[data-offerd-event]')
      if (hit === null || !element.contains(hit)) return
      const type = hit.dataset['offerdEvent'] ?? 'click'
      if (offer.token !== undefined && (type === 'click' || type === 'accept'))
        visitor.noteClick(offer.offerId, offer.token)
      note(type)
    }
    element.addEventListener('click', clicked)
    // The middle button opens a link too.
    element.addEventListener('auxclick', event => {
      if (event.button === 1) clicked(event)
    })
  }

  function navigate(more: RenderOptions = last): Promise<Answer> {
    watches.forget(true)
    return fill(true, more)
  }

  if (options.followHistory === true) follow(() => void navigate())
  return {
    get visitorId() {
      return visitor.id
    },
    decide,
    render,
    navigate,
    watch,
    tell,
    convert({ offerId, ...more } = {}) {
      const token = visitor.clickedToken(offerId)
      if (token === undefined) onTrouble?.('Nothing was clicked that could be converted.')
      else tell('convert', { token } as PlacedOffer, more)
    },
    identify: next => void (customer = next),
    setConsent: visitor.setConsent
  }
}

/** What the page says in its lang attribute, where that is a language tag. */
function pageLanguage(): string | undefined {
  return /^[a-z]{2,8}(-[a-z\d]{1,8}){0,4}$/i.exec(document.documentElement.lang)?.[0]
}

/** Calls when the address has changed within the page; what changes behind the # does not count. */
function follow(changed: () => void): void {
  const address = (): string => location.pathname + location.search
  let known = address()
  const look = (): void => {
    if (address() === known) return
    known = address()
    changed()
  }
  // Browsers without the Navigation API tell of going back and forth only.
  const { navigation } = globalThis as { readonly navigation?: EventTarget }
  if (navigation === undefined) addEventListener('popstate', look)
  else navigation.addEventListener('navigatesuccess', look)
}
