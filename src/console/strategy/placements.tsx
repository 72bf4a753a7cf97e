import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Table } from '../ui/table.js'
import { WrittenAt } from '../ui/written.js'
import type { Details } from './details.js'
import { STRATEGY_TEXTS } from './texts.js'

/** Where offers are shown. */
export function Placements({ details }: { readonly details: Details }) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  return (
    <div class="strategy-stack">
      <Card title={texts.tabs.placements}>
        <Table
          caption={texts.tabs.placements}
          rows={details.placements}
          keyOf={({ id }) => id}
          columns={[
            { head: texts.placement, cell: ({ id }) => <code>{id}</code> },
            { head: texts.channel, cell: ({ channel }) => <code>{channel}</code> },
            { head: texts.count, cell: ({ count }) => format.number(count), isNumber: true },
            {
              head: texts.multiplier,
              cell: ({ multiplier }) => `× ${format.number(multiplier, 2)}`,
              isNumber: true
            },
            {
              head: texts.candidates,
              cell: ({ candidates }) => format.number(candidates),
              isNumber: true
            },
            { head: texts.fallback, cell: ({ fallback }) => <code>{fallback}</code> },
            { head: texts.file, cell: ({ place }) => <WrittenAt place={place} /> }
          ]}
        />
      </Card>
      <Card title={texts.channels}>
        <Table
          caption={texts.channels}
          rows={details.channels}
          keyOf={({ id }) => id}
          columns={[
            { head: texts.channel, cell: ({ id }) => <code>{id}</code> },
            { head: texts.direction, cell: each => texts.directions[each.direction] },
            { head: texts.activate, cell: each => texts.activates[each.activate] },
            { head: texts.file, cell: ({ place }) => <WrittenAt place={place} /> }
          ]}
        />
      </Card>
    </div>
  )
}
