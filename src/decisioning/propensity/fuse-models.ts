import type { Facts } from '../../policy/facts.js'
import { sideBySide, type SideBySide } from '../../scoring/side-by-side.js'
import { ModelRefused, type FusedLayout, type Log, type OpenFusion } from '../ports.js'
import type { ReadyModel } from './ready-model.js'

/** Models that share their runs: their inputs stand side by side, and each row scores an offer of every one of them. */
export interface Fusion {
  readonly open: OpenFusion
  /** In the order of their scores. */
  readonly members: readonly ReadyModel[]
  readonly layout: SideBySide<Facts>
}

/** A model that is run by itself although there are others, and why. */
interface Alone {
  readonly model: ReadyModel
  readonly reason: string
}

/** Models whose graphs can stand in one, by the operator sets that they use. */
interface Group {
  readonly models: ReadyModel[]
  readonly versions: Record<string, number>
}

/**
 * Fuses what can be fused of a strategy's models, and tells the log what is run together, what is not, and why.
 * @param fuse opens the models of a layout as one
 */
export async function fuseModels(
  models: readonly ReadyModel[],
  fuse: (layout: FusedLayout) => Promise<OpenFusion>,
  log: Log
): Promise<Fusion[]> {
  if (models.length < 2) return []
  const { groups, alone } = group(models)
  const fusions: Fusion[] = []
  for (const { models: members, versions } of groups) {
    const reason = members.length === 1 ? noPartner(versions) : undefined
    const made = reason ?? (await tryFuse(members, fuse))
    if (typeof made === 'string') alone.push(...members.map(model => ({ model, reason: made })))
    else fusions.push(made)
  }
  for (const { members } of fusions)
    log.info({ models: members.map(({ label }) => label) }, 'models share their runs')
  for (const { model, reason } of alone)
    log.info({ model: model.label, reason }, 'a model is run by itself')
  return fusions
}

function group(models: readonly ReadyModel[]): { groups: Group[]; alone: Alone[] } {
  const groups: Group[] = []
  const alone: Alone[] = []
  for (const model of models) {
    const { fusable } = model.open
    if ('reason' in fusable) {
      alone.push({ model, reason: fusable.reason })
      continue
    }
    const { versions } = fusable
    const fitting = groups.find(known =>
      Object.entries(versions).every(([domain, version]) => {
        return (known.versions[domain] ?? version) === version
      })
    )
    if (fitting === undefined) groups.push({ models: [model], versions: { ...versions } })
    else {
      fitting.models.push(model)
      Object.assign(fitting.versions, versions)
    }
  }
  return { groups, alone }
}

function noPartner(versions: Readonly<Record<string, number>>): string {
  const sets = Object.entries(versions).map(
    ([domain, version]) => `${domain === '' ? 'ai.onnx' : domain} ${version}`
  )
  return `no other model is written for the operator sets ${sets.join(', ')}`
}

/** The fusion, or why there is none. */
async function tryFuse(
  members: readonly ReadyModel[],
  fuse: (layout: FusedLayout) => Promise<OpenFusion>
): Promise<Fusion | string> {
  const layout = sideBySide(members.map(({ plan }) => plan))
  const { inputs, places } = layout
  try {
    const open = await fuse({
      inputs,
      members: members.map((model, i) => ({ open: model.open, places: places[i]! }))
    })
    return { open, members, layout }
  } catch (error) {
    if (!(error instanceof ModelRefused)) throw error
    return error.message
  }
}
