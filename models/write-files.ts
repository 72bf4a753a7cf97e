import { measuresSection } from '../src/cli/train/measures.js'
import { modelYaml, rowsToCheck } from '../src/cli/train/model-yaml.js'
import { RIDGE, TREES, type TrainedModel, type TrainingGround } from './train.js'

const VERSION = 1

/** The text of model.yaml. */
export function yamlOf({ recipe, points, heldOut }: TrainedModel): string {
  return modelYaml({
    heading: `${recipe.title} How it was made and how good it is: card.md. Written by models/make.ts; change it there.`,
    name: recipe.name,
    version: VERSION,
    inputs: recipe.inputs,
    points,
    checks: rowsToCheck(heldOut.probabilities).map(row => {
      return { cells: heldOut.cells[row]!, probability: heldOut.probabilities[row]! }
    })
  })
}

/** The text of card.md: what a person wants to know before the model decides anything. */
export function modelCard(
  trained: TrainedModel,
  { world, customers, seed }: TrainingGround
): string {
  const { recipe, heldOut, points } = trained
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

${measuresSection(heldOut, trained.baseRate, points !== undefined)}

## What it looks at

| input | from | where missing | meaning |
|---|---|---|---|
${columns.map(([input, { from, missing, meaning }]) => `| \`${input}\` | \`${from}\` | ${missing ?? '–'} | ${meaning} |`).join('\n')}

## Limits

${recipe.limits.map(limit => `- ${limit}`).join('\n')}
`
}
