import { z } from 'zod'
import type { Activation } from '../../domain/decision.js'
import type { Abandoned } from '../../decisioning/limits/abandon.js'
import { CommandRefused } from '../shell.js'
import {
  readBatchAnswer,
  readItemProblem,
  sentenceOf,
  type ItemProblem,
  type ListAnswer
} from './list-answer.js'
import type { ListRequest } from './list-request.js'

/** One request and its answer: the service's status (0: it cannot be reached) and the body as text. */
export type Exchange = (
  method: 'GET' | 'POST',
  path: string,
  body?: string,
  headers?: Readonly<Record<string, string>>
) => Promise<{ readonly status: number; readonly text: string }>

/** A service that a list is decided by: one of this process, or another over HTTP. */
export interface ListService {
  readonly exchange: Exchange
  /**
   * Gives the decisions of a batch their ids, by the batch's key: what they reserve can be taken back by them. Empty where the
   * service outlives this process and answers the same key with the same decisions.
   */
  nameDecisions(key: string, count: number): readonly string[]
  /** Takes back what decisions with given ids may have reserved. */
  abandon(decisions: readonly Abandoned[]): Promise<void>
}

/** What became of a batch. `away`: nobody knows; the same may be asked again with the same key. */
export type BatchReply =
  | { readonly kind: 'answered'; readonly items: ReadonlyArray<ListAnswer | ItemProblem> }
  | { readonly kind: 'refused'; readonly sentence: string }
  | { readonly kind: 'away'; readonly sentence: string }

/** Statuses that say something of the caller or the service, and nothing of the requests in the batch. */
const ABOUT_THE_CALLER = [401, 403, 404]
const TOO_MANY = 429
const CONFLICT = 409

/** Asks for decisions. Throws CommandRefused where this caller will never get any. */
export async function askBatch(
  { exchange }: ListService,
  requests: readonly ListRequest[],
  key: string
): Promise<BatchReply> {
  const headers = { 'idempotency-key': key }
  const body = JSON.stringify({ requests })
  const { status, text } = await exchange('POST', '/v1/decisions/batch', body, headers)
  const value = parsed(text)
  const items = status === 200 ? readBatchAnswer(value) : undefined
  if (items?.length === requests.length) return { kind: 'answered', items }
  const sentence = sentenceFor(status, value, text)
  if (ABOUT_THE_CALLER.includes(status)) throw new CommandRefused(sentence)
  if (status === 0 || status >= 500 || status === TOO_MANY || status === CONFLICT)
    return { kind: 'away', sentence }
  return { kind: 'refused', sentence }
}

/** An impression of an offer of an answer, as POST /v1/events takes it. */
export interface ShownEvent {
  /** The same however often it is told, so that it counts once. */
  readonly id: string
  readonly type: 'impression'
  readonly time: string
  readonly token: string
}

const Receipt = z.object({
  rejected: z.array(z.object({ index: z.number(), code: z.string(), detail: z.string() }))
})

/** Tells that offers were shown. Answers why it could not be told, if so; then all of it may be told again. */
export async function tellShown(
  { exchange }: ListService,
  events: readonly ShownEvent[]
): Promise<string | undefined> {
  const { status, text } = await exchange('POST', '/v1/events', JSON.stringify(events))
  const value = parsed(text)
  const receipt = Receipt.safeParse(value)
  if (status === 202 && receipt.success) {
    const [rejection] = receipt.data.rejected
    if (rejection === undefined) return undefined
    throw new CommandRefused(
      `${receipt.data.rejected.length} offers could not be counted as shown: ${rejection.detail}`
    )
  }
  const sentence = sentenceFor(status, value, text)
  if (status === 0 || status >= 500 || status === TOO_MANY) return sentence
  throw new CommandRefused(`offers could not be counted as shown: ${sentence}`)
}

const Words = z.object({
  namespaces: z.array(z.string()),
  channels: z.array(
    z.object({ id: z.string(), activate: z.enum(['on_impression', 'on_decision']) })
  )
})

/** What a list must know of the strategy. */
export interface ListWords {
  /** Of customers without one. */
  readonly namespace: string
  /** By channel: whether its offers count as shown when they are decided. */
  readonly activations: ReadonlyMap<string, Activation>
}

/** Reads the strategy's words. Throws CommandRefused. */
export async function readWords({ exchange }: ListService): Promise<ListWords> {
  const { status, text } = await exchange('GET', '/v1/words')
  const value = parsed(text)
  const words = Words.safeParse(value)
  if (status !== 200 || !words.success) throw new CommandRefused(sentenceFor(status, value, text))
  const { namespaces, channels } = words.data
  return {
    namespace: namespaces[0] ?? '',
    activations: new Map(channels.map(({ id, activate }) => [id, activate]))
  }
}

function sentenceFor(status: number, value: unknown, text: string): string {
  if (status === 0) return text
  const problem = readItemProblem(value)
  return problem === undefined
    ? `the service answered ${status}, which is not the answer of an offerd service of this version`
    : `${status} ${sentenceOf(problem)}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON fails the schema that reads it, with a sentence.
    return undefined
  }
}
