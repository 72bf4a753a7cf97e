import type { Activation, PlacementRequest } from '../../domain/decision.js'
import { readPlacement, readValue } from '../options.js'
import type { ListRow } from './customer-list.js'

/** What rows that leave it out are asked with. */
export interface RequestDefaults {
  readonly namespace: string | undefined
  readonly channel: string | undefined
  readonly placements: readonly PlacementRequest[]
  readonly context: Readonly<Record<string, unknown>>
  readonly attributes: Readonly<Record<string, unknown>>
  readonly language: string | undefined
  readonly options: Readonly<Record<string, unknown>>
}

/** A row as a decision request; its shape is the service's to judge. */
export interface ListRequest {
  readonly customer: unknown
  readonly channel: unknown
  readonly placements: unknown
  readonly context: unknown
  readonly attributes: unknown
  readonly language: unknown
  readonly options: Readonly<Record<string, unknown>>
}

/** A request to be sent, and when its offers count as shown where the row says so. */
export interface RowRequest {
  readonly request: ListRequest
  readonly activate: Activation | undefined
}

/** Columns of a table that are not about the request are left out; these and `context.NAME`, `attributes.NAME` are. */
const COLUMNS = ['customer', 'id', 'namespace', 'channel', 'placement', 'placements', 'language']

/** Whether a column of a table says something about the request. */
export function isRequestColumn(name: string): boolean {
  return COLUMNS.includes(name) || factOf(name) !== undefined
}

/**
 * The request of a row, or a sentence why there is none. It never asks the service to count offers as shown with the decision: the
 * run tells that itself, of answers that are in its output.
 */
export function requestOfRow(
  { members = {}, fault }: ListRow,
  isTable: boolean,
  defaults: RequestDefaults
): RowRequest | string {
  if (fault !== undefined) return fault
  const own = isTable ? membersOfCells(members) : members
  const { customer, id, namespace, placement, ...rest } = own
  const named = customerOf(customer ?? id, namespace ?? defaults.namespace)
  if (named === undefined)
    return 'the customer is missing: name it as "customer", by its id or as namespace/id'
  const placements = rest['placements'] ?? placement ?? defaults.placements
  if (Array.isArray(placements) && placements.length === 0)
    return 'no placement is named: add "placements" to the row, or --placement'
  const options = objectOf(rest['options'])
  const activate = options['activate'] === 'on_decision' ? 'on_decision' : undefined
  const request = {
    ...rest,
    customer: named,
    channel: rest['channel'] ?? defaults.channel,
    placements: typeof placements === 'string' ? placementsOf(placements) : placements,
    context: factsOver(defaults.context, rest['context']),
    attributes: factsOver(defaults.attributes, rest['attributes']),
    language: rest['language'] ?? defaults.language,
    options: {
      activate: 'on_impression',
      ...defaults.options,
      ...options,
      ...(activate === undefined ? {} : { activate: 'on_impression' })
    }
  }
  return { request, activate: activate ?? ('activate' in options ? 'on_impression' : undefined) }
}

/** `namespace/id`, or an id where the namespace is named besides; anything but a text is the service's to judge. */
function customerOf(customer: unknown, namespace: unknown): unknown {
  if (customer === undefined || customer === '') return undefined
  if (typeof customer === 'number') return customerOf(String(customer), namespace)
  if (typeof customer !== 'string') return customer
  if (namespace !== undefined && namespace !== '') return { id: customer, namespace }
  const slash = customer.indexOf('/')
  if (slash < 1) return { id: customer }
  return { id: customer.slice(slash + 1), namespace: customer.slice(0, slash) }
}

function placementsOf(text: string): PlacementRequest[] {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(readPlacement)
}

function factsOver(defaults: Readonly<Record<string, unknown>>, own: unknown): unknown {
  return own === undefined ? defaults : isObject(own) ? { ...defaults, ...own } : own
}

/** The cells of a table as members: empty ones are left out, and what stands in `context.NAME` becomes a member of the context. */
function membersOfCells(cells: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  const facts: Record<string, Record<string, unknown>> = {}
  for (const [column, cell] of Object.entries(cells)) {
    if (cell === null || cell === '') continue
    const fact = factOf(column)
    if (fact === undefined) {
      if (COLUMNS.includes(column)) members[column] = cell
      continue
    }
    const [kind, name] = fact
    facts[kind] = { ...facts[kind], [name]: typeof cell === 'string' ? readValue(cell) : cell }
  }
  return { ...members, ...facts }
}

function factOf(column: string): [kind: string, name: string] | undefined {
  const [, kind, name] = /^(context|attributes)\.(.+)$/.exec(column) ?? []
  return kind === undefined || name === undefined ? undefined : [kind, name]
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? (value as Record<string, unknown>) : {}
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
