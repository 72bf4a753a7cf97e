import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Bar } from '../ui/bar.js'
import { Card } from '../ui/card.js'
import type { Explanation } from './recorded.js'
import { DECISION_TEXTS } from './texts.js'

/** How many candidates fell at each stage, and how many were left. */
export function Funnel({ explanation }: { readonly explanation: Explanation }) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  const { candidates, funnel } = explanation
  return (
    <Card title={texts.funnel}>
      <ol class="funnel">
        <li>
          <strong>{texts.candidates}</strong>
          <Bar label={texts.candidates} value={candidates} most={candidates} />
          <span class="number" />
          <span class="number">{format.number(candidates)}</span>
        </li>
        {funnel.map(({ stage, removed, left }) => {
          const name = texts.stages[stage] ?? stage
          return (
            <li key={stage} data-stage={stage}>
              <span>{name}</span>
              <Bar
                label={`${name}: ${texts.left(format.number(left))}`}
                value={left}
                most={candidates}
                tone={stage === 'selected' ? 'good' : 'accent'}
              />
              <span class="number">
                {stage === 'selected' ? '' : texts.removed(format.number(removed))}
              </span>
              <span class="number note">{texts.left(format.number(left))}</span>
            </li>
          )
        })}
      </ol>
    </Card>
  )
}
