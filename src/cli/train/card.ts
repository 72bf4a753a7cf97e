import type { FittedTable } from '../../learning/fit-table.js'
import type { BoundColumn } from './bind-columns.js'
import type { TrainingReport } from './report.js'
import { measuresSection, type Measures } from './measures.js'
import { inputNameOf } from './model-of.js'
import type { TrainedTable } from './train-table.js'

/** The text of card.md: what a person wants to know before the model decides anything. */
export function cardOf(
  report: Omit<TrainingReport, 'folder' | 'files'>,
  { fitted, points, held }: TrainedTable,
  columns: readonly BoundColumn[]
): string {
  const { model, version, data, rows, isCutByTime, baseRate, seed, importance, warnings } = report
  return `# ${model}: how likely is ${code(`${data.target} = ${data.positive}`)}?

Model \`${model}\`, version ${version}. The probability that ${code(data.target)} is ${code(data.positive)}, from what is known when an offer
is decided.

## How it was made

${describeMethod(fitted)}, trained by \`offerd train\` with seed ${seed}: the same data, options and release give the same bytes.
${points === undefined ? 'Its log odds are calibrated by a sigmoid (Platt) that is part of its weights.' : 'Its log odds are calibrated by a sigmoid (Platt) that is part of its weights, and its output by the isotonic points in model.yaml.'}

Data: ${code(data.file)}, ${rows.all} rows, columns ${code(data.columns.join(', '))}${data.without.length === 0 ? '' : `; left out: ${code(data.without.join(', '))}`}.

| | rows |
|---|---|
| training | ${rows.train} |
| validation: settings and calibration | ${rows.validation} |
| held out (${isCutByTime ? 'the newest' : 'the same share of positives'}) | ${rows.test} |

Base rate: ${(baseRate * 100).toFixed(2)} %.

## How good it is

${measuresSection(held, baseRate, points !== undefined)}

![What it predicts against what happened](calibration.svg)

${comparison(report)}
## What it looks at

Importance: by how much the AUC on the rows held out falls when the column is dealt out to other rows.

| input | from | where missing | importance |
|---|---|---|---|
${importance
  .map(({ column, aucLost }) => {
    const at = columns.findIndex(({ name }) => name === column)
    const { missing } = fitted.features[at]!
    return `| ${code(inputNameOf(column))} | ${code(columns[at]!.from)} | ${missing === '' ? '(no category)' : missing} | ${aucLost.toFixed(4)} |`
  })
  .join('\n')}

## Limits

${[...warnings.map(sentence), ...LIMITS].map(limit => `- ${limit}`).join('\n')}
`
}

const LIMITS = [
  'Numbers beyond those of the training rows count as the nearest of them.',
  'The figures hold for customers like those in the data; train again when offers, policies or customers change.'
]

function describeMethod(fitted: FittedTable): string {
  if (fitted.method === 'trees')
    return `Gradient-boosted trees (${fitted.ensemble.trees.length} of depth ${fitted.depth}, learning rate ${fitted.learningRate}, log loss, Newton leaves; depth and number chosen by the validation rows)`
  return `Logistic regression (Newton, ridge ${fitted.ridge} chosen by the validation rows; numbers in straight pieces between quantiles, a column a category)`
}

/** Methods side by side, and the folds of a cross-validation, where there is more to say than of one model. */
function comparison({
  methods,
  folds,
  method
}: Pick<TrainingReport, 'methods' | 'folds' | 'method'>): string {
  if (methods.length === 1 && folds === undefined) return ''
  const rows = methods.map(
    ({ method: name, validationLoss, held, crossValidated }) =>
      `| ${name}${name === method ? ' (this model)' : ''} | ${validationLoss.toFixed(4)} | ${cells(held)} |${folds === undefined ? '' : ` ${crossValidated === undefined ? '' : cells(crossValidated)} |`}`
  )
  return `Methods side by side; the least log loss on the validation rows decides where both are asked for${folds === undefined ? '' : `, and means over ${folds} folds of all rows, each judged by models of the others`}:

| method | validation log loss | AUC | log loss | calibration error |${folds === undefined ? '' : ' AUC, folds | log loss, folds | calibration error, folds |'}
|---|---|---|---|---|${folds === undefined ? '' : '---|---|---|'}
${rows.join('\n')}
`
}

function cells({ auc, logLoss, calibrationError }: Measures): string {
  return [auc, logLoss, calibrationError].map(value => value.toFixed(4)).join(' | ')
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
