import type { z } from 'zod'
import type { Catalogue } from './compile-catalogue.js'
import type { Vocabulary } from './compile-vocabulary.js'
import { parseDuration } from './duration.js'
import { minorUnits } from './money.js'
import { checkReserve } from './reserve.js'
import type { Quota as QuotaShape } from './schema-limits.js'
import type { Sections } from './sections.js'
import type { Offer, Placement, Quota, Strategy } from './strategy.js'
import type { Windows } from './windows.js'
import type { YamlNode } from './yaml-node.js'

type QuotaEntry = z.output<typeof QuotaShape>
type Owner = Quota['owner']

/** All limits over all customers, and where they were written. */
export interface Quotas {
  readonly list: readonly Quota[]
  /** Numbers of the quotas that stand in one channel, placement, issue, group or offer. */
  of(kind: Owner['kind'], id: string): readonly number[]
  /** What one accept of an offer costs, in whole minor units. */
  costMinor(offer: string): number
}

const OWNERS = [
  ['channels', 'channel'],
  ['placements', 'placement'],
  ['issues', 'issue'],
  ['groups', 'group'],
  ['offers', 'offer']
] as const

/** Checks and compiles the limits over all customers, in the order in which their owners are listed above. */
export function compileQuotas(
  sections: Sections,
  vocabulary: Vocabulary,
  catalogue: Catalogue,
  windows: Windows,
  reserveMs: number
): Quotas {
  const money = moneyOf(sections)
  const types = [...vocabulary.types.names]
  const list: Quota[] = []
  const byOwner = new Map<string, number[]>()
  for (const [section, kind] of OWNERS) {
    let index = 0
    for (const [id, { node, entry }] of sections.entries(section)) {
      const owner = { kind, id, index: index++ }
      const places = new Map<string, YamlNode>()
      const numbers = (entry?.quotas ?? []).map((quota, i) => {
        const at = node.at('quotas', i)!
        const made = quotaOf(sections, at, quota, { owner, types, windows, money, reserveMs })
        tellTwice(sections, made.id, at, places)
        return list.push({ ...made, index: list.length }) - 1
      })
      byOwner.set(`${kind}/${id}`, numbers)
    }
  }
  const costs = new Map(
    catalogue.drafts.map(({ id, node, entry }) => [
      id,
      entry.cost === undefined ? 0 : money(entry.cost, node.at('cost')!)
    ])
  )
  return {
    list,
    of: (kind, id) => byOwner.get(`${kind}/${id}`) ?? [],
    costMinor: offer => costs.get(offer) ?? 0
  }
}

interface Terms {
  readonly owner: Owner
  readonly types: readonly string[]
  readonly windows: Windows
  readonly money: Money
  readonly reserveMs: number
}

function quotaOf(
  sections: Sections,
  node: YamlNode,
  entry: QuotaEntry,
  { owner, types, windows, money, reserveMs }: Terms
): Omit<Quota, 'index'> {
  const isMoney = entry.money !== undefined
  const countedType = entry.counts ?? (isMoney ? 'accept' : 'impression')
  const strict = entry.strict ?? false
  if (strict) checkReserve(sections, node, { counts: countedType, reserve: entry.reserve })
  const limit =
    entry.money === undefined ? (entry.limit ?? 0) : money(entry.money, node.at('money')!)
  if (isMoney && limit === 0)
    sections.problems.error(
      node.at('money')!.place,
      `${entry.money} is less than the smallest coin of the currency`
    )
  return {
    id: `${owner.kind}/${owner.id}/${countedType}/${isMoney ? 'money' : 'pieces'}/${entry.window}`,
    place: node.place,
    owner,
    money: isMoney,
    counts: types.indexOf(countedType),
    countedType,
    limit,
    window: windows(entry.window)!,
    strict,
    reserveMs: parseDuration(entry.reserve ?? '') ?? reserveMs
  }
}

function tellTwice(
  sections: Sections,
  id: string,
  node: YamlNode,
  places: Map<string, YamlNode>
): void {
  const earlier = places.get(id)?.place
  if (earlier === undefined) {
    places.set(id, node)
    return
  }
  sections.problems.error(
    node.place,
    `the quota ${id} is given twice, first at ${earlier.file}:${earlier.line}:${earlier.column}; one of them would never matter`
  )
}

/** Turns an amount of the files into whole minor units, and tells where it is no such amount. */
type Money = (amount: number, node: YamlNode) => number

function moneyOf(sections: Sections): Money {
  const currency = sections.value('currency') ?? 'EUR'
  const digits = Math.log10(minorUnits(currency))
  return (amount, node) => {
    // toFixed rounds what was written in decimal; multiplying would first turn 1.005 into 100.49999.
    const minor = Math.round(Number(`${amount}e${digits}`))
    if (!Number.isSafeInteger(minor)) {
      sections.problems.error(node.place, `${amount} is more money than can be counted exactly`)
      return 0
    }
    const rounded = minor / 10 ** digits
    if (rounded !== amount)
      sections.problems.warn(
        node.place,
        `${amount} is counted as ${rounded}: money is counted in whole units of ${10 ** -digits} ${currency}`
      )
    return minor
  }
}

/** Warns of quotas in money over offers that cost nothing: they never bring such a quota nearer to its limit. */
export function warnOfFreeOffers(
  sections: Sections,
  offers: readonly Offer[],
  placements: readonly Placement[],
  { quotas, channels }: Pick<Strategy, 'quotas' | 'channels'>
): void {
  for (const quota of quotas) {
    if (!quota.money) continue
    const free = offers.filter(
      offer =>
        offer.costMinor === 0 && !offer.fallbackOnly && concerns(quota, offer, placements, channels)
    )
    if (free.length === 0) continue
    const some = free.slice(0, 3).map(({ id }) => id)
    const rest = free.length > 3 ? ` and ${free.length - 3} more` : ''
    sections.problems.warn(
      quota.place,
      `this quota in money does not hold back ${some.join(', ')}${rest}, for lack of a "cost"`
    )
  }
}

function concerns(
  quota: Quota,
  offer: Offer,
  placements: readonly Placement[],
  channels: Strategy['channels']
): boolean {
  if (offer.quotas.includes(quota.index)) return true
  return placements.some(
    placement =>
      placement.treatments[offer.index] !== undefined &&
      (placement.quotas.includes(quota.index) ||
        channels[placement.channel]?.quotas.includes(quota.index) === true)
  )
}
