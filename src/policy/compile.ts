import { compileCatalogue, type Catalogue } from './compile-catalogue.js'
import { ConditionReader } from './compile-conditions.js'
import { compileExperiments } from './compile-experiments.js'
import { compileExamples } from './compile-examples.js'
import { journalOf } from './compile-journal.js'
import { compileLimits } from './compile-limits.js'
import { compileContextWeights, compileOffers, DEFAULT_VALUE, positions } from './compile-offers.js'
import { compilePlacements, compileVenues, type Venues } from './compile-placements.js'
import { compilePlaces } from './compile-places.js'
import { compileQuotas, warnOfFreeOffers, type Quotas } from './compile-quotas.js'
import { compileVocabulary, type Vocabulary } from './compile-vocabulary.js'
import { createConditions, type ConditionNames } from './conditions/conditions.js'
import { parseDuration } from './duration.js'
import { explorationOf } from './exploration.js'
import { mergeFiles } from './merge.js'
import { bucketLimit } from './hash.js'
import { Problems } from './problems.js'
import { reserveOf } from './reserve.js'
import { StrategySchema } from './schema.js'
import { Sections } from './sections.js'
import type { Compiled, Share, SourceFile, Strategy } from './strategy.js'
import { createWindows, type Windows } from './windows.js'

const POSITIVE_WINDOW_MS = 7 * 86_400_000

/**
 * Compiles the rules files, in the order of their paths, into a strategy, or tells everything that is wrong with them.
 * Pure, and never throws because of what the files say. Whether the models exist and the examples hold is for the caller.
 * While a file's syntax is broken, only shapes are checked: names and conditions may depend on what it fails to say.
 */
export function compileStrategy(files: readonly SourceFile[]): Compiled {
  const problems = new Problems()
  const merged = mergeFiles(files, problems)
  const sections = new Sections(merged, problems)
  if (!merged.broken) tellMissing(sections, merged.firstFile ?? 'rules')

  const vocabulary = compileVocabulary(sections)
  const catalogue = compileCatalogue(sections, vocabulary)
  const windows = createWindows(vocabulary.zone)
  const reserveMs = reserveOf(sections)
  const quotas = compileQuotas(sections, vocabulary, catalogue, windows, reserveMs)
  const venues = compileVenues(sections, catalogue, quotas)
  const conditions = createConditions(namesOf(vocabulary, catalogue, venues, sections))
  const reader = new ConditionReader(
    conditions,
    vocabulary.doubtful,
    merged.broken ? undefined : problems
  )
  const strategy = assemble({
    sections,
    vocabulary,
    catalogue,
    venues,
    reader,
    windows,
    reserveMs,
    quotas
  })

  if (strategy === undefined || problems.errors > 0)
    return { strategy: undefined, problems: problems.list() }
  return { strategy, problems: problems.list(), compileFeature: conditions.feature }
}

interface Parts {
  readonly sections: Sections
  readonly vocabulary: Vocabulary
  readonly catalogue: Catalogue
  readonly venues: Venues
  readonly reader: ConditionReader
  readonly windows: Windows
  /** How long strict limits keep a place that do not say so themselves. */
  readonly reserveMs: number
  readonly quotas: Quotas
}

function assemble(parts: Parts): Strategy | undefined {
  const { sections, vocabulary, catalogue, venues, reader, quotas } = parts
  const segments = compileSegments(sections, reader)
  const startEvidence = sections.value('startEvidence')
  const offers = compileOffers(catalogue, vocabulary, reader, quotas, startEvidence)
  const { placements, treatments } = compilePlacements(sections, catalogue, venues, quotas)
  const contextWeights = compileContextWeights(sections, catalogue, reader)
  const arbitration = sections.value('arbitration')
  const formulaNode = sections.node('arbitration')?.at('formula')
  const formula =
    formulaNode === undefined || arbitration === undefined ? undefined : reader.formula(formulaNode)
  const examples = compileExamples(sections, { vocabulary, catalogue, venues })
  const heads = headsOf(sections)
  const limits = compileLimits(sections, parts, parts.reserveMs)
  warnOfFreeOffers(sections, offers, placements, {
    quotas: quotas.list,
    channels: venues.channelList
  })
  const groupLimit = arbitration?.groupLimit ?? Infinity
  const base = { offers, placements, contextWeights, formula, groupLimit }
  const experiments = compileExperiments(sections, { catalogue, treatments, reader, base })
  const program = reader.finish()
  if (program === undefined) return undefined
  return {
    ...heads,
    adapts: offers.some(({ adapt }) => adapt !== undefined),
    timeZone: vocabulary.zone.name,
    namespaces: vocabulary.namespaces,
    attributes: vocabulary.attributes,
    context: vocabulary.context,
    attributeIndex: positions(vocabulary.attributes.map(({ name }) => name)),
    contextIndex: positions(vocabulary.context.map(({ name }) => name)),
    tagPaths: vocabulary.tags.names,
    purposes: [...vocabulary.purposes.names],
    behaviourTypes: vocabulary.behaviourTypes,
    channels: venues.channelList,
    channelIndex: positions(venues.channels.names),
    placements,
    placementIndex: positions(venues.placements.names),
    groups: [...catalogue.groups.names],
    issues: [...catalogue.issues.names],
    offers,
    offerIndex: positions(catalogue.offers.names),
    segments,
    contextWeights,
    ...limits,
    quotas: quotas.list,
    formula,
    groupLimit,
    exploration: explorationOf(arbitration?.exploration),
    ...experiments,
    program,
    lexicon: lexiconOf(parts, limits.contactPolicies),
    modelNames: modelNamesOf(offers, experiments.experiments),
    examples,
    places: compilePlaces(sections)
  }
}

