import type { ModelSpec } from '../../policy/model-file.js'
import { errorAt } from '../../policy/problems.js'
import type { Problem } from '../../policy/strategy.js'
import type { InputColumns, ModelInput } from '../ports.js'
import type { ReadyModel } from './ready-model.js'

type Cell = number | string | boolean
/** By input name: the cells of one row; what is left out takes the column's `missing`. */
type Row = Readonly<Record<string, Cell | readonly Cell[]>>

/**
 * Runs the rows that the model's file declares, and one probe of missing values: every score must be a probability,
 * and the declared rows must come out as declared.
 */
export async function checkModel(spec: ModelSpec, model: ReadyModel): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const refuse = (place: Problem | ModelSpec['place'], message: string): void => {
    problems.push(errorAt(place, `model "${spec.name}": ${message}`))
  }
  if (!model.open.yieldsProbabilities && spec.calibration.method === 'none') {
    refuse(
      spec.place,
      'its output is a raw score, not a probability; add a calibration (sigmoid or isotonic)'
    )
    return problems
  }
  for (const check of [...spec.check, undefined]) {
    const place = check?.place ?? spec.place
    const faults = check === undefined ? [] : rowFaults(check.inputs, model.plan.inputs)
    for (const fault of faults) refuse(place, fault)
    if (faults.length > 0) continue
    const score = await scoreRow(spec, model, check?.inputs ?? {})
    if (typeof score === 'string') {
      refuse(place, score)
    } else if (!(score >= -1e-6 && score <= 1 + 1e-6)) {
      refuse(
        place,
        `gives ${score}, which is no probability; add a calibration (sigmoid or isotonic)`
      )
    } else if (check !== undefined && !(Math.abs(score - check.expect) <= check.tolerance)) {
      refuse(place, `gives ${score} where the check expects ${check.expect} ± ${check.tolerance}`)
    }
  }
  return problems
}

async function scoreRow(spec: ModelSpec, model: ReadyModel, row: Row): Promise<number | string> {
  try {
    const scores = await model.open.score(1, (columns, firstRow) => {
      for (const column of columns) fillRow(spec, column, firstRow, row)
    })
    return model.calibrate(scores[0] ?? NaN)
  } catch (error) {
    return `does not run: ${error instanceof Error ? error.message : String(error)}`
  }
}

function fillRow(
  spec: ModelSpec,
  { input, cells }: InputColumns,
  firstRow: number,
  row: Row
): void {
  const given = row[input.name]
  const columns = spec.inputs.find(candidate => candidate.input === input.name)?.columns ?? []
  for (let i = 0; i < input.width; i++) {
    const value =
      given === undefined ? columns[i]?.missing : typeof given === 'object' ? given[i] : given
    writeCell(cells, firstRow * input.width + i, value ?? (input.type === 'string' ? '' : 0))
  }
}

function writeCell(cells: InputColumns['cells'], at: number, value: Cell): void {
  if (Array.isArray(cells)) cells[at] = String(value)
  else if (cells instanceof BigInt64Array) cells[at] = BigInt(Math.trunc(Number(value)))
  else cells[at] = Number(value)
}

function rowFaults(row: Row, inputs: readonly ModelInput[]): string[] {
  const faults: string[] = []
  for (const [name, value] of Object.entries(row)) {
    const input = inputs.find(candidate => candidate.name === name)
    if (input === undefined) {
      faults.push(
        `a check feeds input "${name}", but the model has ${inputs.map(known => known.name).join(', ')}`
      )
      continue
    }
    const cells = typeof value === 'object' ? value : [value]
    if (cells.length !== input.width)
      faults.push(`a check feeds ${cells.length} of the ${input.width} columns of input "${name}"`)
    const wrong = cells.find(cell => (typeof cell === 'string') !== (input.type === 'string'))
    if (wrong !== undefined)
      faults.push(
        `a check feeds ${JSON.stringify(wrong)} to input "${name}", which takes ${input.type}`
      )
  }
  return faults
}
