import { setTimeout as pauseFor } from 'node:timers/promises'
import { CommandRefused } from '../shell.js'
import { askBatch, type BatchReply, type ListService } from './ask-service.js'
import type { DecidedRow } from './decision-rows.js'
import { sentenceOf, type ItemProblem, type ListAnswer } from './list-answer.js'
import type { RowRequest } from './list-request.js'

/** A row whose request is to be decided. */
export interface AskedRow extends RowRequest {
  readonly line: number
}

/** A row that will not be decided, and why. */
export interface RejectedRow {
  readonly line: number
  readonly detail: string
}

/** What became of rows; each is in one of the lists. */
export interface DecidedRows {
  readonly decided: DecidedRow[]
  readonly rejected: RejectedRow[]
}

export interface DecideRowsNeeds {
  readonly service: ListService
  /** Told before decisions are asked for whose ids were given. */
  readonly named: (ids: readonly string[], rows: readonly AskedRow[]) => Promise<void>
}

/** Waits between attempts while something is away: ten seconds in all. */
const PAUSES_MS = [100, 200, 400, 800, 1500, 2000, 2500, 2500]
/** A decision in which one of these failed is a makeshift for a page that cannot wait; a list can. */
const MAKESHIFT: readonly string[] = ['profile', 'limits', 'journal']
/** After so many attempts, who is said to work on a request is taken to be gone. */
const WORKED_ON_ATTEMPTS = 5
const CONFLICT = 409
const TOO_MANY = 429

/**
 * Decides for rows of different customers, asking again while something is away. `key` stands for these rows: asked with it again, by
 * whatever process, the same decisions are answered. Throws CommandRefused where what is away stays away.
 */
export async function decideRows(
  needs: DecideRowsNeeds,
  rows: readonly AskedRow[],
  key: string
): Promise<DecidedRows> {
  const done: DecidedRows = { decided: [], rejected: [] }
  let waiting = rows
  let round = 0
  for (let attempt = 0; ; attempt++) {
    const reply = await ask(needs, waiting, `${key}.${round}`)
    if (reply.kind === 'refused') {
      await decideHalves(
        needs,
        { rows: waiting, key: `${key}.${round}`, why: reply.sentence },
        done
      )
      return done
    }
    let why = reply.kind === 'away' ? reply.sentence : ''
    // Under the same key what is decided is answered once more, and what is being worked on may be decided then.
    if (reply.kind === 'answered' && !mustWait(reply.items, attempt)) {
      const rest = settle(waiting, reply.items, done)
      if (rest.length === 0) return done
      why = rest[0]!.why
      waiting = rest.map(({ row }) => row)
      round++
    }
    const pauseMs = PAUSES_MS[attempt]
    if (pauseMs === undefined)
      throw new CommandRefused(`${why}\nThe same command goes on where this one ended.`)
    await pauseFor(pauseMs)
  }
}

async function ask(
  { service, named }: DecideRowsNeeds,
  rows: readonly AskedRow[],
  key: string
): Promise<BatchReply> {
  await named(service.nameDecisions(key, rows.length), rows)
  const requests = rows.map(({ request }) => request)
  return await askBatch(service, requests, key)
}

/** A batch that is refused as a whole has a row that no batch may carry: it is looked for in halves. */
async function decideHalves(
  needs: DecideRowsNeeds,
  { rows, key, why }: { rows: readonly AskedRow[]; key: string; why: string },
  done: DecidedRows
): Promise<void> {
  if (rows.length === 1) {
    done.rejected.push({ line: rows[0]!.line, detail: why })
    return
  }
  const middle = rows.length >> 1
  for (const [half, name] of [
    [rows.slice(0, middle), 'a'],
    [rows.slice(middle), 'b']
  ] as const) {
    const { decided, rejected } = await decideRows(needs, half, `${key}${name}`)
    done.decided.push(...decided)
    done.rejected.push(...rejected)
  }
}

function mustWait(items: ReadonlyArray<ListAnswer | ItemProblem>, attempt: number): boolean {
  if (attempt >= WORKED_ON_ATTEMPTS) return false
  return items.some(item => isProblem(item) && item.status === CONFLICT)
}

/** Takes what is decided and what is refused, and answers the rows that must be asked for again. */
function settle(
  rows: readonly AskedRow[],
  items: ReadonlyArray<ListAnswer | ItemProblem>,
  { decided, rejected }: DecidedRows
): Array<{ readonly row: AskedRow; readonly why: string }> {
  const again: Array<{ row: AskedRow; why: string }> = []
  rows.forEach((row, i) => {
    const item = items[i]!
    const { line, request, activate } = row
    if (isProblem(item)) {
      if (isPassing(item.status)) again.push({ row, why: sentenceOf(item) })
      else rejected.push({ line, detail: sentenceOf(item) })
      return
    }
    const missing = item.degraded.filter(part => MAKESHIFT.includes(part))
    if (missing.length > 0)
      again.push({ row, why: `the service had to decide without: ${missing.join(', ')}` })
    else decided.push({ line, channel: String(request.channel), activate, answer: item })
  })
  return again
}

function isPassing(status: number): boolean {
  return status >= 500 || status === CONFLICT || status === TOO_MANY
}

function isProblem(item: ListAnswer | ItemProblem): item is ItemProblem {
  return !('decisionId' in item)
}
