import type { CustomerKey, Identity, Lexicon, Profile } from '../../domain/customer.js'
import { partyText } from '../../domain/identity.js'
import { StoreUnavailable } from '../../domain/refusal.js'
import { rewrite } from '../../domain/written-profile.js'
import type { ProfileChange } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { customerKeys, customerStem } from './keys.js'
import type { Aliases } from './aliases.js'
import type { Merging } from './merging.js'
import type { Names } from './names.js'
import {
  decodeProfile,
  decodeWritten,
  encodeNewProfile,
  encodeProfile,
  PROFILE_PREFIX_BYTES,
  unknownNames
} from './profile-codec.js'
import { CHANGE, REPLACE } from './scripts.js'
import { Turns } from './turns.js'
import { answerOf } from './wire.js'
import type { Argument } from './wire.js'

/** How often a change is tried against changes by other processes. */
const CHANGE_TRIES = 16
/** Profiles in one script: an import must not keep a decision's load waiting for long. */
const IMPORTED_TOGETHER = 100

type Entry = readonly [key: CustomerKey, profile: Profile]

/** Customers whose profiles are replaced in one call. */
interface Replacing {
  readonly customers: CustomerKey[]
  readonly keys: string[]
  readonly args: Argument[]
}

export interface ProfilesDeps {
  readonly connection: Connection
  readonly names: Names
  readonly aliases: Aliases
  readonly merging: Merging
  readonly nextStamp: () => Buffer
  /** ms since 1970. */
  readonly clock: () => number
}

/** Customers' profiles: read for people, changed and replaced, always in the record of the canonical key. */
export class Profiles {
  readonly #connection: Connection
  readonly #names: Names
  readonly #aliases: Aliases
  readonly #merging: Merging
  readonly #nextStamp: () => Buffer
  readonly #clock: () => number
  /** Changes of one process to one customer do not run into each other. */
  readonly #turns = new Turns()

  constructor({ connection, names, aliases, merging, nextStamp, clock }: ProfilesDeps) {
    this.#connection = connection
    this.#names = names
    this.#aliases = aliases
    this.#merging = merging
    this.#nextStamp = nextStamp
    this.#clock = clock
  }

  async decode(bytes: Buffer | null): Promise<Profile | undefined> {
    return bytes === null
      ? undefined
      : await this.#names.reading(() => decodeProfile(bytes, this.#names))
  }

  /** The lexicon's words must be registered. */
  change(key: CustomerKey, change: ProfileChange, lexicon: Lexicon): Promise<Profile> {
    return this.#turns.take(customerStem(key), () => this.#change(key, change, lexicon))
  }

  /** Of a customer given twice, under whichever of its keys, the last holds. The lexicon's words must be registered. */
  async replace(entries: readonly Entry[], lexicon: Lexicon): Promise<void> {
    await this.#names.register(entries.flatMap(([, profile]) => unknownNames(profile, this.#names)))
    const refused = new Map<string, CustomerKey>()
    for (let start = 0; start < entries.length; start += IMPORTED_TOGETHER) {
      const some = entries.slice(start, start + IMPORTED_TOGETHER)
      for (const key of await this.#replaceSome(some, lexicon)) refused.set(partyText(key), key)
    }
    if (refused.size === 0) return
    const identities = await Promise.all(
      [...refused].map(
        async ([text, key]) => [text, await this.#wholeIdentity(key, lexicon)] as const
      )
    )
    const canonicalOf = new Map(
      identities.flatMap(([, { canonical, members }]) =>
        members.map(member => [partyText(member), canonical])
      )
    )
    // A whole customer's canonical key may stand among the entries as well, before or after.
    const last = new Map<string, Entry>()
    for (const [key, profile] of entries) {
      const canonical = canonicalOf.get(partyText(key))
      if (canonical !== undefined) last.set(partyText(canonical), [canonical, profile])
    }
    await this.replace([...last.values()], lexicon)
  }

  async #change(key: CustomerKey, change: ProfileChange, lexicon: Lexicon): Promise<Profile> {
    for (let tries = 0; tries < CHANGE_TRIES; tries++) {
      const found = await this.#aliases.find(key, ['profile'])
      if (found === undefined) {
        await this.#merging.settle(key, lexicon)
        continue
      }
      const { canonical } = found.identity
      const stored = found.reply.profile
      const before =
        stored === null
          ? undefined
          : await this.#names.reading(() => decodeWritten(stored, canonical, this.#names))
      const profile = change(before?.profile)
      await this.#names.register(unknownNames(profile, this.#names))
      const written = rewrite(before, profile, { timeMs: this.#clock(), key: canonical })
      const bytes = encodeProfile(written, canonical, this.#names, this.#nextStamp())
      const expected = stored === null ? '' : stored.subarray(0, PROFILE_PREFIX_BYTES)
      const ttlMs = lexicon.retentionMs[canonical.namespace] ?? 0
      const args = [ttlMs, expected, bytes]
      if ((await this.#connection.run(CHANGE, profileKeys(canonical), args)) === 1) return profile
    }
    throw new StoreUnavailable('the customer is being changed by many callers at once; try again')
  }

  /** Answers the keys whose records are closed, or not whole yet. */
  async #replaceSome(entries: readonly Entry[], lexicon: Lexicon): Promise<CustomerKey[]> {
    const groups = this.#together(entries, lexicon)
    const calls = groups.map(({ keys, args }) => ({ script: REPLACE, keys, args }))
    const answers = await this.#connection.runAll(calls)
    return groups.flatMap(({ customers }, i) => {
      const done = answerOf(answers[i]) as number[]
      return customers.filter((_, n) => done[n] !== 1)
    })
  }

  /** One script call for many customers; where their keys may be on different servers, one call each. */
  #together(entries: readonly Entry[], { retentionMs }: Lexicon): Replacing[] {
    const groups = new Map<unknown, Replacing>()
    const timeMs = this.#clock()
    for (const [key, profile] of entries) {
      const ttlMs = retentionMs[key.namespace] ?? 0
      const together = this.#connection.spansCustomers ? ttlMs : key
      const group = groups.get(together) ?? { customers: [], keys: [], args: [ttlMs] }
      groups.set(together, group)
      group.customers.push(key)
      group.keys.push(...profileKeys(key).slice(0, ttlMs > 0 ? 5 : 3))
      group.args.push(encodeNewProfile(profile, timeMs, this.#names, this.#nextStamp()))
    }
    return [...groups.values()]
  }

  async #wholeIdentity(key: CustomerKey, lexicon: Lexicon): Promise<Identity> {
    return (
      (await this.#aliases.find(key, []))?.identity ?? (await this.#merging.settle(key, lexicon))
    )
  }
}

/** KEYS of CHANGE and REPLACE. */
function profileKeys(key: CustomerKey): string[] {
  const { profile, tombstone, alias, history, details } = customerKeys(key)
  return [profile, tombstone, alias, history, details]
}
