import { readModelFile, type ModelSpec } from '../../policy/model-file.js'
import { rosterProblems } from '../../policy/model-roster.js'
import { errorAt } from '../../policy/problems.js'
import type { Problem } from '../../policy/strategy.js'
import type { StrategySource } from '../ports.js'

/** A model's file on its way to being used. */
export interface ModelFile {
  readonly spec: ModelSpec
  readonly bytes: Uint8Array
}

export interface ModelFiles {
  readonly files: readonly ModelFile[]
  readonly problems: readonly Problem[]
}

/** Reads all model folders; what is wrong with one does not hide what is wrong with another. */
export async function readModels(source: StrategySource): Promise<ModelFiles> {
  const files: ModelFile[] = []
  const problems: Problem[] = []
  const specs: ModelSpec[] = []
  for (const model of source.models) {
    const { model: spec, problems: found } = readModelFile(model.file)
    problems.push(...found)
    if (spec === undefined) continue
    specs.push(spec)
    try {
      files.push({ spec, bytes: await model.readBytes(spec.file) })
    } catch (error) {
      problems.push(
        errorAt(spec.place, `the model's file ${spec.file} cannot be read: ${sentence(error)}`)
      )
    }
  }
  return { files, problems: [...problems, ...rosterProblems(specs, source.models.length)] }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
