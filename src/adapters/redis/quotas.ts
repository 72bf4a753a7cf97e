import { createHash } from 'node:crypto'
import type {
  ClaimOutcome,
  QuotaClaim,
  QuotaCount,
  QuotaFact,
  QuotaReadings
} from '../../domain/limits.js'
import type { Lexicon } from '../../domain/customer.js'
import { lifetimeMs, reservedAtMs, sliceOf } from '../../domain/quota-counting.js'
import type { QuotaStore } from '../../decisioning/ports.js'
import type { Connection } from './connection.js'
import { quotaKeys } from './keys.js'
import { CLAIM_QUOTA, COUNT_QUOTA, RELEASE_QUOTA } from './quota-scripts.js'
import { readingsOf } from './quota-readings.js'
import type { PresentPeriods } from './quota-readings.js'
import type { Script } from './script.js'
import { answerOf } from './wire.js'
import type { Argument } from './wire.js'

/** Claims or facts in one script, so that it stays short. */
const TOGETHER = 100
/** How long a period of the calendar is kept when it is over, for facts that come late. */
const KEPT_MS = 86_400_000
const DIGEST_BYTES = 12
/** Where a call's keys of a second period begin, if there is one. */
const OTHER_PERIOD = 4

/** Limits over all customers, in Redis: a script a quota and period, and one round trip for all that a caller asks. */
export class RedisQuotas implements QuotaStore {
  readonly #connection: Connection
  readonly #periods: PresentPeriods

  constructor(connection: Connection, periods: PresentPeriods) {
    this.#connection = connection
    this.#periods = periods
  }

  async claim(claims: readonly QuotaClaim[]): Promise<ClaimOutcome[]> {
    const calls = new Calls(CLAIM_QUOTA)
    for (const claim of claims) {
      const { quota, id, amount, atMs } = claim
      calls.add(keysOf(quota, atMs), () => [quota.limit, keptUntil(quota, atMs)], [
        digest(id),
        amount,
        lifetimeMs(claim),
        ...sliceArguments(quota, atMs)
      ])
    }
    const answers = await calls.run(this.#connection)
    return answers.map(answer =>
      answer instanceof Error ? 'failed' : answer === 1 ? 'held' : 'full'
    )
  }

  async release(claims: readonly QuotaClaim[]): Promise<void> {
    const calls = new Calls(RELEASE_QUOTA)
    for (const { quota, id, amount, atMs, untilMs } of claims) {
      calls.add(keysOf(quota, atMs), () => [keptUntil(quota, atMs)], [
        digest(id),
        amount,
        untilMs === 0 ? 'c' : 'r',
        ...sliceArguments(quota, atMs)
      ])
    }
    for (const answer of await calls.run(this.#connection)) answerOf(answer)
  }

  async count(facts: readonly QuotaFact[]): Promise<number[]> {
    const calls = new Calls(COUNT_QUOTA)
    for (const fact of facts) {
      const { quota, eventId, reservation, amount, atMs } = fact
      const decidedAtMs = reservedAtMs(fact)
      const own = keysOf(quota, atMs)
      const reserved = keysOf(quota, decidedAtMs).slice(0, 3)
      calls.add(
        own[0] === reserved[0] ? own : [...own, ...reserved],
        () => [quota.limit, keptUntil(quota, atMs), keptUntil(quota, decidedAtMs)],
        [
          digest(eventId),
          reservation === undefined ? '' : digest(reservation),
          amount,
          ...sliceArguments(quota, atMs)
        ]
      )
    }
    return (await calls.run(this.#connection)).map(answer => Number(answerOf(answer)))
  }

  async read(lexicon: Lexicon): Promise<QuotaReadings> {
    if (lexicon.quotas.length === 0) return readingsOf([])
    return readingsOf(await this.#connection.values(this.#periods.groups(lexicon)))
  }

  /** As loads do: where one server of several does not answer, only its quotas are not known. */
  async readForLoad(lexicon: Lexicon): Promise<QuotaReadings> {
    if (lexicon.quotas.length === 0) return readingsOf([])
    return readingsOf(await this.#connection.valuesOrErrors(this.#periods.groups(lexicon)))
  }
}

interface CallOfScript {
  readonly keys: readonly string[]
  readonly args: Argument[]
  /** Of the claims or facts in the list of all. */
  readonly positions: number[]
}

/** The calls of one script, one for the same keys as long as it is not too long; what touches the same period keeps its order. */
class Calls {
  readonly #script: Script
  readonly #calls: CallOfScript[] = []
  /** The last call that touches a period, by the first of its keys. */
  readonly #last = new Map<string, CallOfScript>()
  #positions = 0

  constructor(script: Script) {
    this.#script = script
  }

  /** @param head the arguments before those of the single claims or facts */
  add(keys: readonly string[], head: () => Argument[], args: readonly Argument[]): void {
    const own = keys[0]!
    const other = keys[OTHER_PERIOD]
    let call = this.#last.get(own)
    const isLastOfBoth =
      call?.keys[OTHER_PERIOD] === other && (other === undefined || this.#last.get(other) === call)
    if (call === undefined || !isLastOfBoth || call.positions.length === TOGETHER) {
      call = { keys, args: head(), positions: [] }
      this.#last.set(own, call)
      if (other !== undefined) this.#last.set(other, call)
      this.#calls.push(call)
    }
    call.args.push(...args)
    call.positions.push(this.#positions++)
  }

  /** One answer for all that was added, in its order; an error for those whose call failed. */
  async run(connection: Connection): Promise<unknown[]> {
    const answers = new Array<unknown>(this.#positions)
    const calls = this.#calls.map(({ keys, args }) => ({ script: this.#script, keys, args }))
    if (calls.length === 0) return answers
    const replies = await connection.runAll(calls)
    this.#calls.forEach(({ positions }, i) => {
      const reply = replies[i]
      positions.forEach((position, n) => {
        answers[position] = Array.isArray(reply) ? reply[n] : reply
      })
    })
    return answers
  }
}

function keysOf(quota: QuotaCount, atMs: number): string[] {
  const { taken, ending, amounts, counted } = quotaKeys(quota, atMs)
  return [taken, ending, amounts, counted]
}

/** '' for ever; a rolling window's keys live until the last slice is out of it. */
function keptUntil({ window }: QuotaCount, atMs: number): Argument {
  if (window.kind === 'total') return ''
  return window.kind === 'rolling' ? 0 : window.endMs(atMs) + KEPT_MS
}

/** The slice that an instant falls into and its end; '' where the window is not rolling. */
function sliceArguments({ window }: QuotaCount, atMs: number): [string, Argument] {
  const slice = sliceOf(window, atMs)
  return slice === undefined ? ['', ''] : [`s${slice.number}`, slice.endMs]
}

/** Ids come from outside and may be long; a digest of 96 bits stands for them. */
function digest(id: string): Buffer {
  return createHash('sha1').update(id).digest().subarray(0, DIGEST_BYTES)
}
