import { z } from 'zod'
import { count, fixed, id, named } from './schema-parts.js'

/** The shape of a model.yaml. What it says about the model's tensors is checked where the model is opened. */

const scalar = z.union([z.number(), z.string(), z.boolean()], {
  error: 'must be a number, text, true or false'
})

const from = z
  .union([z.string().min(1), z.number(), z.boolean()], {
    error: 'must be an expression such as customer.age'
  })
  .describe('What the column holds: an attribute, a context name or any expression')
const missing = z
  .union([scalar, z.nan().meta({ type: 'number' })], {
    error: 'must be a number, text, true, false or .nan'
  })
  .optional()
  .describe('Stands in where the value is missing')
const values = z
  .array(z.string())
  .min(1)
  .optional()
  .describe('The categories that the model knows; others are counted')

const range = z
  .tuple([z.number(), z.number()], { error: 'must be a pair [least, greatest]' })
  .optional()
  .describe('The least and greatest number that the model was trained on; reports tell of others')

const Column = fixed({ from, missing, values, range })

const Input = fixed({
  input: z.string().min(1).describe('The name of the ONNX input'),
  from: from.optional(),
  missing,
  values,
  range,
  columns: z.array(Column).min(1).optional().describe('The columns of one tensor, in order')
})
  .refine(input => (input.from === undefined) !== (input.columns === undefined), {
    error: 'must have either "from" or "columns"'
  })
  .refine(
    input =>
      input.columns === undefined ||
      (input.missing === undefined && input.values === undefined && input.range === undefined),
    {
      error: 'must give "missing", "values" and "range" for each of its columns'
    }
  )

const label = z.union([z.string(), z.number()], { error: 'must be a class label' })

const Output = fixed({
  name: z.string().min(1).describe('The name of the ONNX output that holds the probabilities'),
  positive: label.optional().describe('The class whose probability counts, by its label'),
  classes: z
    .array(label)
    .min(1)
    .optional()
    .describe('The labels in the order of the columns, for files that do not name them')
})

const Point = z.tuple([z.number(), z.number().min(0).max(1)], {
  error: 'must be a pair [raw, probability]'
})

const Points = z
  .array(Point)
  .min(2)
  .refine(
    points =>
      points.every(([x, y], i) => i === 0 || (x > points[i - 1]![0] && y >= points[i - 1]![1])),
    {
      error: 'must rise: each raw score greater than the one before, no probability less'
    }
  )

const Calibration = z.discriminatedUnion('method', [
  fixed({ method: z.literal('none') }),
  fixed({ method: z.literal('sigmoid'), a: z.number(), b: z.number() }),
  fixed({ method: z.literal('isotonic'), points: Points })
])

const Check = fixed({
  inputs: named(
    z.string(),
    z.union([scalar, z.array(z.union([z.number(), z.string()]))], {
      error: 'must be a value or a list of them'
    })
  ),
  expect: z.number().min(0).max(1).describe('The calibrated probability'),
  tolerance: z.number().nonnegative().optional().describe('1e-6 when absent')
})

/** Everything that a model.yaml may hold. */
export const ModelSchema = fixed({
  model: id.describe('The name that offers use'),
  version: count,
  file: z.string().min(1).describe('The .onnx file, beside this one'),
  inputs: z.array(Input).min(1),
  output: Output,
  shadow: z
    .boolean()
    .optional()
    .describe('true: scores what the model of its name scores, and decides nothing'),
  calibration: Calibration.optional(),
  check: z
    .array(Check)
    .optional()
    .describe('Rows with their scores, run at load; a difference refuses the model')
})

export type ModelEntry = z.output<typeof ModelSchema>
