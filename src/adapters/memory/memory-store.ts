import type { Announcements, SharedDocuments, Store } from '../../decisioning/ports.js'
import { createArchive } from './memory-archive.js'
import { MemoryCustomers } from './memory-customers.js'
import { MemoryExposures } from './memory-exposures.js'
import { createMemoryJournal } from './memory-journal.js'
import { MemoryLearning } from './memory-learning.js'
import { MemoryQuotas } from './memory-quotas.js'
import { MemoryRecords } from './memory-records.js'

export interface MemoryStoreOptions {
  /** Most bytes of decision records; default 1 GiB. */
  readonly recordBytes?: number
  /** Most lessons that wait for the learner; default 200,000. */
  readonly mostLessons?: number
  /** ms since 1970; default the system's clock. */
  readonly clock?: () => number
}

/** A store in the memory of this process, for trying things out and for tests: nothing survives the process or leaves it. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const clock = options.clock ?? Date.now
  const quotas = new MemoryQuotas(clock)
  const exposures: MemoryExposures = new MemoryExposures(key => customers.isErased(key))
  const customers = new MemoryCustomers(clock, quotas, exposures)
  return {
    kind: 'memory',
    description: 'memory of this process (nothing is kept when it ends)',
    customers,
    quotas,
    records: new MemoryRecords(clock, options.recordBytes ?? 2 ** 30),
    journal: createMemoryJournal(),
    outlet: undefined,
    exposures,
    learning: new MemoryLearning(clock, options.mostLessons ?? 200_000),
    documents: createDocuments(clock),
    archive: createArchive(clock),
    announcements: createAnnouncements(),
    trouble: async () => undefined,
    close: async () => undefined
  }
}

function createDocuments(clock: () => number): SharedDocuments {
  const texts = new Map<string, string>()
  const series = new Map<string, Map<string, number>>()
  const claims = new Map<string, { text: string; expiresAtMs: number }>()
  const claimOf = (name: string) => {
    const held = claims.get(name)
    if (held === undefined || held.expiresAtMs > clock()) return held
    claims.delete(name)
    return undefined
  }
  // Settled ones stand in the order in which they lapse; one that is worked on keeps those behind it a little longer.
  const forgetLapsed = () => {
    for (const [name, { expiresAtMs }] of claims) {
      if (expiresAtMs > clock()) return
      claims.delete(name)
    }
  }
  return {
    async putOnce(name, text) {
      if (!texts.has(name)) texts.set(name, text)
      return texts.get(name)!
    },
    async get(name) {
      return texts.get(name)
    },
    async numberOf(name, key) {
      const numbers = series.get(name) ?? new Map<string, number>()
      series.set(name, numbers)
      if (!numbers.has(key)) numbers.set(key, numbers.size + 1)
      return numbers.get(key)!
    },
    async claim(name, lifetimeMs) {
      const held = claimOf(name)
      if (held !== undefined) return { mine: false, text: held.text }
      forgetLapsed()
      claims.set(name, { text: '', expiresAtMs: clock() + lifetimeMs })
      return { mine: true }
    },
    async settle(name, text, lifetimeMs) {
      if (claimOf(name) === undefined) return
      claims.delete(name)
      claims.set(name, { text, expiresAtMs: clock() + lifetimeMs })
    },
    async release(name) {
      claims.delete(name)
    }
  }
}

function createAnnouncements(): Announcements {
  const listeners = new Map<string, Set<(text: string) => void>>()
  return {
    async announce(topic, text) {
      // As from a server: never inside the announcer's own call.
      setImmediate(() => {
        for (const heard of listeners.get(topic) ?? []) heard(text)
      })
    },
    listen(topic, heard) {
      const own = (text: string) => heard(text)
      const all = listeners.get(topic) ?? new Set()
      listeners.set(topic, all.add(own))
      return () => void all.delete(own)
    }
  }
}
