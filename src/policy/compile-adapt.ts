import { columnsOf, type LearningFeature } from '../domain/learning.js'
import type { OfferDraft } from './compile-catalogue.js'
import type { ConditionReader } from './compile-conditions.js'
import { murmur3 } from './hash.js'
import type { Vocabulary } from './compile-vocabulary.js'
import type { Adapt, Declared, Expression } from './strategy.js'
import type { YamlNode } from './yaml-node.js'

/** Learning one impression takes a time that grows with the square and more of the columns; with so many it is some ten microseconds. */
const MOST_COLUMNS = 32

/** How an offer's propensity adapts; undefined where it does not. Fallbacks have no propensity that could. */
export function adaptOf(
  { node, entry }: OfferDraft,
  vocabulary: Vocabulary,
  reader: ConditionReader
): Adapt | undefined {
  const { adapt = false } = entry.propensity ?? {}
  if (adapt === false || entry.fallbackOnly === true) return undefined
  const forget = (adapt === true ? undefined : adapt.forget) ?? 1
  const items = node.at('propensity', 'adapt', 'features')?.items ?? []
  if (items.length === 0) return { way: 'blend', forget, features: undefined }
  const read = items.flatMap(item => readFeature(item, vocabulary, reader) ?? [])
  const list = read.map(({ feature }) => feature)
  const columns = list.reduce((sum, feature) => sum + columnsOf(feature), 1)
  if (columns > MOST_COLUMNS) {
    reader.problems?.error(
      items[0]!.place,
      `features of ${columns} columns are more than ${MOST_COLUMNS}: every declared value of a string is one, each other feature is one, and one stands for the offer itself; name fewer`
    )
  }
  return {
    way: wayOf(read),
    forget,
    features: { expressions: read.map(({ expression }) => expression), list, columns }
  }
}

/** Short, for it stands in every record: the same for the same features, in their order, with the same declared values. */
function wayOf(read: readonly ReadFeature[]): string {
  const text = JSON.stringify(
    read.map(({ expression: { source }, feature }) => [source, feature.type, feature.values])
  )
  return `features ${murmur3(text).toString(16)}`
}

interface ReadFeature {
  readonly expression: Expression
  readonly feature: LearningFeature
}

function readFeature(
  item: YamlNode,
  vocabulary: Vocabulary,
  reader: ConditionReader
): ReadFeature | undefined {
  const expression = reader.feature(item)
  if (expression === undefined) return undefined
  if (expression.type !== 'string') {
    const type = expression.type === 'boolean' ? 'boolean' : 'number'
    return { expression, feature: { type } }
  }
  const values = declaredOf(expression, vocabulary)?.values
  if (values !== undefined) return { expression, feature: { type: 'string', values } }
  reader.problems?.error(
    item.place,
    `"${expression.source}" may be any text, and a propensity learns for each value by itself: declare its "values", or compare it, such as ${expression.source} == "…"`
  )
  return undefined
}

/** The attribute or context name that a feature is, where it is nothing more. */
function declaredOf(
  { source, reads }: Expression,
  { attributes, context }: Vocabulary
): Declared | undefined {
  const [read] = reads
  if (read === undefined || source.trim() !== read.label) return undefined
  if (read.kind === 'attribute') return attributes[read.slot]
  return read.kind === 'context' ? context[read.slot] : undefined
}
