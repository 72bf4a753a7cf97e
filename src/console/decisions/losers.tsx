import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Table } from '../ui/table.js'
import { Rule } from '../ui/written.js'
import type { Explanation } from './recorded.js'
import { Sum, type Factors } from './sum.js'
import { DECISION_TEXTS } from './texts.js'

type Need = NonNullable<Explanation['whatItTakes']>[number]

interface Loser {
  readonly offerId: string
  readonly priority: number
  readonly factors: Factors
  readonly model: string | null
}

/** The outranked, the best first, and what the best of them would need. */
export function Losers({ pages }: { readonly pages: readonly Explanation[] }) {
  const texts = useTexts(DECISION_TEXTS)
  const losers = pages.flatMap(losersOf)
  if (losers.length === 0) return null
  const needs = new Map(
    (pages[0]?.whatItTakes ?? [])
      .filter(({ stage }) => stage === 'outranked')
      .map(need => [need.offerId, need])
  )
  return (
    <Card title={texts.outranked}>
      <Table
        caption={texts.outranked}
        rows={losers}
        keyOf={({ offerId }) => offerId}
        columns={[
          { head: texts.offer, cell: ({ offerId }) => <strong>{offerId}</strong> },
          {
            head: texts.calculation,
            cell: ({ priority, factors }) => <Sum priority={priority} factors={factors} />
          },
          { head: texts.model, cell: ({ model }) => model ?? texts.priorOnly },
          { head: texts.takes, cell: ({ offerId }) => <Takes need={needs.get(offerId)} /> }
        ]}
      />
    </Card>
  )
}

/** The rows of an explanation's table as objects. */
function losersOf({ outranked }: Explanation): Loser[] {
  if (outranked === undefined) return []
  const { columns, rows } = outranked
  return rows.map(row => {
    const of = (name: string): unknown => row[columns.indexOf(name)]
    const number = (name: string): number => Number(of(name))
    return {
      offerId: String(of('offerId')),
      priority: number('priority'),
      factors: { p: number('p'), c: number('c'), v: number('v'), l: number('l') },
      model: typeof of('model') === 'string' ? String(of('model')) : null
    }
  })
}

/** Any one of these would be enough, all else being equal. */
function Takes({ need }: { readonly need: Need | undefined }) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  if (need === undefined) return <>–</>
  if (need.reason !== undefined) return <>{need.reason}</>
  const ways = [
    [need.priority, (figure: string) => texts.takesPriority(figure)],
    [need.value, (figure: string) => texts.takesValue(figure)],
    [need.lever, (figure: string) => texts.takesLever(figure)],
    [need.contextWeight, (figure: string) => texts.takesContext(figure)]
  ] as const
  const told = ways.flatMap(([figure, inWords]) =>
    figure === null || figure === undefined ? [] : [inWords(format.number(figure, 2))]
  )
  const where = need.placement === undefined ? '' : ` ${texts.takesIn(need.placement)}`
  return (
    <Rule>
      {told.join(texts.or)}
      {where}
    </Rule>
  )
}