function namesOf(
  vocabulary: Vocabulary,
  catalogue: Catalogue,
  venues: Venues,
  sections: Sections
): ConditionNames {
  const drafts = new Map(catalogue.drafts.map(draft => [draft.id, draft]))
  return {
    attributes: vocabulary.attributes,
    context: vocabulary.context,
    segments: [...sections.entries('segments').keys()],
    types: [...vocabulary.types.names],
    offers: [...catalogue.offers.names].map(id => {
      const draft = drafts.get(id)
      const value = draft?.entry.value ?? DEFAULT_VALUE
      return {
        id,
        group: draft?.group ?? '',
        tags: draft?.entry.tags ?? [],
        value: typeof value === 'number' ? value : undefined
      }
    }),
    channels: [...venues.channels.names],
    tagPaths: vocabulary.tags.names
  }
}

function compileSegments(sections: Sections, reader: ConditionReader): Strategy['segments'] {
  return [...sections.entries('segments')].flatMap(([name, { node, entry }]) => {
    const condition = entry === undefined ? undefined : reader.segment(name, node)
    return condition === undefined ? [] : [{ name, condition }]
  })
}

function headsOf(
  sections: Sections
): Pick<Strategy, 'name' | 'currency' | 'journal' | 'positiveWindowMs' | 'holdout' | 'control'> {
  return {
    name: sections.value('strategy') ?? '',
    currency: sections.value('currency') ?? '',
    journal: journalOf(sections),
    positiveWindowMs: parseDuration(sections.value('positiveWindow') ?? '') ?? POSITIVE_WINDOW_MS,
    holdout: shareOf(sections.value('holdout')),
    control: shareOf(sections.value('control'))
  }
}

function modelNamesOf(
  offers: Strategy['offers'],
  experiments: Strategy['experiments']
): readonly string[] {
  const changed = experiments
    .flatMap(({ arms }) => arms)
    .flatMap(({ changes }) => [...changes.models.values()].map(({ name }) => name))
  return [...new Set([...offers.flatMap(({ model }) => model ?? []), ...changed])]
}

function shareOf(given: { share: number; salt: string } | undefined): Share | undefined {
  return given === undefined ? undefined : { salt: given.salt, limit: bucketLimit(given.share) }
}

function lexiconOf(
  { vocabulary, catalogue, venues, quotas }: Parts,
  contactPolicies: Strategy['contactPolicies']
): Strategy['lexicon'] {
  return {
    attributes: vocabulary.attributes.map(({ name }) => name),
    purposes: [...vocabulary.purposes.names],
    types: [...vocabulary.types.names],
    offers: [...catalogue.offers.names],
    channels: [...venues.channels.names],
    quotas: quotas.list,
    reserves: contactPolicies.some(({ strict }) => strict),
    namespaces: vocabulary.namespaces,
    retentionMs: vocabulary.retentionMs
  }
}

function tellMissing(sections: Sections, file: string): void {
  for (const [key, schema] of Object.entries(StrategySchema.shape)) {
    const needed = schema.type !== 'optional'
    const node = sections.node(key as keyof typeof StrategySchema.shape)
    if (needed && (node === undefined || (node.value === null && !node.refused))) {
      sections.problems.error(
        node?.keyPlace ?? { file, line: 1, column: 1 },
        `"${key}" is missing; every strategy needs it`
      )
    }
  }
}
