import { createHash, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import {
  LOAD_CLASSES,
  ROLES,
  SCOPES,
  type Caller,
  type Right,
  type Role,
  type Scope
} from '../domain/caller.js'
import { createBucket, createLookUpLimit, type Bucket, type LookUpLimit } from './rate.js'
import { id } from './schemas.js'

/** One key of the key file, ready to be asked. */
export interface Key {
  readonly caller: Caller
  /** The beginning of its hash: what stands for the key says by this which key of the name it stood for. */
  readonly fingerprint: string
  /** Exact origins of the pages that may use it; empty for keys of servers. */
  readonly origins: ReadonlySet<string>
  /** undefined: no limit. */
  readonly bucket: Bucket | undefined
  /** How many people it may look up; undefined: as many as it can. */
  readonly lookUps: LookUpLimit | undefined
}

/** All keys. Without a key file there is none, and callers on loopback may do everything. */
export interface KeyRing {
  readonly size: number
  /** The key that was presented, if it is one of ours. */
  find(presented: string): Key | undefined
  /** The key of this id. */
  named(id: string): Key | undefined
  /** True when a page of this origin may use one of the keys. */
  hasOrigin(origin: string): boolean
}

/** Thrown for a key file that cannot be used: everything wrong with it, one sentence a line. */
export class KeysRefused extends Error {
  override readonly name = 'KeysRefused'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

const names = z.array(id).min(1, 'must name at least one').max(1000)
const origin = z
  .string()
  .refine(
    isOrigin,
    'must be an exact origin such as https://shop.example, without a path or a slash at the end'
  )

const keyEntry = z
  .strictObject({
    id,
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be the key's SHA-256 in 64 lower-case hexadecimal digits"),
    scopes: z
      .array(z.enum(Object.keys(SCOPES) as [Scope, ...Scope[]]))
      .min(1, 'must name at least one')
      .optional(),
    role: z.enum(Object.keys(ROLES) as [Role, ...Role[]]).optional(),
    publishable: z.boolean().default(false),
    namespaces: names.optional(),
    channels: names.optional(),
    origins: z.array(origin).min(1, 'must name at least one').max(1000).optional(),
    class: z.enum(LOAD_CLASSES).optional().meta({
      description: 'What goes first under overload; agent for the role agent, else web.'
    }),
    rate: z
      .number()
      .positive()
      .max(1_000_000)
      .optional()
      .meta({ description: 'Requests per second; as many at once.' }),
    lookUps: z
      .int()
      .positive()
      .max(1_000_000)
      .optional()
      .meta({ description: 'People looked up per minute; as many at once. 60 for agents.' })
  })
  .superRefine((key, context) => {
    const fault = (name: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [name], message })
    if ((key.role === undefined) === (key.scopes === undefined))
      fault('scopes', 'must be named, or a role instead: one of both')
    if (!key.publishable) {
      if (key.origins !== undefined)
        fault('origins', 'are for publishable keys; browsers must not carry this one')
      return
    }
    for (const name of ['namespaces', 'channels', 'origins'] as const) {
      if (key[name] === undefined)
        fault(name, 'must be named: a publishable key works nowhere else')
    }
    if (key.role !== undefined)
      fault('role', 'is for a key of somebody who keeps it secret; a publishable key has scopes')
    if (key.class === 'agent')
      fault('class', 'must not be agent on a publishable key: everybody can read that one')
    const { scopes = [] } = key
    const beyond = scopes.filter(scope => scope !== 'decide' && scope !== 'events')
    if (beyond.length > 0)
      fault('scopes', `may be decide and events on a publishable key, not ${beyond.join(', ')}`)
  })

/** The content of OFFERD_KEYS. */
const keyFile = z.strictObject({
  keys: z.array(keyEntry).min(1, 'must hold at least one key').max(10_000)
})

type KeyEntry = z.infer<typeof keyEntry>

/** Who talks with customers meets fewer in a minute; who copies the customer base meets more. */
const LOOK_UPS_OF_AGENTS = 60

/** Presented keys whose hash is remembered: hashing costs more than the rest of the check. */
const REMEMBERED = 1000

/** The ring of a deployment without a key file. */
export const NO_KEYS: KeyRing = Object.freeze({
  size: 0,
  find: () => undefined,
  named: () => undefined,
  hasOrigin: () => false
})

/** Reads the parsed key file. `clock` counts milliseconds and never runs backwards. Throws KeysRefused. */
export function createKeyRing(content: unknown, clock: () => number): KeyRing {
  const parsed = keyFile.safeParse(content)
  if (!parsed.success) throw new KeysRefused(parsed.error.issues.map(sentenceOf))
  const { keys } = parsed.data
  refuseTwins(keys)
  const ring = keys.map(entry => ({
    digest: Buffer.from(entry.sha256, 'hex'),
    key: keyOf(entry, clock)
  }))
  const byId = new Map(ring.map(({ key }) => [key.caller.id, key]))
  const origins = new Set(keys.flatMap(entry => entry.origins ?? []))
  // Only keys that are ours are remembered, so that guesses neither fill the memory nor push good keys out.
  const known = new LRUCache<string, Key>({ max: REMEMBERED })
  return {
    size: keys.length,
    named: keyId => byId.get(keyId),
    hasOrigin: text => origins.has(text),
    find(presented) {
      const remembered = known.get(presented)
      if (remembered !== undefined) return remembered
      const found = search(ring, createHash('sha256').update(presented).digest())
      if (found !== undefined) known.set(presented, found)
      return found
    }
  }
}

/** Compares with every digest, so that the time taken tells nothing about how near a guess was. */
function search(
  ring: ReadonlyArray<{ digest: Buffer; key: Key }>,
  digest: Buffer
): Key | undefined {
  let found: Key | undefined
  for (const each of ring) if (timingSafeEqual(each.digest, digest)) found = each.key
  return found
}

function keyOf(entry: KeyEntry, clock: () => number): Key {
  const lookUps = entry.lookUps ?? (entry.role === 'agent' ? LOOK_UPS_OF_AGENTS : undefined)
  return {
    caller: Object.freeze({
      id: entry.id,
      rights: rightsOf(entry),
      publishable: entry.publishable,
      namespaces: entry.namespaces && new Set(entry.namespaces),
      channels: entry.channels && new Set(entry.channels),
      loadClass: entry.class ?? (entry.role === 'agent' ? 'agent' : 'web')
    }),
    fingerprint: entry.sha256.slice(0, 16),
    origins: new Set(entry.origins ?? []),
    bucket: entry.rate === undefined ? undefined : createBucket(entry.rate, clock),
    lookUps: lookUps === undefined ? undefined : createLookUpLimit(lookUps, clock)
  }
}

function rightsOf({ role, scopes = [] }: KeyEntry): ReadonlySet<Right> {
  return new Set(role === undefined ? scopes.flatMap(scope => SCOPES[scope]) : ROLES[role])
}

function refuseTwins(keys: readonly KeyEntry[]): void {
  const problems: string[] = []
  for (const name of ['id', 'sha256'] as const) {
    const seen = new Set<string>()
    keys.forEach((key, i) => {
      if (seen.has(key[name]))
        problems.push(`keys[${i}].${name}: another key has the same one; give each its own`)
      seen.add(key[name])
    })
  }
  if (problems.length > 0) throw new KeysRefused(problems)
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const place = issue.path.reduce<string>(
    (text, step) =>
      typeof step === 'number'
        ? `${text}[${step}]`
        : `${text}${text === '' ? '' : '.'}${String(step)}`,
    ''
  )
  return `${place === '' ? 'the key file' : place}: ${issue.message}`
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}
