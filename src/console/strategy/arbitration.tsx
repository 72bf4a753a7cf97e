import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Facts } from '../ui/facts.js'
import { Empty } from '../ui/states.js'
import { Table } from '../ui/table.js'
import { Rule, Written, WrittenAt } from '../ui/written.js'
import type { Details } from './details.js'
import { STRATEGY_TEXTS } from './texts.js'

/** What decides the order of what is allowed. */
export function Arbitration({ details }: { readonly details: Details }) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const { formula, groupLimit, exploration, holdout, control, contextWeights } = details
  const shareText = (kept: Details['holdout']): string =>
    kept === null ? texts.noShare : texts.shareWithSalt(format.percent(kept.share), kept.salt)
  const chance = texts.explorations[exploration.method]
  return (
    <div class="strategy-stack">
      <Card title={texts.tabs.arbitration}>
        <Facts
          facts={[
            [
              texts.formula,
              <>
                <Written text={formula?.text ?? 'p * c * v * l'} />{' '}
                {formula !== null && <WrittenAt place={formula.place} />}
              </>
            ],
            [texts.groupLimit, groupLimit === null ? texts.unlimited : format.number(groupLimit)],
            [texts.exploration, chance(format.percent(Number(exploration['share'] ?? 0)))],
            [texts.holdout, shareText(holdout)],
            [texts.control, shareText(control)]
          ]}
        />
      </Card>
      <Card title={texts.contextWeights}>
        {contextWeights.length === 0 ? (
          <Empty title={texts.noContextWeights} />
        ) : (
          <Table
            caption={texts.contextWeights}
            rows={contextWeights}
            keyOf={({ place }) => place}
            columns={[
              { head: texts.target, cell: ({ target }) => target },
              {
                head: texts.weight,
                cell: ({ weight }) => `${weight > 0 ? '+' : ''}${format.number(weight, 1)} %`,
                isNumber: true
              },
              {
                head: texts.when,
                cell: ({ text }) => (
                  <Rule>
                    <Written text={text} />
                  </Rule>
                )
              },
              { head: texts.file, cell: ({ place }) => <WrittenAt place={place} /> }
            ]}
          />
        )}
      </Card>
    </div>
  )
}
