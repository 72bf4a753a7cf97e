import { randomUUID } from 'node:crypto'
import { StoreUnavailable } from '../../domain/refusal.js'
import type { Log } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { UnreadableRecord } from './errors.js'
import { NAMES_KEY } from './keys.js'
import { REGISTER, RESTORE_NAMES } from './scripts.js'

/**
 * The kinds of names that are stored as numbers, each counted from 1, and the letter before a name in the registry.
 * Sources, treatments and placements may come from outside without end: past a number (scripts.ts) they stay texts.
 */
const LETTERS = {
  attribute: 'a',
  purpose: 'p',
  type: 't',
  offer: 'o',
  channel: 'c',
  tag: 'g',
  source: 's',
  treatment: 'm',
  placement: 'l'
} as const

export type NameKind = keyof typeof LETTERS
export type Name = readonly [kind: NameKind, name: string]

/** Kinds that the log's records have room for a number of only; a text cannot stand in. */
const NUMBERS_ONLY: ReadonlySet<NameKind> = new Set([
  'attribute',
  'purpose',
  'type',
  'offer',
  'channel',
  'tag'
])
/** Names registered in one script call, so that the script stays short. */
const CHUNK = 500
const EPOCH_FIELD = '@'
const REGISTER_TRIES = 4

/** Thrown where a stored number is none that this process knows: it refreshes the registry and tries again. */
export class UnknownNumber extends UnreadableRecord {
  constructor(kind: NameKind, number: number) {
    super(`the names registry has no ${kind} ${number}; restore the key ${NAMES_KEY} from a backup`)
  }
}

interface Numbers {
  readonly byName: Map<string, number>
  readonly byNumber: Array<string | undefined>
  /** True once Redis gave no more numbers; names without one are then texts and no longer asked for. */
  full: boolean
}

/**
 * The registry of names: Redis gives every name a number once and for ever, this process remembers what it has seen.
 * Stored data hold the numbers. The epoch tells one registry from another, should Redis lose its data.
 */
export class Names {
  readonly #connection: Connection
  readonly #log: Log
  #kinds = emptyKinds()
  #epoch: string | undefined
  /** Counts the times that everything known became void; what was made from numbers is made again. */
  generation = 0

