/** Whether the visitor agreed to be known again on the next page and the next day. */
export type Consent = 'granted' | 'denied'

const STORED_AS = 'offerd'
/** Tokens of the offers clicked last, for conversions on later pages. */
const MOST_CLICKED = 20

interface Remembered {
  readonly id: string
  /** Offer → token, the newest last. */
  readonly clicked: Readonly<Record<string, string>>
}

export interface Visitor {
  readonly id: string
  setConsent(consent: Consent): void
  noteClick(offerId: string, token: string): void
  /** The token of the offer when it was clicked last; of whatever was clicked last where no offer is named. */
  clickedToken(offerId: string | undefined): string | undefined
}

/** Somebody whom nobody knows. Kept in the browser with consent only; without, in memory and until the page goes. */
export function createVisitor(consent: Consent): Visitor {
  let isKept = consent === 'granted'
  let remembered = (isKept && read()) || newcomer()
  const keep = (): void => {
    inStorage(storage => {
      if (isKept) storage.setItem(STORED_AS, JSON.stringify(remembered))
      else storage.removeItem(STORED_AS)
    })
  }
  keep()
  return {
    get id() {
      return remembered.id
    },
    setConsent(next) {
      const wasKept = isKept
      isKept = next === 'granted'
      if (isKept && !wasKept) remembered = read() ?? remembered
      // Who takes consent back is somebody new from here on.
      if (!isKept && wasKept) remembered = newcomer()
      keep()
    },
    noteClick(offerId, token) {
      const { [offerId]: _, ...others } = remembered.clicked
      const newest = [...Object.entries(others), [offerId, token] as const].slice(-MOST_CLICKED)
      remembered = { id: remembered.id, clicked: Object.fromEntries(newest) }
      keep()
    },
    clickedToken(offerId) {
      const { clicked } = remembered
      return offerId === undefined ? Object.values(clicked).pop() : clicked[offerId]
    }
  }
}

function newcomer(): Remembered {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return { id: Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(''), clicked: {} }
}

function read(): Remembered | undefined {
  const text = inStorage(storage => storage.getItem(STORED_AS))
  if (typeof text !== 'string') return undefined
  try {
    const { id, clicked } = JSON.parse(text) as Remembered
    return /^[0-9a-f]{32}$/.test(id) ? { id, clicked: { ...clicked } } : undefined
  } catch {
    // Something else wrote there; it is written anew.
    return undefined
  }
}

/** Browsers may forbid storage altogether; then nothing is kept, which is what a visitor without consent gets. */
function inStorage<Found>(use: (storage: Storage) => Found): Found | undefined {
  try {
    return use(localStorage)
  } catch {
    return undefined
  }
}
