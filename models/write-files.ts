import { auc, calibrationError, calibrationTable, logLoss } from '../src/learning/metrics.js'
import type { Column } from './recipes.js'
import { RIDGE, TREES, type TrainedModel, type TrainingGround } from './train.js'

/** Rows that every load recomputes: few, spread over the whole range of scores. */
const CHECKS = 3
const VERSION = 1

/** The text of model.yaml. */
export function modelYaml(trained: TrainedModel): string {
  const { recipe, points } = trained
  return [
    `# ${recipe.title} How it was made and how good it is: card.md. Written by models/make.ts; change it there.`,
    '',
    `model: ${recipe.name}`,
    `version: ${VERSION}`,
    'file: model.onnx',
    'inputs:',
    ...recipe.inputs.flatMap(({ input, columns }) => {
      const [first] = columns
      if (columns.length === 1 && first !== undefined)
        return [`  - {input: ${input}, ${columnYaml(first)}}`]
      return [
        `  - input: ${input}`,
        '    columns:',
        ...columns.map(column => `      - {${columnYaml(column)}}`)
      ]
    }),
    'output: {name: probabilities, positive: "1"}',
    points === undefined
      ? 'calibration: {method: none}'
      : [
          'calibration:',
          '  method: isotonic',
          '  points:',
          ...points.map(([x, y]) => `    - [${x}, ${y}]`)
        ].join('\n'),
    'check: # run at every load; a difference refuses the model',
    ...checksYaml(trained),
    ''
  ].join('\n')
}

function columnYaml({ from, missing, categories }: Column): string {
  // Only a bare name is safe inside a flow map without quotes.
  const source = /^[\w.]+$/.test(from) ? from : `'${from.replaceAll("'", "''")}'`
  const standIn = missing === undefined ? '' : `, missing: ${missing}`
  return `from: ${source}${standIn}${categories === undefined ? '' : `, values: [${categories.join(', ')}]`}`
}

function checksYaml({ recipe, heldOut }: TrainedModel): string[] {
  const order = Array.from(heldOut.probabilities, (_, i) => i).sort(
    (i, j) => heldOut.probabilities[i]! - heldOut.probabilities[j]!
  )
  return Array.from(
    { length: CHECKS },
    (_, i) => order[Math.floor(((i + 0.5) / CHECKS) * order.length)]!
  ).map(row => {
    const inputs = recipe.inputs.map(({ input }, i) => {
      const cells = heldOut.cells[row]![i]!
      return `${input}: ${cells.length === 1 ? shown(cells[0]!) : `[${cells.map(shown).join(', ')}]`}`
    })
    return `  - {inputs: {${inputs.join(', ')}}, expect: ${heldOut.probabilities[row]!.toFixed(7)}, tolerance: 1e-6}`
  })
}

/** The shortest digits that give the same 32-bit float. */
function shown(cell: number | string): string {
  if (typeof cell === 'string') return cell
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(cell.toPrecision(digits))
    if (Math.fround(short) === cell) return String(short)
  }
  return String(cell)
}

/** The text of card.md: what a person wants to know before the model decides anything. */
export function modelCard(
  trained: TrainedModel,
  { world, customers, seed }: TrainingGround
): string {
  const { recipe, heldOut, points } = trained
  const table = calibrationTable(heldOut.probabilities, heldOut.labels)
  const columns = recipe.inputs.flatMap(({ input, columns }) =>
    columns.map((column, i) => [columns.length === 1 ? input : `${input}[${i}]`, column] as const)
  )
  return `# ${recipe.title}

Model \`${recipe.name}\`, version ${VERSION}. The probability that the customer gives the positive answer to an offer of the group
\`${recipe.group}\` when it is shown in this channel now.

## How it was made

${recipe.method === 'trees' ? `Gradient-boosted trees (${TREES.trees} of depth ${TREES.depth}, log loss, Newton leaves)` : `Logistic regression (Newton, ridge ${RIDGE} on standardised columns)`}, trained by \`models/make.ts\` (\`npm run models\`):
running it again writes the same bytes.

Data: the synthetic world of \`src/cli/world\` with seed ${world.seed}, customers c-${1001 + customers[0]} to c-${1000 + customers[1]} (not the 10,000 that
demonstrations use), drawn with seed ${seed}. Each came once and saw one offer of the group, drawn evenly from those that the policies in
\`rules/\` allowed and that the customer had consented to; the world answered. No personal and no protected attribute was used.

| | rows |
|---|---|
| training | ${trained.trainingRows} |
${trained.calibrationRows > 0 ? `| calibration only | ${trained.calibrationRows} |\n` : ''}| held out (30 %, the same share of positives) | ${heldOut.labels.length} |

Base rate: ${(trained.baseRate * 100).toFixed(2)} %.

## How good it is

On the rows held out:

| measure | value | when always saying the base rate |
|---|---|---|
| AUC | ${auc(heldOut.probabilities, heldOut.labels).toFixed(4)} | 0.5 |
| log loss | ${logLoss(heldOut.probabilities, heldOut.labels).toFixed(4)} | ${logLoss(new Float64Array(heldOut.labels.length).fill(trained.baseRate), heldOut.labels).toFixed(4)} |
| calibration error (mean of \\|predicted − observed\\| below) | ${calibrationError(table).toFixed(4)} | |
${points === undefined ? '' : `| log loss before calibration | ${logLoss(heldOut.raw, heldOut.labels).toFixed(4)} | |\n`}
Ten equal parts by predicted probability:

| predicted from | to | rows | mean predicted | observed |
|---|---|---|---|---|
${table.map(bin => `| ${[bin.from, bin.to].map(x => x.toFixed(4)).join(' | ')} | ${bin.rows} | ${[bin.predicted, bin.observed].map(x => x.toFixed(4)).join(' | ')} |`).join('\n')}

## What it looks at

| input | from | where missing | meaning |
|---|---|---|---|
${columns.map(([input, { from, missing, meaning }]) => `| \`${input}\` | \`${from}\` | ${missing ?? '–'} | ${meaning} |`).join('\n')}

## Limits

${recipe.limits.map(limit => `- ${limit}`).join('\n')}
`
}
