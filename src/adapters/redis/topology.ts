import { addressOf } from './address.js'
import type { Address } from './address.js'
import { explain } from './errors.js'
import { readSlots } from './redirection.js'
import type { SlotRange } from './redirection.js'
import { Server } from './server.js'
import { SLOTS } from './slots.js'
import { asError } from './wire.js'
import type { WireOptions } from './wire.js'

const REFRESH_MS = 1000
/** Servers asked who holds what; one of them may be cut off from the others and not know. */
const ASKED_TOGETHER = 5

/** What servers say about who holds what. */
interface SlotMap {
  readonly text: string
  readonly ranges: readonly SlotRange[]
}

/**
 * Who holds what in a cluster, and a connection to each master. It is asked for every second, whenever a server answers again,
 * and after a redirection.
 */
export class Topology {
  readonly #seeds: readonly [Address, ...Address[]]
  readonly #namesSlot: number
  readonly #options: WireOptions
  readonly #servers = new Map<string, Server>()
  readonly #timer: NodeJS.Timeout
  #masters: readonly Server[] = []
  #owners = new Array<Server | undefined>(SLOTS).fill(undefined)
  /** The slot map in force, as text; '' when it is to be adopted anew. */
  #map = ''
  /** Servers that held nothing at the last refresh: closed by the next, when what they were sent is answered. */
  readonly #idle = new Set<Server>()
  #refreshing = false
  #announcedAway = false

  /** @param namesSlot of the names registry, whose epoch comes with the heartbeats of its server */
  constructor(seeds: readonly [Address, ...Address[]], namesSlot: number, options: WireOptions) {
    this.#seeds = seeds
    this.#namesSlot = namesSlot
    this.#options = options
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS).unref()
    this.#openSeeds()
  }

  /** Servers that hold slots; empty until the cluster was met. */
  get masters(): readonly Server[] {
    return this.#masters
  }

  /** How many slots nobody serves. */
  get unserved(): number {
    return this.#owners.filter(owner => owner === undefined).length
  }

  ownerOf(slot: number): Server | undefined {
    return this.#owners[slot]
  }

  /** A server that answers; undefined when none does. */
  any(): Server | undefined {
    const reachable = this.#reachable()
    return reachable[Math.floor(Math.random() * reachable.length)]
  }

  /** The connection to a server, opened where there is none. */
  serverAt(host: string, port: number): Server {
    return this.#open(addressOf(this.#seeds[0], host, port))
  }

  /** A server said that another one holds a slot now: believed until the cluster is asked, which is at once. */
  moved(slot: number, to: Server): void {
    this.#owners[slot] = to
    this.#map = ''
    void this.#refresh()
  }

  close(): void {
    clearInterval(this.#timer)
    for (const server of this.#servers.values()) server.close()
  }

  #reachable(): Server[] {
    return [...this.#servers.values()].filter(({ ready }) => ready)
  }

  #openSeeds(): void {
    for (const seed of this.#seeds) this.#open(seed)
  }

  #open(address: Address): Server {
    const known = this.#servers.get(address.text)
    if (known !== undefined) return known
    const server: Server = new Server(address, this.#options, {
      holdsNames: () => this.#owners[this.#namesSlot] === server,
      greeted: () => void this.#refresh()
    })
    this.#servers.set(address.text, server)
    return server
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) return
    this.#refreshing = true
    const map = await this.#ask()
    if (map !== undefined) {
      if (map.text !== this.#map) this.#adopt(map)
      this.#sweep()
    }
    this.#refreshing = false
  }

  /** The slot map that most of some servers agree on; undefined when none answers. */
  async #ask(): Promise<SlotMap | undefined> {
    const asked = this.#reachable()
      .sort(() => Math.random() - 0.5)
      .slice(0, ASKED_TOGETHER)
    if (asked.length === 0) this.#openSeeds()
    const untilMs = performance.now() + this.#options.commandTimeoutMs
    const maps = await Promise.all(asked.map(server => this.#mapOf(server, untilMs)))
    const told = maps.filter(map => map !== undefined)
    const votes = (text: string) => told.filter(map => map.text === text).length
    return told.sort((one, other) => votes(other.text) - votes(one.text))[0]
  }

  /** What one server says; undefined when it says nothing of use. */
  async #mapOf(server: Server, untilMs: number): Promise<SlotMap | undefined> {
    const [answer] = await server.send([{ command: 'CLUSTER', args: ['SLOTS'] }], untilMs)
    if (!Array.isArray(answer)) {
      this.#away(server, asError(answer))
      return undefined
    }
    const ranges = readSlots(answer, server.address.options.host ?? '')
    return ranges.length === 0 ? undefined : { text: JSON.stringify(ranges), ranges }
  }

  #adopt({ text, ranges }: SlotMap): void {
    const owners = new Array<Server | undefined>(SLOTS).fill(undefined)
    for (const { from, to, host, port } of ranges)
      owners.fill(this.serverAt(host, port), from, to + 1)
    this.#owners = owners
    this.#masters = [...new Set(owners)].filter(owner => owner !== undefined)
    this.#map = text
    this.#announcedAway = false
  }

  /** Closes connections to servers that hold nothing any more. */
  #sweep(): void {
    for (const [text, server] of this.#servers) {
      if (this.#masters.includes(server)) this.#idle.delete(server)
      else if (!this.#idle.has(server)) this.#idle.add(server)
      else {
        server.close()
        this.#servers.delete(text)
        this.#idle.delete(server)
      }
    }
  }

  #away(server: Server, error: Error): void {
    if (this.#announcedAway) return
    this.#announcedAway = true
    this.#options.log.error(
      { redis: server.address.text, error: error.message },
      `who holds what in Redis Cluster is not known: ${explain(error.message)}`
    )
  }
}