  constructor(connection: Connection, log: Log) {
    this.#connection = connection
    this.#log = log
    connection.onEpoch(epoch => this.#check(epoch))
  }

  /** The number of a name; 0 when it has none that this process knows. */
  number(kind: NameKind, name: string): number {
    return this.#kinds[kind].byName.get(name) ?? 0
  }

  /** The number of a name just registered, for what is about to be stored. Rejects what another registry has made void meanwhile. */
  numberOf(kind: NameKind, name: string): number {
    const number = this.number(kind, name)
    if (number === 0)
      throw new StoreUnavailable(
        `the names registry changed while "${name}" was being stored; tell it again`
      )
    return number
  }

  /** The name of a number. Throws UnknownNumber when this process has not seen it: refresh, then ask again. */
  nameOf(kind: NameKind, number: number): string {
    const name = this.#kinds[kind].byNumber[number]
    if (name === undefined) throw new UnknownNumber(kind, number)
    return name
  }

  /** Gives every name a number, at once where all are known. Rejects with StoreUnavailable. */
  async register(names: readonly Name[]): Promise<void> {
    for (let tries = 0; tries < REGISTER_TRIES; tries++) {
      const missing = this.#missing(names)
      if (missing.length === 0) return
      for (let start = 0; start < missing.length; start += CHUNK) {
        if (!(await this.#registerSome(missing.slice(start, start + CHUNK)))) break
      }
    }
    throw new StoreUnavailable(
      'the names registry in Redis keeps changing; see that no other program writes to it'
    )
  }

  /** The names that need a number, each once. */
  #missing(names: readonly Name[]): Name[] {
    const missing = names.filter(
      ([kind, name]) => !this.#kinds[kind].full && !this.#kinds[kind].byName.has(name)
    )
    return [...new Map(missing.map(entry => [entry.join(' '), entry])).values()]
  }

  /** False when the registry is another than this process knew: then all starts anew. */
  async #registerSome(names: readonly Name[]): Promise<boolean> {
    const fields = names.map(([kind, name]) => LETTERS[kind] + name)
    const answer = await this.#connection.run(
      REGISTER,
      [NAMES_KEY],
      [this.#epoch ?? '', randomUUID(), ...fields]
    )
    const [epoch, ...numbers] = answer as [Buffer | null, ...number[]]
    if (epoch !== null) this.#enter(String(epoch))
    else await this.#restore()
    if (numbers.length === 0) return false
    names.forEach(([kind, name], i) => this.#learn(kind, name, numbers[i]!))
    return true
  }

  /** Reads with what is known, and once more with what other processes have registered where that is not enough. */
  async reading<T>(read: () => T): Promise<T> {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof UnknownNumber)) throw error
      await this.refresh()
      return read()
    }
  }

  /** Learns what other processes have registered. Rejects with StoreUnavailable. */
  async refresh(): Promise<void> {
    const answer = (await this.#connection.command('HGETALL', NAMES_KEY)) as Buffer[]
    for (let i = 0; i < answer.length; i += 2) {
      const field = String(answer[i])
      if (field === EPOCH_FIELD) this.#enter(String(answer[i + 1]))
    }
    for (let i = 0; i < answer.length; i += 2) {
      const field = String(answer[i])
      const kind = KIND_OF_LETTER.get(field[0]!)
      if (kind !== undefined) this.#learn(kind, field.slice(1), Number(String(answer[i + 1])))
    }
  }

  #learn(kind: NameKind, name: string, number: number): void {
    if (number === 0 && NUMBERS_ONLY.has(kind))
      throw new StoreUnavailable(
        `the names registry holds no more ${kind} names; "${name}" cannot be stored`
      )
    const numbers = this.#kinds[kind]
    if (number === 0) numbers.full = true
    else {
      numbers.byName.set(name, number)
      numbers.byNumber[number] = name
    }
  }

  /** Notes which registry the numbers are from, and forgets those of another. */
  #enter(epoch: string): void {
    if (this.#epoch !== undefined && this.#epoch !== epoch) {
      this.#log.error(
        {},
        'Redis holds another names registry than before; what this process knew of it is dropped'
      )
      this.#kinds = emptyKinds()
      this.generation++
    }
    this.#epoch = epoch
  }

  #check(epoch: string | undefined): void {
    if (epoch !== undefined) this.#enter(epoch)
    else if (this.#epoch !== undefined) {
      this.#restore().catch((error: unknown) => {
        this.#log.warn(
          { error: String(error) },
          'the names registry is lost and could not be put back; it is tried again in a second'
        )
      })
    }
  }

  /** Redis was emptied while this process ran: its numbers stay what they are, for all processes. */
  async #restore(): Promise<void> {
    const fields: Array<string | number> = [EPOCH_FIELD, this.#epoch!]
    for (const [kind, letter] of Object.entries(LETTERS)) {
      const { byName, byNumber } = this.#kinds[kind as NameKind]
      for (const [name, number] of byName) fields.push(letter + name, number)
      fields.push(`#${letter}`, Math.max(0, byNumber.length - 1))
    }
    this.#enter(String(await this.#connection.run(RESTORE_NAMES, [NAMES_KEY], fields)))
    this.#log.warn({}, 'Redis had lost its data; the names registry is put back')
  }
}

const KIND_OF_LETTER: ReadonlyMap<string, NameKind> = new Map(
  Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as NameKind])
)

function emptyKinds(): Record<NameKind, Numbers> {
  const kinds: Partial<Record<NameKind, Numbers>> = {}
  for (const kind of KIND_OF_LETTER.values())
    kinds[kind] = { byName: new Map(), byNumber: [], full: false }
  return kinds as Record<NameKind, Numbers>
}
