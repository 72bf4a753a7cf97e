import type { Catalogue } from './compile-catalogue.js'
import type { ConditionReader } from './compile-conditions.js'

/** Checks the features of propensities that adapt. */
export function checkFeatures(catalogue: Catalogue, reader: ConditionReader): void {
  for (const { node, entry } of catalogue.drafts) {
    if (typeof entry.propensity?.adapt !== 'object') continue
    for (const feature of node.at('propensity', 'adapt', 'features')?.items ?? [])
      reader.feature(feature)
  }
}
