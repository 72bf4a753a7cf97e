import { type ModelEntry, ModelSchema } from './model-schema.js'
import { Problems } from './problems.js'
import { checkShape } from './schema-issues.js'
import type { Place, Problem, SourceFile } from './strategy.js'
import { readYaml } from './yaml.js'
import type { YamlNode } from './yaml-node.js'

type Cell = number | string | boolean

/** One column of a model's input. */
interface ModelColumn {
  /** An expression of the condition language. */
  readonly from: string
  readonly place: Place
  /** Stands in where the value is missing. */
  readonly missing: Cell | undefined
  /** The categories that the model knows. */
  readonly values: readonly string[] | undefined
  /** The least and greatest number that it was trained on, where its file says so. */
  readonly range: readonly [least: number, greatest: number] | undefined
}

/** A model as its file describes it; names and types are checked against strategy and model later. */
export interface ModelSpec {
  readonly name: string
  readonly version: number
  /** The .onnx file, relative to the folder of the model.yaml. */
  readonly file: string
  readonly inputs: ReadonlyArray<{
    readonly input: string
    readonly place: Place
    readonly columns: readonly ModelColumn[]
  }>
  readonly output: {
    readonly name: string
    readonly positive?: string | undefined
    readonly classes?: readonly string[] | undefined
  }
  /** Scores what the model of its name scores, and decides nothing. */
  readonly shadow: boolean
  readonly calibration: NonNullable<ModelEntry['calibration']>
  readonly check: ReadonlyArray<{
    readonly inputs: Readonly<Record<string, Cell | ReadonlyArray<number | string>>>
    readonly expect: number
    readonly tolerance: number
    readonly place: Place
  }>
  readonly place: Place
}

const DEFAULT_TOLERANCE = 1e-6

/** Reads a model.yaml, or tells everything that is wrong with it. Never throws because of what the file says. */
export function readModelFile(file: SourceFile): {
  model: ModelSpec | undefined
  problems: Problem[]
} {
  const problems = new Problems()
  const { root, broken } = readYaml(file.path, file.text, problems)
  if (root === undefined && !broken)
    problems.error(
      { file: file.path, line: 1, column: 1 },
      'the file is empty; describe the model here'
    )
  const entry =
    root === undefined || broken ? undefined : checkShape(ModelSchema, root, '', problems)
  if (root !== undefined && entry !== undefined) checkMeaning(root, entry, problems)
  const model =
    root === undefined || entry === undefined || problems.errors > 0
      ? undefined
      : specOf(root, entry)
  return { model, problems: problems.list() }
}

function checkMeaning(root: YamlNode, { inputs, output }: ModelEntry, problems: Problems): void {
  const first = new Map<string, Place>()
  inputs.forEach(({ input }, i) => {
    const place = root.at('inputs', i, 'input')!.place
    const earlier = first.get(input)
    if (earlier === undefined) first.set(input, place)
    else
      problems.error(
        place,
        `the input "${input}" is given twice, first on line ${earlier.line}; a tensor of several columns lists them under "columns"`
      )
  })
  const labels = output.classes?.map(String)
  if (labels !== undefined && new Set(labels).size < labels.length) {
    problems.error(root.at('output', 'classes')!.place, 'each class label must be given once')
  }
  if (
    labels !== undefined &&
    output.positive !== undefined &&
    !labels.includes(String(output.positive))
  ) {
    problems.error(
      root.at('output', 'positive')!.place,
      `"positive" must be one of the classes ${labels.join(', ')}`
    )
  }
}

function specOf(root: YamlNode, entry: ModelEntry): ModelSpec {
  const {
    model,
    version,
    file,
    inputs,
    output,
    shadow = false,
    calibration = { method: 'none' },
    check = []
  } = entry
  return {
    name: model,
    version,
    file,
    inputs: inputs.map((input, i) => {
      const node = root.at('inputs', i)!
      const columns = input.columns?.map((column, j) =>
        columnOf(column, node.at('columns', j)!)
      ) ?? [columnOf(input, node)]
      return { input: input.input, place: node.place, columns }
    }),
    output: {
      name: output.name,
      positive: output.positive?.toString(),
      classes: output.classes?.map(String)
    },
    shadow,
    calibration,
    check: check.map(({ inputs: row, expect, tolerance = DEFAULT_TOLERANCE }, i) => {
      return { inputs: row, expect, tolerance, place: root.at('check', i)!.place }
    }),
    place: root.at('model')!.place
  }
}

function columnOf(
  {
    from,
    missing,
    values,
    range
  }: {
    from?: Cell | undefined
    missing?: Cell | undefined
    values?: string[] | undefined
    range?: [number, number] | undefined
  },
  node: YamlNode
): ModelColumn {
  return { from: String(from), place: node.at('from')!.textPlace, missing, values, range }
}
