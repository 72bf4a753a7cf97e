import type { Config } from '../config.js'

/** Nobody's page waits for a command: it is better late than told that a busy store did not answer. */
const PATIENCE_MS = 5000

/** The configuration of a command that reads much of the store, unless the environment says how long to wait. */
export function patient(config: Config): Config {
  return { ...config, redisTimeoutMs: config.redisTimeoutMs ?? PATIENCE_MS }
}
