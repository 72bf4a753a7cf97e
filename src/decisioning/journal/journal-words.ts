import type { Facts } from '../../policy/facts.js'
import type { Declared, Strategy } from '../../policy/strategy.js'
import type { PlannedColumn } from '../../scoring/plan.js'
import type { ReadyModel } from '../propensity/ready-model.js'

/** What the values in journalled notes are called: the same for all decisions of a strategy, so its legend keeps them. */
export interface JournalWords {
  /** Attributes and context as conditions spell them. */
  readonly facts: readonly string[]
  readonly personalFacts: readonly string[]
  /** By model, as name@version: the columns that all offers share, and those that differ between them. */
  readonly columns: Readonly<
    Record<string, readonly [shared: readonly string[], byOffer: readonly string[]]>
  >
}

/** The words of a strategy and its models; undefined where it keeps no journal. */
export function journalWords(
  strategy: Strategy,
  models: Iterable<ReadyModel>
): JournalWords | undefined {
  if (strategy.journal === undefined) return undefined
  return {
    facts: factNames(strategy, false),
    personalFacts: factNames(strategy, true),
    columns: Object.fromEntries(
      [...models].map(({ label, plan }) => [label, [labelsOf(plan.shared), labelsOf(plan.byOffer)]])
    )
  }
}

/** The values that factNames names, in that order; null where missing. */
export function factValues(
  { attributes, context }: Strategy,
  facts: Facts,
  personal: boolean
): unknown[] {
  const values: unknown[] = []
  for (let slot = 0; slot < attributes.length; slot++)
    if (attributes[slot]!.personal === personal) values.push(facts.attributes[slot] ?? null)
  for (let slot = 0; slot < context.length; slot++)
    if (context[slot]!.personal === personal) values.push(facts.context[slot] ?? null)
  return values
}

function factNames({ attributes, context }: Strategy, personal: boolean): string[] {
  const names = (stem: string, declared: readonly Declared[]) =>
    declared.filter(one => one.personal === personal).map(({ name }) => `${stem}.${name}`)
  return [...names('customer', attributes), ...names('context', context)]
}

function labelsOf(planned: ReadonlyArray<PlannedColumn<Facts>>): string[] {
  return planned.map(({ label }) => label)
}

/** Which columns read nothing personal. */
export function openColumns(
  strategy: Strategy,
  planned: ReadonlyArray<PlannedColumn<Facts>>
): boolean[] {
  const personal = new Set(factNames(strategy, true))
  return planned.map(
    ({ label }) =>
      !(label.match(/\b(customer|context)\.\w+/g) ?? []).some(name => personal.has(name))
  )
}
