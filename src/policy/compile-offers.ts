import { adaptOf } from './compile-adapt.js'
import type { Catalogue, OfferDraft } from './compile-catalogue.js'
import type { ConditionReader } from './compile-conditions.js'
import type { Quotas } from './compile-quotas.js'
import type { Vocabulary } from './compile-vocabulary.js'
import type { Sections } from './sections.js'
import type { Condition, ContextWeight, Expression, Offer, Rule } from './strategy.js'
import type { YamlNode } from './yaml-node.js'

const POLICY_STAGES = ['eligibility', 'applicability', 'suitability'] as const

/** Without a model and without a prior of its own, an offer's propensity is even. */
const DEFAULT_PRIOR = 0.5
/** An offer that names no value leaves the product of the other factors as it is. */
export const DEFAULT_VALUE = 1
/** Impressions that a start propensity is worth where neither the offer nor the strategy says so. */
const DEFAULT_EVIDENCE = 50

type Policies = Partial<Record<Rule['stage'], Condition>>

/** Compiles the conditions of issues, groups and offers and gives every offer all that hold for it. */
export function compileOffers(
  catalogue: Catalogue,
  vocabulary: Vocabulary,
  reader: ConditionReader,
  quotas: Quotas,
  startEvidence = DEFAULT_EVIDENCE
): Offer[] {
  const ofIssues = policiesByName(catalogue.issueEntries, reader)
  const ofGroups = policiesByName(catalogue.groupEntries, reader)
  const purposeIndex = positions(vocabulary.purposes.names)
  const groupIndex = positions(catalogue.groups.names)
  const issueIndex = positions(catalogue.issues.names)
  return catalogue.drafts.map(draft => {
    const { id, index, node, entry, group, issue } = draft
    return {
      index,
      id,
      name: entry.name ?? id,
      group,
      issue,
      groupIndex: groupIndex.get(group) ?? -1,
      issueIndex: issueIndex.get(issue) ?? -1,
      fallbackOnly: entry.fallbackOnly ?? false,
      mandatory: entry.mandatory ?? false,
      tags: entry.tags ?? [],
      purposes: (entry.purposes ?? []).map(purpose => purposeIndex.get(purpose) ?? -1),
      fromMs: draft.fromMs,
      untilMs: draft.untilMs,
      value: valueOf(draft, reader),
      ...leverOf(draft.levers),
      costMinor: quotas.costMinor(id),
      quotas: [
        ...quotas.of('offer', id),
        ...quotas.of('group', group),
        ...quotas.of('issue', issue)
      ],
      rules: rulesOf([
        [issue, ofIssues.get(issue)],
        [group, ofGroups.get(group)],
        [id, policiesOf(node, reader)]
      ]),
      model: entry.propensity?.model,
      modelPlace: node.at('propensity', 'model')?.place ?? node.keyPlace,
      prior: entry.propensity?.prior ?? DEFAULT_PRIOR,
      evidence: entry.propensity?.evidence ?? startEvidence,
      positive: entry.positive ?? 'accept',
      adapt: adaptOf(draft, vocabulary, reader)
    }
  })
}

/** A lever and its factor, of its parts. */
export function leverOf(levers: Offer['levers']): Pick<Offer, 'lever' | 'levers' | 'leverFactor'> {
  const lever = levers.issue + levers.group + levers.offer
  // One division of whole numbers, so that levers of 0, 10 and 5 give exactly the 1.15 that a person writes.
  return { lever, levers, leverFactor: Math.max(0, (100 + lever) / 100) }
}

function valueOf({ id, node, entry }: OfferDraft, reader: ConditionReader): number | Expression {
  if (typeof entry.value !== 'string') return entry.value ?? DEFAULT_VALUE
  return readValue(id, node.at('value')!, reader)
}

/** An offer's value that the files make of something; 0 where that is wrong, which is told. */
export function readValue(
  id: string,
  node: YamlNode,
  reader: ConditionReader
): number | Expression {
  const value = reader.number(node)
  if (value?.reads.some(read => read.kind === 'offer' && read.label === 'offer.value') === true) {
    reader.problems?.error(
      value.place,
      `the value of ${id} cannot be made of offer.value, which is this value`
    )
  }
  return value ?? 0
}

function policiesByName(
  entries: ReadonlyMap<string, { node: YamlNode; entry: unknown }>,
  reader: ConditionReader
): Map<string, Policies> {
  return new Map(
    [...entries].map(([name, { node, entry }]) => [
      name,
      entry === undefined ? {} : policiesOf(node, reader)
    ])
  )
}

function policiesOf(node: YamlNode, reader: ConditionReader): Policies {
  const policies: Policies = {}
  for (const stage of POLICY_STAGES) {
    const source = node.at(stage)
    const condition = source === undefined ? undefined : reader.condition(source)
    if (condition !== undefined) policies[stage] = condition
  }
  return policies
}

/** Stage by stage, each from the issue down to the offer. */
function rulesOf(
  owners: ReadonlyArray<readonly [owner: string, policies: Policies | undefined]>
): Rule[] {
  return POLICY_STAGES.flatMap(stage => {
    return owners.flatMap(([owner, policies]) => {
      const condition = policies?.[stage]
      return condition === undefined ? [] : [{ stage, owner, condition }]
    })
  })
}

export function compileContextWeights(
  sections: Sections,
  catalogue: Catalogue,
  reader: ConditionReader
): ContextWeight[] {
  return sections.items('contextWeights').flatMap(({ node, entry }) => {
    const condition = reader.condition(node.at('when')!)
    const [kind, name] =
      entry.offer !== undefined
        ? (['offer', entry.offer] as const)
        : entry.group !== undefined
          ? (['group', entry.group] as const)
          : (['issue', entry.issue ?? ''] as const)
    const register = { offer: catalogue.offers, group: catalogue.groups, issue: catalogue.issues }[
      kind
    ]
    if (!register.check(name, node.at(kind)) || condition === undefined) return []
    const targets = catalogue.drafts.filter(
      draft => (kind === 'offer' ? draft.id : draft[kind]) === name
    )
    return [
      {
        condition,
        weight: entry.weight,
        offers: Int32Array.from(targets, draft => draft.index),
        target: `${kind} ${name}`
      }
    ]
  })
}

/** Each name's position. */
export function positions(names: Iterable<string>): Map<string, number> {
  return new Map([...names].map((name, index) => [name, index]))
}
