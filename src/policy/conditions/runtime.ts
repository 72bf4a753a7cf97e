import type { History } from '../../domain/history.js'
import { murmur3 } from '../hash.js'
import { carriesTag } from '../tags.js'

const HOUR_MS = 3_600_000
const EARTH_RADIUS_KM = 6371.0088
const RADIANS = Math.PI / 180

/** What generated conditions call. Truth is 0 or 1 here, a missing number NaN. */
export const runtime = {
  nothing: Object.freeze([]),
  lastSeen(history: History, type: number, offer: number, nowMs: number): number {
    const lastMs = history.lastMs(type, offer, nowMs)
    return lastMs < 0 ? -1 : (nowMs - lastMs) / HOUR_MS
  },
  tagged(tags: readonly string[], path: string): number {
    return carriesTag(tags, path) ? 1 : 0
  },
  bucket(salt: string, subject: string): number {
    return murmur3(`${salt}:${subject}`) / 2 ** 32
  },
  /** 1 when two points are at most `km` apart on the great circle (haversine, mean earth radius); degrees. */
  near(
    latitude: number,
    longitude: number,
    toLatitude: number,
    toLongitude: number,
    km: number
  ): number {
    const a =
      Math.sin(((toLatitude - latitude) * RADIANS) / 2) ** 2 +
      Math.cos(latitude * RADIANS) *
        Math.cos(toLatitude * RADIANS) *
        Math.sin(((toLongitude - longitude) * RADIANS) / 2) ** 2
    const distanceKm = 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(a)))
    return distanceKm <= km ? 1 : distanceKm > km ? 0 : NaN
  },
  /** Characters of a text as CEL counts them: code points. */
  size(text: string): number {
    let count = text.length
    for (let i = 1; i < text.length; i++) {
      if ((text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800)
        count--
    }
    return count
  }
}
