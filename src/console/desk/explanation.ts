import type { Answer } from '../api/client.js'
import type { Format } from '../shell/format.js'
import { sayRules, type HeldRule } from './plain-words.js'
import type { DeskWords } from './texts-en.js'

/** A rule and whose it is: the offer's own, its group's or its issue's. */
interface OwnedRule extends HeldRule {
  readonly owner: string
}

/** The part of a full explanation that says why the winners won. */
interface Explained {
  readonly contextWeights?: readonly { readonly when: string; readonly weight: number }[]
  readonly outcomes: readonly {
    readonly offerId: string
    readonly stage: string
    readonly rules?: readonly OwnedRule[]
    /** Positions in contextWeights. */
    readonly contextWeights?: readonly number[]
    readonly factors?: { readonly l: number }
  }[]
}

/** What a customer did, newest first. */
export type History = readonly Answer<'CustomerHistory'>['history'][number][]

const WEEK_MS = 7 * 86_400_000

/** Why an offer is in the list, in plain words, the most telling first. */
export function reasonsOf(
  offerId: string,
  decision: Answer<'Decision'>,
  history: History | undefined,
  words: DeskWords,
  format: Format
): string[] {
  const explained = decision.explanation as unknown as Explained | undefined
  const winner = explained?.outcomes.find(each => each.offerId === offerId)
  if (winner === undefined) return []
  const number = (value: number): string => format.number(value, 2)
  const moments = (winner.contextWeights ?? []).map(at => {
    const { when, weight } = explained!.contextWeights![at]!
    return words.moment(
      sayRules([{ text: when }], words, number).join(', '),
      signed(weight, format)
    )
  })
  const lever = Math.round(((winner.factors?.l ?? 1) - 1) * 100)
  const rules = winner.rules ?? []
  const isOwn = ({ owner }: OwnedRule): boolean => owner === offerId
  const own = sayRules(rules.filter(isOwn), words, number)
  const others = sayRules(
    rules.filter(rule => !isOwn(rule)),
    words,
    number
  )
  return [
    ...moments,
    ...own,
    ...shownLately(offerId, decision.decidedAt, history, words),
    ...others.filter(each => !own.includes(each)),
    ...(lever === 0 ? [] : [words.lever(signed(lever, format))])
  ]
}

function shownLately(
  offerId: string,
  decidedAt: string,
  history: History | undefined,
  words: DeskWords
): string[] {
  if (history === undefined) return []
  const sinceMs = Date.parse(decidedAt) - WEEK_MS
  const count = history.filter(
    each =>
      each.type === 'impression' && each['offerId'] === offerId && Date.parse(each.time) > sinceMs
  ).length
  return [count === 0 ? words.notShown : words.shown(count)]
}

/** @param percent a difference, such as 50 or −80 */
function signed(percent: number, format: Format): string {
  return `${percent > 0 ? '+' : '−'}${format.number(Math.abs(percent))} %`
}
