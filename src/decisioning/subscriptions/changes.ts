import { customerText, type CustomerKey } from '../../domain/customer.js'
import type { Announcements, CustomerStore, Log } from '../ports.js'

/** News of customers, between the processes that share a store. What is told while the store is away is lost. */
export interface Changes {
  /** Never waits and never throws; what is told within one turn goes in one announcement. */
  tell(customers: readonly CustomerKey[]): void
  /** Calls back with the customerText of everyone that is told of, on any process, until the returned function is called. */
  listen(heard: (customer: string) => void): () => void
}

const TOPIC = 'customers'
/** Customers in one announcement: its text is to stay a small one. */
const TOLD_TOGETHER = 200

export function createChanges(announcements: Announcements, log: Log): Changes {
  let waiting = new Set<string>()

  function announce(): void {
    const customers = [...waiting]
    waiting = new Set()
    for (let start = 0; start < customers.length; start += TOLD_TOGETHER) {
      const text = JSON.stringify(customers.slice(start, start + TOLD_TOGETHER))
      announcements.announce(TOPIC, text).catch((error: unknown) => {
        log.debug({ err: error }, 'who waits for news of customers could not be told')
      })
    }
  }

  return {
    tell(customers) {
      if (customers.length === 0) return
      if (waiting.size === 0) setImmediate(announce)
      for (const customer of customers) waiting.add(customerText(customer))
    },
    listen: heard =>
      announcements.listen(TOPIC, text => {
        for (const customer of JSON.parse(text) as string[]) heard(customer)
      })
  }
}

/** The store, telling of every customer that something is written of, once it is stored; imports are not told. */
export function tellingOf(customers: CustomerStore, { tell }: Changes): CustomerStore {
  async function told<T>(
    writing: Promise<T>,
    whom: (written: T) => readonly CustomerKey[]
  ): Promise<T> {
    const written = await writing
    tell(whom(written))
    return written
  }

  return {
    load: (key, lexicon) => customers.load(key, lexicon),
    peek: (key, lexicon) => customers.peek(key, lexicon),
    read: key => customers.read(key),
    history: (key, limit) => customers.history(key, limit),
    identityOf: key => customers.identityOf(key),
    packState: state => customers.packState(state),
    openState: (packed, lexicon) => customers.openState(packed, lexicon),
    importMany: (profiles, lexicon) => customers.importMany(profiles, lexicon),
    release: (key, ids) => customers.release(key, ids),
    hold: (state, hold, lexicon) =>
      told(customers.hold(state, hold, lexicon), ({ held }) =>
        held && hold.events.length > 0 ? [state.key] : []
      ),
    appendAndLoad: (events, key, lexicon) =>
      told(customers.appendAndLoad(events, key, lexicon), () => [key]),
    append: events =>
      told(customers.append(events), outcomes =>
        events.flatMap(({ customer }, i) => (outcomes[i] === 'stored' ? [customer] : []))
      ),
    change: (key, change, lexicon) => told(customers.change(key, change, lexicon), () => [key]),
    erase: key => told(customers.erase(key), () => [key]),
    merge: (one, other, lexicon) =>
      told(customers.merge(one, other, lexicon), ({ members }) => members)
  }
}
