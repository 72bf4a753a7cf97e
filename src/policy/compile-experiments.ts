import { compileChanges, type ArmParts } from './compile-arms.js'
import { bucketLimit } from './hash.js'
import type { ExperimentEntry } from './schema.js'
import type { Sections } from './sections.js'
import type { Arm, Experiment, Layer, Placement, Strategy, Touches } from './strategy.js'
import type { YamlNode } from './yaml-node.js'

/** The arms of a layer so far, and the sum of their shares. */
interface GrowingLayer extends Layer {
  readonly arms: Arm[]
  share: number
}

/** Compiles experiments: every arm with its buckets, and with what it changes. */
export function compileExperiments(
  sections: Sections,
  parts: ArmParts
): Pick<Strategy, 'experiments' | 'layers'> {
  const layers = new Map<string, GrowingLayer>()
  const experiments: Experiment[] = []
  for (const [name, { node, entry }] of sections.entries('experiments')) {
    if (entry === undefined) continue
    const key = entry.layer === undefined ? `experiment ${name}` : `layer ${entry.layer}`
    const layer = layers.get(key) ?? { salt: entry.layer ?? entry.salt, arms: [], share: 0 }
    layers.set(key, layer)
    const experiment = experimentOf(name, experiments.length, node, entry, { layer, parts })
    tellShares(sections, key, layer, node)
    if (Object.values(entry.arms).every(arm => Object.keys(arm).join() === 'share'))
      sections.problems.warn(
        node.keyPlace,
        `no arm of the experiment ${name} changes anything, so nobody is ever counted in it`
      )
    experiments.push(experiment)
  }
  warnOfClashes(sections, experiments)
  return {
    experiments,
    layers: [...layers.values()].map(({ salt, arms }) => ({ salt, arms }))
  }
}

function experimentOf(
  name: string,
  index: number,
  node: YamlNode,
  entry: ExperimentEntry,
  { layer, parts }: { readonly layer: GrowingLayer; readonly parts: ArmParts }
): Experiment {
  const when = node.at('when')
  // In the order of the file, which an object does not keep for names that are numbers.
  const entries = [...(node.at('arms')?.entries ?? [])]
  const arms = entries.map(([arm, own], position) => {
    const { share } = entry.arms[arm]!
    const fromBucket = bucketLimit(layer.share)
    layer.share += share
    return {
      experiment: index,
      index: position,
      name: arm,
      share,
      fromBucket,
      untilBucket: bucketLimit(layer.share),
      changes: compileChanges(own, entry.arms[arm]!, parts)
    }
  })
  layer.arms.push(...arms)
  return {
    index,
    name,
    place: node.keyPlace,
    id: JSON.stringify([name, entry.layer ?? null, entry.salt]),
    layer: entry.layer,
    salt: entry.salt,
    when: when === undefined ? undefined : parts.reader.condition(when, { perOffer: false }),
    arms,
    touches: touchesOf(arms, parts)
  }
}

function tellShares(
  { problems }: Sections,
  key: string,
  { share }: GrowingLayer,
  node: YamlNode
): void {
  // Shares such as 0.1 + 0.2 + 0.7 may come out a little above 1.
  if (share <= 1 + 1e-9) return
  problems.error(
    node.at('arms')!.keyPlace,
    `the shares of all arms of the ${key} come to ${Number(share.toFixed(9))}; together they must be at most 1`
  )
}

function touchesOf(arms: readonly Arm[], { base }: ArmParts): Touches {
  const offers = new Uint8Array(base.offers.length)
  const limits = arms.map(({ changes }) => changes.groupLimit)
  for (const { changes } of arms) {
    for (const offer of [...changes.values.keys(), ...changes.models.keys()]) offers[offer] = 1
    for (const { kind, index } of changes.levers)
      for (const offer of base.offers) if (ownerOf(offer, kind) === index) offers[offer.index] = 1
  }
  return {
    formula: arms.some(({ changes }) => changes.formula !== undefined),
    exploration: arms.some(({ changes }) => changes.exploration !== undefined),
    groupLimit: limits.every(limit => limit === undefined)
      ? Infinity
      : Math.min(...limits.map(limit => limit ?? base.groupLimit)),
    offers,
    treatments: base.placements.map(placement => touchedTreatments(arms, placement, offers.length))
  }
}

function ownerOf(offer: Strategy['offers'][number], kind: 'offer' | 'group' | 'issue'): number {
  if (kind === 'offer') return offer.index
  return kind === 'group' ? offer.groupIndex : offer.issueIndex
}

function touchedTreatments(
  arms: readonly Arm[],
  { index }: Placement,
  offerCount: number
): Uint8Array | undefined {
  const here = arms
    .flatMap(({ changes }) => changes.treatments)
    .filter(({ placement }) => placement === index)
  if (here.length === 0) return undefined
  const offers = new Uint8Array(offerCount)
  for (const { offer } of here) offers[offer] = 1
  return offers
}

/** Two experiments that one customer can be in at once may name the same thing; then the one declared later holds. */
function warnOfClashes({ problems }: Sections, experiments: readonly Experiment[]): void {
  for (const later of experiments) {
    for (const earlier of experiments.slice(0, later.index)) {
      const sameLayer = later.layer !== undefined && later.layer === earlier.layer
      if (sameLayer || !clash(earlier, later)) continue
      problems.warn(
        later.place,
        `the experiments ${earlier.name} and ${later.name} change the same things, and a customer can be in both: then ${later.name} holds; give them one layer to keep them apart`
      )
    }
  }
}

function clash(one: Experiment, other: Experiment): boolean {
  const names = new Set(one.arms.flatMap(changedNames))
  return other.arms.flatMap(changedNames).some(name => names.has(name))
}

function changedNames({ changes }: Arm): string[] {
  return [
    ...(changes.formula === undefined ? [] : ['formula']),
    ...(changes.groupLimit === undefined ? [] : ['groupLimit']),
    ...(changes.exploration === undefined ? [] : ['exploration']),
    ...[...changes.values.keys()].map(offer => `value ${offer}`),
    ...[...changes.models.keys()].map(offer => `model ${offer}`),
    ...changes.levers.map(({ kind, index }) => `lever ${kind} ${index}`),
    ...changes.treatments.map(({ offer, placement }) => `treatment ${offer} ${placement}`)
  ]
}
