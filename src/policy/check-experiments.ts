import type { Catalogue } from './compile-catalogue.js'
import type { ConditionReader } from './compile-conditions.js'
import { Register } from './register.js'
import type { ExperimentEntry } from './schema.js'
import type { Sections } from './sections.js'
import type { YamlNode } from './yaml-node.js'

/** Checks the names, conditions and shares of experiments, and the features of propensities that adapt. */
export function checkExperiments(
  sections: Sections,
  catalogue: Catalogue,
  reader: ConditionReader
): void {
  const levers = new Register(
    'offer, group or issue',
    [...catalogue.offers.names, ...catalogue.groups.names, ...catalogue.issues.names],
    sections.told
  )
  const layers = new Map<string, number>()
  for (const [name, { node, entry }] of sections.entries('experiments')) {
    if (entry === undefined) continue
    const when = node.at('when')
    if (when !== undefined) reader.condition(when, { perOffer: false })
    // An experiment without a layer is alone in one.
    const layer = entry.layer === undefined ? `experiment ${name}` : `layer ${entry.layer}`
    const sum =
      (layers.get(layer) ?? 0) +
      Object.values(entry.arms).reduce((total, arm) => total + arm.share, 0)
    layers.set(layer, sum)
    // Shares such as 0.1 + 0.2 + 0.7 may come out a little above 1.
    if (sum > 1 + 1e-9)
      sections.problems.error(
        node.at('arms')!.keyPlace,
        `the shares of all arms of the ${layer} come to ${Number(sum.toFixed(9))}; together they must be at most 1`
      )
    checkArms(node.at('arms')!, entry.arms, catalogue, { levers, reader })
  }
  for (const { node, entry } of catalogue.drafts) {
    if (typeof entry.propensity?.adapt !== 'object') continue
    for (const feature of node.at('propensity', 'adapt', 'features')?.items ?? [])
      reader.feature(feature)
  }
}

function checkArms(
  node: YamlNode,
  arms: ExperimentEntry['arms'],
  { offers }: Catalogue,
  { levers, reader }: { readonly levers: Register; readonly reader: ConditionReader }
): void {
  for (const [name, arm] of Object.entries(arms)) {
    const own = node.at(name)!
    const formula = own.at('arbitration', 'formula')
    if (formula !== undefined) reader.formula(formula)
    for (const [offer, value] of Object.entries(arm.values ?? {})) {
      const found = own.at('values', offer)!
      offers.check(offer, found, 'keyPlace')
      if (typeof value === 'string') reader.number(found)
    }
    for (const offer of Object.keys(arm.treatments ?? {}))
      offers.check(offer, own.at('treatments', offer), 'keyPlace')
    for (const owner of Object.keys(arm.levers ?? {}))
      levers.check(owner, own.at('levers', owner), 'keyPlace')
  }
}
