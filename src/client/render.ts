import type { Answer } from './ask.js'
import { elementOf } from './fill.js'
import type { PlacedOffer, PlacementRequest } from './wire.js'

/** Elements of a page that wait to be filled. */
export interface Places {
  /** By the placement that each names. */
  readonly byPlacement: ReadonlyMap<string, readonly HTMLElement[]>
  /** Number of the question that they wait for. */
  readonly turn: number
}

/** What a place held before anything was decided, and the newest question that it waits for. */
interface PlaceState {
  readonly own: readonly Node[]
  turn: number
}

export interface Renderer {
  /**
   * All places under a root; in each the page's own content stays until `show`, and its space is kept. What is not to be seen before it is
   * final is hidden: places that are new, where `areUnseen` says that nobody has seen them yet.
   */
  prepare(root: ParentNode, areUnseen: boolean): Places
  /** Puts the offers into their places, all in one frame; places that wait for a newer answer are left alone. */
  show(places: Places, answer: Answer): Promise<void>
}

/** Fills places. `shown` is called with each element that now stands for an offer. */
export function createRenderer(
  shown: (element: HTMLElement, offer: PlacedOffer) => void
): Renderer {
  const states = new WeakMap<HTMLElement, PlaceState>()
  let turn = 0

  return {
    prepare(root, areUnseen) {
      turn++
      const byPlacement = new Map<string, HTMLElement[]>()
      for (const place of root.querySelectorAll<HTMLElement>('[data-offerd-placement]')) {
        const id = place.dataset['offerdPlacement'] ?? ''
        byPlacement.set(id, [...(byPlacement.get(id) ?? []), place])
        const state = states.get(place)
        if (state === undefined) {
          states.set(place, { own: [...place.childNodes], turn })
          keepSpace(place)
          if (areUnseen) place.style.visibility = 'hidden'
        } else state.turn = turn
        place.ariaBusy = 'true'
      }
      return { byPlacement, turn }
    },

    async show(places, answer) {
      await nextFrame()
      for (const { id, offers } of answer.placements) {
        const waiting = places.byPlacement.get(id) ?? []
        for (const [index, place] of waiting.entries()) {
          const state = states.get(place)
          if (state?.turn !== places.turn) continue
          // Places of the same name share its offers out, one each; the last takes what is left.
          const end = index + 1 < waiting.length ? index + 1 : undefined
          fill(place, state.own, offers.slice(index, end))
        }
      }
    }
  }

  function fill(place: HTMLElement, own: readonly Node[], offers: readonly PlacedOffer[]): void {
    // The template goes back first: an earlier answer has taken it out.
    place.replaceChildren(...own)
    const elements = offers.map(offer => elementOf(offer, place))
    if (elements.length > 0) place.replaceChildren(...elements)
    place.dataset['offerdState'] = elements.length > 0 ? 'offer' : 'own'
    place.style.visibility = ''
    place.ariaBusy = null
    elements.forEach((element, i) => shown(element, offers[i]!))
  }
}

/** What is in the place may become less; what stands below it stays where it is, until the window changes. */
function keepSpace(place: HTMLElement): void {
  const width = innerWidth
  place.style.minHeight = `${place.offsetHeight}px`
  addEventListener('resize', function release() {
    if (innerWidth === width) return
    place.style.minHeight = ''
    removeEventListener('resize', release)
  })
}

/** Pages in the background have no frames. */
function nextFrame(): Promise<void> {
  return new Promise(done => {
    if (document.visibilityState === 'hidden') done()
    else requestAnimationFrame(() => done())
  })
}

/** What to ask for so that every place can be filled; data-offerd-count says how many where the strategy should not. */
export function asked({ byPlacement }: Places): PlacementRequest[] {
  return Array.from(byPlacement, ([id, elements]) => {
    const count = Number(elements[0]?.dataset['offerdCount'])
    return {
      id,
      ...(count > 0 ? { count } : elements.length > 1 ? { count: elements.length } : {})
    }
  })
}
