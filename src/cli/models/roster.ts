import { createHash } from 'node:crypto'
import type { StrategySource } from '../../decisioning/ports.js'
import { readModelFile, type ModelSpec } from '../../policy/model-file.js'
import { labelOf, rosterProblems } from '../../policy/model-roster.js'
import type { Problem } from '../../policy/strategy.js'
import { nearest } from '../../domain/nearest.js'
import { CommandRefused, UsageRefused } from '../shell.js'

/** A model as it is on disk. */
export interface RosterModel {
  /** name@version. */
  readonly label: string
  /** In the models folder. */
  readonly folder: string
  readonly spec: ModelSpec
  /** Of the model.yaml. */
  readonly text: string
  /** Of the .onnx file; hexadecimal. */
  readonly sha256: string
}

/** All models of one name. */
export interface Roster {
  readonly name: string
  /** The one that decides. */
  readonly champion: RosterModel
  /** Those that only score, by version. */
  readonly challengers: readonly RosterModel[]
}

/** The models by name. `describe` makes a sentence of a problem. Throws CommandRefused with everything that is wrong with them. */
export async function readRosters(
  { models }: StrategySource,
  describe: (problem: Problem) => string
): Promise<Roster[]> {
  const read = models.map(({ file }) => readModelFile(file))
  const specs = read.flatMap(({ model }) => model ?? [])
  const problems = [
    ...read.flatMap(each => each.problems),
    ...rosterProblems(specs, models.length)
  ].filter(({ severity }) => severity === 'error')
  if (problems.length > 0) throw new CommandRefused(problems.map(describe).join('\n'))
  const all = await Promise.all(models.map(readRosterModel))
  const names = [...new Set(all.map(({ spec }) => spec.name))].sort()
  return names.map(name => {
    const namesakes = all.filter(({ spec }) => spec.name === name)
    return {
      name,
      champion: namesakes.find(({ spec }) => !spec.shadow)!,
      challengers: namesakes
        .filter(({ spec }) => spec.shadow)
        .sort((one, other) => one.spec.version - other.spec.version)
    }
  })
}

async function readRosterModel({
  name,
  file,
  readBytes
}: StrategySource['models'][number]): Promise<RosterModel> {
  const spec = readModelFile(file).model!
  const bytes = await readBytes(spec.file).catch((error: unknown) => {
    throw new CommandRefused(error instanceof Error ? error.message : String(error))
  })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { label: labelOf(spec), folder: name, spec, text: file.text, sha256 }
}

/** The model with a label, and those of its name. Throws UsageRefused with the nearest one. */
export function findModel(
  rosters: readonly Roster[],
  label: string
): { roster: Roster; model: RosterModel } {
  for (const roster of rosters) {
    const model = [roster.champion, ...roster.challengers].find(each => each.label === label)
    if (model !== undefined) return { roster, model }
  }
  const labels = rosters.flatMap(({ champion, challengers }) =>
    [champion, ...challengers].map(each => each.label)
  )
  const meant = nearest(label, labels)
  throw new UsageRefused(
    `there is no model ${label} in the models folder; ${meant === undefined ? `there are ${labels.join(', ') || 'none'}` : `did you mean ${meant}?`}`
  )
}
