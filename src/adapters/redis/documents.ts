import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { SharedDocuments } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { claimKey, documentKey, seriesKey } from './keys.js'
import { CLAIM, NUMBER_OF, PUT_ONCE, RELEASE, SETTLE } from './scripts.js'

const STAMP_CHARS = 16
const CLAIMS_REMEMBERED = 100_000

/** A claim is stored as the holder's stamp and its text, so that a claim which lapsed is never settled or released for its next holder. */
export function createDocuments(connection: Connection): SharedDocuments {
  const stamps = new LRUCache<string, string>({ max: CLAIMS_REMEMBERED })
  return {
    async putOnce(name, text) {
      return String(await connection.run(PUT_ONCE, [documentKey(name)], [text]))
    },
    async get(name) {
      const text = (await connection.command('GET', documentKey(name))) as Buffer | null
      return text?.toString()
    },
    async numberOf(series, key) {
      return Number(await connection.run(NUMBER_OF, [seriesKey(series)], [key]))
    },
    async claim(name, lifetimeMs) {
      const stamp = randomBytes(STAMP_CHARS / 2).toString('hex')
      const held = String(await connection.run(CLAIM, [claimKey(name)], [lifetimeMs, stamp]))
      if (!held.startsWith(stamp)) return { mine: false, text: held.slice(STAMP_CHARS) }
      stamps.set(name, stamp)
      return { mine: true }
    },
    async settle(name, text, lifetimeMs) {
      const stamp = stamps.get(name)
      if (stamp !== undefined)
        await connection.run(SETTLE, [claimKey(name)], [stamp, text, lifetimeMs])
    },
    async release(name) {
      const stamp = stamps.get(name)
      stamps.delete(name)
      if (stamp !== undefined) await connection.run(RELEASE, [claimKey(name)], [stamp])
    }
  }
}
