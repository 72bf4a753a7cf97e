import { measureModels, measureRuns } from '../models.js'
import { plot } from '../plot.js'
import { shortRatio } from '../ratio.js'
import { tableOf } from '../report.js'
import type { Chapter } from './section.js'

/** From one logistic model to twenty, fused and one by one, in this process. */
export async function compareModels(): Promise<Chapter> {
  const { ratio, difference } = await measureRuns('logistic')
  const costs = await measureModels('logistic')
  const rows = costs.map(({ models, fusedMicros, apartMicros, ratio }) => [
    models,
    fusedMicros.toFixed(1),
    apartMicros.toFixed(1),
    shortRatio(ratio)
  ])
  return {
    text:
      `Twenty models with ten rows each, one run against twenty: CPU ${shortRatio(ratio)}, largest difference of outputs ${difference.toExponential(1)}. ` +
      `Whole decisions, ten offers a model:\n\n` +
      tableOf(['models', 'fused, CPU µs/decision', 'a run a model', 'ratio'], rows),
    plots: [
      {
        name: 'models.svg',
        alt: 'CPU per decision by number of models, fused and with a run for each model',
        svg: plot({
          title: 'CPU per decision in the process, ten offers a model',
          x: { label: 'models' },
          y: { label: 'µs' },
          lines: [
            {
              name: 'a run a model',
              points: costs.map(({ models, apartMicros }) => [models, apartMicros])
            },
            { name: 'fused', points: costs.map(({ models, fusedMicros }) => [models, fusedMicros]) }
          ]
        })
      }
    ]
  }
}
