import type { StrategyArchive } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { archiveKey } from './keys.js'
import { PUT_PART, RENEW_PART } from './scripts.js'
import { answerOf } from './wire.js'

/** The parts of strategies in Redis, each under a key of its own that lapses. */
export function createArchive(connection: Connection): StrategyArchive {
  return {
    async renew(names, lifetimeMs) {
      const calls = names.map(name => ({
        script: RENEW_PART,
        keys: [archiveKey(name)],
        args: [lifetimeMs]
      }))
      const answers = await connection.runAll(calls)
      return names.filter((_, i) => answerOf(answers[i]) === 0)
    },
    async put(name, bytes, lifetimeMs) {
      const part = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      await connection.run(PUT_PART, [archiveKey(name)], [lifetimeMs, part])
    },
    async get(name) {
      return ((await connection.command('GET', archiveKey(name))) as Buffer | null) ?? undefined
    }
  }
}
