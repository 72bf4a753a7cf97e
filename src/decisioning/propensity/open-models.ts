import type { ModelSpec } from '../../policy/model-file.js'
import { labelOf } from '../../policy/model-roster.js'
import { errorAt } from '../../policy/problems.js'
import type {
  CompileFeature,
  Declared,
  Expression,
  Offer,
  Problem,
  Read,
  Strategy
} from '../../policy/strategy.js'
import { createCalibration } from '../../scoring/calibration.js'
import type { EncodeCounters } from '../../scoring/encode.js'
import { planFeatures, type ColumnSource, type FeaturePlan } from '../../scoring/plan.js'
import type { Facts } from '../../policy/facts.js'
import { checkModel } from './check-model.js'
import { ModelRefused, type Meters, type OpenModel } from '../ports.js'
import type { ModelFile } from './model-files.js'
import type { ModelPool } from './model-pool.js'
import type { ReadyModel } from './ready-model.js'
import { createTally } from '../../scoring/score-tally.js'

/** A model made ready, or what is wrong with it. Warnings may come with a ready model. */
export interface Readied {
  readonly model: ReadyModel | undefined
  readonly problems: readonly Problem[]
}

/** Opens a model, plans its inputs, calibrates its output and runs its checks. */
export async function readyModel(
  pool: ModelPool,
  file: ModelFile,
  strategy: Strategy,
  compileFeature: CompileFeature,
  meters: Meters
): Promise<Readied> {
  const { spec } = file
  let open: OpenModel
  try {
    open = await pool.open(file)
  } catch (error) {
    if (!(error instanceof ModelRefused)) throw error
    return {
      model: undefined,
      problems: [errorAt(spec.place, `model "${spec.name}": ${error.message}`)]
    }
  }
  const warnings = open.warnings.map(message => ({
    ...spec.place,
    message: `model "${spec.name}": ${message}`,
    severity: 'warning' as const
  }))
  const planned = plan(spec, open, strategy, compileFeature)
  if (planned.plan === undefined)
    return { model: undefined, problems: [...planned.problems, ...warnings] }
  const model: ReadyModel = {
    name: spec.name,
    version: spec.version,
    label: labelOf(spec),
    plan: planned.plan,
    calibrate: createCalibration(spec.calibration),
    // What decides goes by its name, whatever its version.
    counters: countersOf(spec.shadow ? labelOf(spec) : spec.name, meters),
    tally: createTally(strategy.offers.length),
    open
  }
  const failed = await checkModel(spec, model)
  return { model: failed.length > 0 ? undefined : model, problems: [...failed, ...warnings] }
}

function plan(
  spec: ModelSpec,
  open: OpenModel,
  strategy: Strategy,
  compileFeature: CompileFeature
): { plan: FeaturePlan<Facts> | undefined; problems: readonly Problem[] } {
  const problems: Problem[] = []
  const inputs = spec.inputs.map(({ input, columns }) => ({
    input,
    sources: columns.flatMap(({ from, place, missing, values, range }) => {
      const compiled = compileFeature(from, place)
      if (isProblems(compiled)) {
        problems.push(...compiled)
        return []
      }
      return [
        {
          source: sourceOf(compiled, strategy, spec.name),
          missing,
          values: values ?? declaredOf(compiled, strategy)?.values,
          range,
          label: from
        }
      ]
    })
  }))
  if (problems.length > 0) return { plan: undefined, problems }
  const planned = planFeatures<Facts>(inputs, open.inputs)
  if ('plan' in planned) return { plan: planned.plan, problems: [] }
  return {
    plan: undefined,
    problems: planned.problems.map(message =>
      errorAt(spec.place, `model "${spec.name}": ${message}`)
    )
  }
}

function sourceOf(expression: Expression, strategy: Strategy, model: string): ColumnSource<Facts> {
  const { type, perOffer, reads, source } = expression
  // Division by zero gives nothing, so a quotient can be missing whatever it reads, unless it divides by a plain number.
  const divides = /[/%]/.test(source.replaceAll(/[/%]\s*[\d.]*[1-9][\d.]*/g, ''))
  const canBeMissing = divides || !reads.every(read => isNeverMissing(read, strategy, model))
  const ofOfferAlone = perOffer && reads.every(({ kind }) => kind === 'offer')
  const value: Expression['value'] = (facts, offer) => expression.value(facts, offer)
  return { type, perOffer, canBeMissing, ofOfferAlone, value }
}

function isNeverMissing(read: Read, strategy: Strategy, model: string): boolean {
  switch (read.kind) {
    case 'attribute':
    case 'context': {
      const declared = (read.kind === 'attribute' ? strategy.attributes : strategy.context)[
        read.slot
      ]
      return declared?.default !== undefined || declared?.type.startsWith('list') === true
    }
    case 'segment':
      return false
    case 'offer':
      return (
        read.label !== 'offer.value' ||
        strategy.offers.every(
          offer => typeof offer.value === 'number' || !canScore(strategy, model, offer)
        )
      )
    case 'call':
    case 'offerCall':
      return !read.label.startsWith('near')
  }
}

/** Whether a model scores an offer, or does for customers in some arm. */
function canScore({ experiments }: Strategy, model: string, offer: Offer): boolean {
  const arms = experiments.flatMap(experiment => experiment.arms)
  return (
    offer.model === model ||
    arms.some(({ changes }) => changes.models.get(offer.index)?.name === model)
  )
}

/** The attribute or context name that an expression is, undefined when it is more than a name. */
function declaredOf(expression: Expression, strategy: Strategy): Declared | undefined {
  const [read] = expression.reads
  if (read === undefined || expression.reads.length > 1 || read.label !== expression.source.trim())
    return undefined
  if (read.kind === 'attribute') return strategy.attributes[read.slot]
  return read.kind === 'context' ? strategy.context[read.slot] : undefined
}

function countersOf(name: string, meters: Meters): EncodeCounters {
  return {
    unknownCategory: input => {
      meters.unknownCategory(name, input)
    },
    truncated: input => {
      meters.truncated(name, input)
    }
  }
}

function isProblems(result: Expression | readonly Problem[]): result is readonly Problem[] {
  return Array.isArray(result)
}
