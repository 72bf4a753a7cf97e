import type { CommonValue } from './encode.js'
import type { FeaturePlan, PlannedColumn, TensorInput, TensorType } from './plan.js'

/** Feature plans whose inputs stand side by side in the tensors of one run. */
export interface SideBySide<F> {
  /** One tensor of each type. */
  readonly inputs: readonly TensorInput[]
  /** By plan and its inputs. */
  readonly places: ReadonlyArray<readonly Place[]>
  /** By plan: where its columns are in the run. Shared ones that nobody counts are left to `common`. */
  readonly plans: ReadonlyArray<FeaturePlan<F>>
  /** Each value that all rows of a decision have alike once, whichever plans want it. */
  readonly common: ReadonlyArray<CommonValue<F>>
}

/** Which tensor holds an input, and its first column there. */
interface Place {
  readonly tensor: number
  readonly column: number
}

/** Lays plans side by side. Inputs that hold the same values in all rows take up room once. */
export function sideBySide<F>(plans: ReadonlyArray<FeaturePlan<F>>): SideBySide<F> {
  const tensors: Array<{ name: string; type: TensorType; width: number }> = []
  const known = new Map<string, Place>()
  const places = plans.map((plan, number) =>
    plan.inputs.map(({ type, width }, i) => {
      const key = keyOf(plan, number, i)
      const place = known.get(key) ?? roomFor(tensors, type, width)
      known.set(key, place)
      return place
    })
  )
  const moved = plans.map((plan, number) => {
    const move = (planned: PlannedColumn<F>): PlannedColumn<F> => {
      const { tensor, column } = places[number]![planned.tensor]!
      return { ...planned, tensor, column: column + planned.column }
    }
    return {
      ...plan,
      inputs: tensors,
      shared: plan.shared.map(move),
      byOffer: plan.byOffer.map(move)
    }
  })
  return {
    inputs: tensors,
    places,
    plans: moved.map(plan => ({ ...plan, shared: plan.shared.filter(isCounted) })),
    common: commonOf(moved.flatMap(({ shared }) => shared.filter(column => !isCounted(column))))
  }
}

function roomFor(
  tensors: Array<{ name: string; type: TensorType; width: number }>,
  type: TensorType,
  width: number
): Place {
  const at = tensors.findIndex(tensor => tensor.type === type)
  const tensor = at < 0 ? tensors.length : at
  const known = tensors[tensor] ?? { name: type, type, width: 0 }
  tensors[tensor] = known
  const column = known.width
  known.width += width
  return { tensor, column }
}

/** The same for inputs that hold the same values; an input with a column that depends on the offer is one of its kind. */
function keyOf<F>(
  { inputs, shared, byOffer }: FeaturePlan<F>,
  plan: number,
  input: number
): string {
  if (byOffer.some(({ tensor }) => tensor === input)) return `${plan} ${input}`
  const columns = shared.filter(({ tensor }) => tensor === input)
  const inOrder = [...columns].sort((one, other) => one.column - other.column)
  return JSON.stringify([inputs[input]!.type, inOrder.map(valueKey)])
}

/** The same for columns of the same value: of one expression, with the same value where that is missing. */
function valueKey<F>({ label, missing }: PlannedColumn<F>): string {
  return JSON.stringify([label, missing === undefined ? [] : [missing]])
}

/** Whether writing a column may count something for its model. */
function isCounted<F>({ type, known, range }: PlannedColumn<F>): boolean {
  return known !== undefined || range !== undefined || type === 'int32' || type === 'int64'
}

function commonOf<F>(columns: ReadonlyArray<PlannedColumn<F>>): Array<CommonValue<F>> {
  const alike = new Map<string, Array<PlannedColumn<F>>>()
  for (const column of columns) {
    const key = `${column.tensor} ${valueKey(column)}`
    alike.set(key, [...(alike.get(key) ?? []), column])
  }
  return Array.from(alike.values(), same => ({
    planned: same[0]!,
    columns: Int32Array.from(new Set(same.map(({ column }) => column)))
  }))
}
