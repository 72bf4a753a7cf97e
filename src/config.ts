import { z } from 'zod'
import { nearest } from './domain/nearest.js'

/** What the environment and the command line say, checked once. Folders and files are as written, relative to the working folder. */
export interface Config {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** undefined: the service starts a store of its own. */
  readonly redisUrl: string | undefined
  /** Files in PEM for an encrypted connection to the store: authorities, own certificate, its key. */
  readonly redisTls: {
    readonly ca: string | undefined
    readonly cert: string | undefined
    readonly key: string | undefined
  }
  /** How long a caller waits for one read of the store; undefined: briefly in a service, patiently in a command. */
  readonly redisTimeoutMs: number | undefined
  readonly rulesDir: string
  readonly modelsDir: string
  /** Where the self-started store keeps its files. */
  readonly dataDir: string
  /** undefined: each command has its own. */
  readonly logLevel: LogLevel | undefined
  /** The first seals, all open; empty: made once and kept in the store. */
  readonly tokenSecrets: readonly string[]
  /** undefined: no keys, so loopback only. */
  readonly keysFile: string | undefined
  /** The key that a command presents to a running service. */
  readonly key: string | undefined
  /** How many bytes of decision records the store keeps, oldest out first. */
  readonly recordBytes: number
  /** How many bytes of the journal may wait in the store for its disk. */
  readonly journalBytes: number
  /** How many processes serve; `auto`: as many as there are processors. */
  readonly workers: number | 'auto'
  /** How many connections a process takes at once. */
  readonly connections: number
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a command line may say over the environment. */
export interface ConfigOverrides {
  readonly rules?: string | undefined
  readonly models?: string | undefined
}

/** Every mistake in the environment, one sentence each. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

const MAX_PORT = 65_535
const MIN_SECRET_LENGTH = 16
const GIBIBYTE = 2 ** 30
const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: GIBIBYTE
}

const LEAST_TIMEOUT_MS = 10
const MOST_TIMEOUT_MS = 60_000
const WHOLE_MS = `a whole number of milliseconds from ${LEAST_TIMEOUT_MS} to ${MOST_TIMEOUT_MS}`

const MOST_WORKERS = 256
const WORKERS = `a whole number from 1 to ${MOST_WORKERS}, or auto for one a processor`

const LEAST_CONNECTIONS = 10
const MOST_CONNECTIONS = 1_000_000
const CONNECTIONS = `a whole number from ${LEAST_CONNECTIONS} to ${MOST_CONNECTIONS}`

const Path = z.string()

/** Each message finishes the sentence "VARIABLE must be …". */
const Environment = z.object({
  OFFERD_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/, 'the address or name of a network interface, such as 127.0.0.1')
    .default('127.0.0.1'),
  OFFERD_PORT: z
    .string()
    .regex(/^\d{1,5}$/, `a whole number from 0 (any free port) to ${MAX_PORT}`)
    .transform(Number)
    .refine(port => port <= MAX_PORT, `a whole number from 0 (any free port) to ${MAX_PORT}`)
    .default(8484),
  OFFERD_REDIS_URL: z
    .string()
    .regex(
      /^(rediss?(\+sentinel)?:\/\/.+|unix:.+|[/.].+)$/,
      'redis://HOST:PORT/DB, rediss://USER:PASSWORD@HOST:PORT/DB for TLS, several of them with commas between for a cluster, redis+sentinel://HOST:PORT,HOST:PORT/NAME for a master that sentinels name, or the path of a socket'
    )
    .optional(),
  OFFERD_REDIS_CA: Path.optional(),
  OFFERD_REDIS_CERT: Path.optional(),
  OFFERD_REDIS_KEY: Path.optional(),
  OFFERD_REDIS_TIMEOUT_MS: z
    .string()
    .regex(/^\d{1,5}$/, WHOLE_MS)
    .transform(Number)
    .refine(ms => ms >= LEAST_TIMEOUT_MS && ms <= MOST_TIMEOUT_MS, WHOLE_MS)
    .optional(),
  OFFERD_RULES: Path.default('rules'),
  OFFERD_MODELS: Path.default('models'),
  OFFERD_DATA: Path.default('.offerd'),
  OFFERD_WORKERS: z
    .string()
    .regex(/^(auto|[1-9]\d{0,2})$/, WORKERS)
    .transform(text => (text === 'auto' ? text : Number(text)))
    .refine(workers => workers === 'auto' || workers <= MOST_WORKERS, WORKERS)
    .default(1),
  OFFERD_CONNECTIONS: z
    .string()
    .regex(/^\d{1,7}$/, CONNECTIONS)
    .transform(Number)
    .refine(count => count >= LEAST_CONNECTIONS && count <= MOST_CONNECTIONS, CONNECTIONS)
    .default(10_000),
  OFFERD_LOG_LEVEL: z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`).optional(),
  OFFERD_TOKEN_SECRET: z
    .string()
    .transform(text => text.split(',').map(secret => secret.trim()))
    .refine(
      secrets => secrets.every(secret => secret.length >= MIN_SECRET_LENGTH),
      `one secret, or new,old while rotating, each of at least ${MIN_SECRET_LENGTH} characters (openssl rand -hex 32)`
    )
    .default([]),
  OFFERD_KEYS: Path.optional(),
  OFFERD_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'a key of the running service, without spaces')
    .optional(),
  OFFERD_RECORD_BYTES: z
    .string()
    .transform(bytesOf)
    .refine(bytes => bytes >= 2 ** 20, 'a size of at least 1MiB, such as 512MiB or 4GB')
    .default(GIBIBYTE),
  OFFERD_JOURNAL_BYTES: z
    .string()
    .transform(bytesOf)
    .refine(bytes => bytes >= 2 ** 20, 'a size of at least 1MiB, such as 256MiB or 1GB')
    .default(GIBIBYTE / 4)
})

type Variable = keyof typeof Environment.shape
const VARIABLES = Object.keys(Environment.shape) as Variable[]
/** Their values are never shown: secrets, and addresses that may hold a password. */
const HIDDEN: ReadonlySet<string> = new Set<Variable>([
  'OFFERD_TOKEN_SECRET',
  'OFFERD_REDIS_URL',
  'OFFERD_KEY'
])

/**
 * Checks the environment and answers what it says, with warnings about variables that nobody reads.
 * A variable that is set to nothing counts as not set. Throws ConfigRefused with every mistake.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  overrides: ConfigOverrides = {}
): { readonly config: Config; readonly warnings: readonly string[] } {
  const set = Object.fromEntries(VARIABLES.flatMap(name => (env[name] ? [[name, env[name]]] : [])))
  const parsed = Environment.safeParse(set)
  if (!parsed.success)
    throw new ConfigRefused(parsed.error.issues.map(issue => sentenceOf(issue, env)))
  const said = parsed.data
  const config = Object.freeze({
    host: said.OFFERD_HOST,
    port: said.OFFERD_PORT,
    redisUrl: said.OFFERD_REDIS_URL,
    redisTls: {
      ca: said.OFFERD_REDIS_CA,
      cert: said.OFFERD_REDIS_CERT,
      key: said.OFFERD_REDIS_KEY
    },
    redisTimeoutMs: said.OFFERD_REDIS_TIMEOUT_MS,
    rulesDir: overrides.rules ?? said.OFFERD_RULES,
    modelsDir: overrides.models ?? said.OFFERD_MODELS,
    dataDir: said.OFFERD_DATA,
    logLevel: said.OFFERD_LOG_LEVEL,
    tokenSecrets: said.OFFERD_TOKEN_SECRET,
    keysFile: said.OFFERD_KEYS,
    key: said.OFFERD_KEY,
    recordBytes: said.OFFERD_RECORD_BYTES,
    journalBytes: said.OFFERD_JOURNAL_BYTES,
    workers: said.OFFERD_WORKERS,
    connections: said.OFFERD_CONNECTIONS
  })
  return { config, warnings: unknownVariables(env) }
}

/** Why the service must not listen where it was told to; undefined when it may. */
export function exposureProblem(config: Config): string | undefined {
  if (config.keysFile !== undefined || isLoopback(config.host)) return undefined
  return `OFFERD_HOST is "${config.host}", which other machines can reach, but there are no keys: set OFFERD_KEYS to a key file, or OFFERD_HOST to 127.0.0.1`
}

/** True for addresses and names that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function sentenceOf(
  issue: z.core.$ZodIssue,
  env: Readonly<Record<string, string | undefined>>
): string {
  const name = String(issue.path[0])
  const value = HIDDEN.has(name) ? '(value not shown)' : `is "${env[name] ?? ''}"; it`
  return `${name} ${value} must be ${issue.message}`
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env)
    .filter(name => name.startsWith('OFFERD_') && !(name in Environment.shape))
    .map(name => {
      const meant = nearest(name, VARIABLES)
      return `${name} is set, but nothing reads it${meant === undefined ? '' : `; did you mean ${meant}?`}`
    })
}

/** Bytes of a size such as 512MiB; NaN when it is none. */
function bytesOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+)\s?([A-Za-z]*)$/.exec(text) ?? []
  return digits === undefined ? Number.NaN : Number(digits) * (BYTE_UNITS[unit] ?? Number.NaN)
}
