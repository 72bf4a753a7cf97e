import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Empty } from '../ui/states.js'
import { Table } from '../ui/table.js'
import { Written, WrittenAt } from '../ui/written.js'
import type { Details } from './details.js'
import { STRATEGY_TEXTS } from './texts.js'

/** Which ways of deciding are compared. */
export function Experiments({ details }: { readonly details: Details }) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  if (details.experiments.length === 0) return <Empty title={texts.noExperiments} />
  return (
    <Card title={texts.tabs.experiments}>
      <Table
        caption={texts.tabs.experiments}
        rows={details.experiments}
        keyOf={({ name }) => name}
        columns={[
          { head: texts.experiment, cell: ({ name }) => name },
          { head: texts.layer, cell: ({ layer }) => layer ?? '–' },
          {
            head: texts.when,
            cell: ({ when }) => (when === null ? texts.always : <Written text={when.text} />)
          },
          {
            head: texts.arms,
            cell: ({ arms }) =>
              arms.map(({ name, share, changes }) => (
                <div key={name}>
                  {name} · {format.percent(share)} ·{' '}
                  <span class="note">
                    {changes.length === 0
                      ? texts.asIs
                      : changes.map(change => texts.changes[change] ?? change).join(', ')}
                  </span>
                </div>
              ))
          },
          { head: texts.file, cell: ({ place }) => <WrittenAt place={place} /> }
        ]}
      />
    </Card>
  )
}
