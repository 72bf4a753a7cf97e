import type { CustomerList } from './customer-list.js'
import type { AskedRow, RejectedRow } from './decide-rows.js'
import { isRequestColumn, requestOfRow, type RequestDefaults } from './list-request.js'

/** Rows that are decided together. */
export interface Chunk {
  readonly fromLine: number
  readonly toLine: number
  /** Of different customers, so that each decision sees those before it. */
  readonly asked: readonly AskedRow[]
  readonly rejected: readonly RejectedRow[]
}

export interface ChunkBounds {
  /** Lines up to this one are done. */
  readonly afterLine: number
  /** Where the first chunk ends, if an earlier process has already asked for it. */
  readonly firstToLine: number | undefined
  readonly mostRows: number
}

export interface Reading {
  readonly defaults: RequestDefaults
  /** Of customers without one. */
  readonly namespace: string
  /** Told of columns that say nothing about the request, once. */
  readonly unused: (columns: readonly string[]) => void
}

/** Cuts a list into chunks, in its order, holding one at a time. */
export async function* chunksOf(
  { rows, isTable }: CustomerList,
  { defaults, namespace, unused }: Reading,
  { afterLine, firstToLine, mostRows }: ChunkBounds
): AsyncGenerator<Chunk> {
  let chunk = new OpenChunk()
  let toldUnused = !isTable
  let endsAt = firstToLine
  for await (const row of rows) {
    if (!toldUnused && row.members !== undefined) {
      toldUnused = true
      const columns = Object.keys(row.members).filter(name => !isRequestColumn(name))
      if (columns.length > 0) unused(columns)
    }
    if (row.line <= afterLine) continue
    const { line } = row
    const read = requestOfRow(row, isTable, defaults)
    const customer =
      typeof read === 'string' ? undefined : customerText(read.request.customer, namespace)
    const isFull = endsAt === undefined ? chunk.rows === mostRows : line > endsAt
    if (chunk.rows > 0 && (isFull || chunk.has(customer))) {
      yield chunk.closed()
      chunk = new OpenChunk()
      endsAt = undefined
    }
    if (typeof read === 'string') chunk.reject({ line, detail: read })
    else chunk.ask({ line, ...read }, customer)
  }
  if (chunk.rows > 0) yield chunk.closed()
}

class OpenChunk {
  readonly #asked: AskedRow[] = []
  readonly #rejected: RejectedRow[] = []
  readonly #customers = new Set<string>()
  #fromLine: number | undefined
  #toLine = 0
  rows = 0

  has(customer: string | undefined): boolean {
    return customer !== undefined && this.#customers.has(customer)
  }

  ask(row: AskedRow, customer: string | undefined): void {
    this.#take(row.line)
    this.#asked.push(row)
    if (customer !== undefined) this.#customers.add(customer)
  }

  reject(row: RejectedRow): void {
    this.#take(row.line)
    this.#rejected.push(row)
  }

  closed(): Chunk {
    return {
      fromLine: this.#fromLine ?? 0,
      toLine: this.#toLine,
      asked: this.#asked,
      rejected: this.#rejected
    }
  }

  #take(line: number): void {
    this.#fromLine ??= line
    this.#toLine = line
    this.rows++
  }
}

/** What tells customers apart; undefined for what the service will refuse. */
function customerText(customer: unknown, defaultNamespace: string): string | undefined {
  if (typeof customer !== 'object' || customer === null || !('id' in customer)) return undefined
  const namespace = 'namespace' in customer ? customer.namespace : undefined
  return JSON.stringify([namespace ?? defaultNamespace, customer.id])
}
