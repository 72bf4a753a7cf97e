import type { StrategyArchive } from '../../decisioning/ports.js'

/** The parts of strategies in the memory of this process. */
export function createArchive(clock: () => number): StrategyArchive {
  const parts = new Map<string, { bytes: Uint8Array; expiresAtMs: number }>()
  const find = (name: string) => {
    const part = parts.get(name)
    if (part === undefined || part.expiresAtMs > clock()) return part
    parts.delete(name)
    return undefined
  }
  return {
    async renew(names, lifetimeMs) {
      return names.filter(name => {
        const part = find(name)
        if (part !== undefined) part.expiresAtMs = clock() + lifetimeMs
        return part === undefined
      })
    },
    async put(name, bytes, lifetimeMs) {
      parts.set(name, { bytes, expiresAtMs: clock() + lifetimeMs })
    },
    async get(name) {
      return find(name)?.bytes
    }
  }
}
