import type { Journal } from '../../decisioning/ports.js'

/** No journal: nothing of this process outlives it, so what would be journalled is dropped and counted. */
export function createMemoryJournal(): Journal {
  let dropped = 0
  return {
    isFull: false,
    async append(events) {
      dropped += events.length
    },
    async standing() {
      return {
        waitingBytes: 0,
        waiting: 0,
        mostBytes: 0,
        dropped,
        exported: 0,
        oldestMs: undefined,
        isExported: false,
        trouble: undefined
      }
    }
  }
}
