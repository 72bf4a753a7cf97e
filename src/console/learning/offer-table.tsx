import { useState } from 'preact/hooks'
import { useFormat, type Format } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { Interval } from '../ui/interval.js'
import { Empty } from '../ui/states.js'
import { Table, type Column } from '../ui/table.js'
import { FilterBox } from '../ui/filter-box.js'
import type { Learning } from './answers.js'
import { LEARNING_TEXTS } from './texts.js'

type Offer = Learning['offers'][number]
type Bounded = { readonly value: number; readonly low: number; readonly high: number }

/** An offer in a channel. */
interface Row {
  readonly offer: Offer
  readonly seen: Offer['channels'][number]
}

/** Every offer in every channel, those with the most evidence first. */
export function OfferTable(props: {
  readonly offers: readonly Offer[]
  readonly chosen: string | undefined
  readonly choose: (offerId: string) => void
}) {
  const texts = useTexts(LEARNING_TEXTS)
  const [wanted, setWanted] = useState('')
  const found = props.offers.filter(({ name, offerId }) =>
    `${name} ${offerId}`.toLowerCase().includes(wanted.trim().toLowerCase())
  )
  const rows = found
    .flatMap(offer => offer.channels.map((seen): Row => ({ offer, seen })))
    .sort((one, other) => other.seen.impressions - one.seen.impressions)
  const columns = useColumns(rows, props.chosen, props.choose)
  return (
    <Card
      title={texts.offers}
      aside={<FilterBox label={texts.filter} value={wanted} onInput={setWanted} />}
    >
      <p class="note">{texts.offersNote}</p>
      {rows.length === 0 ? (
        <Empty title={props.offers.length === 0 ? texts.noOffers : texts.noneFound} />
      ) : (
        <div class="learning-table">
          <Table
            caption={texts.offers}
            rows={rows}
            keyOf={({ offer, seen }) => `${offer.offerId} ${seen.channel}`}
            columns={columns}
          />
        </div>
      )}
    </Card>
  )
}

function useColumns(
  rows: readonly Row[],
  chosen: string | undefined,
  choose: (offerId: string) => void
): Column<Row>[] {
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  const most = Math.max(
    0.01,
    ...rows.flatMap(({ seen }) => (seen.impressions > 0 ? [seen.rate?.high ?? 0] : [])),
    ...rows.map(({ seen }) => seen.propensity?.value ?? 0)
  )
  return [
    {
      head: texts.offer,
      cell: ({ offer, seen }) => (
        <>
          <button
            type="button"
            class="link-button"
            aria-pressed={offer.offerId === chosen}
            onClick={() => choose(offer.offerId)}
          >
            {offer.name}
          </button>
          <div class="note">{seen.channel}</div>
        </>
      )
    },
    {
      head: texts.evidence,
      cell: ({ seen }) => format.number(seen.impressions, 1),
      isNumber: true
    },
    {
      head: texts.positives,
      cell: ({ seen }) => format.number(seen.positives, 1),
      isNumber: true
    },
    { head: texts.rate, cell: ({ seen }) => <Share bounded={seen.rate} {...{ format, most }} /> },
    {
      head: texts.propensity,
      cell: ({ seen }) =>
        seen.propensity === null ? (
          <span class="note">{texts.byCustomer}</span>
        ) : (
          <Share bounded={seen.propensity} {...{ format, most }} />
        )
    },
    {
      head: texts.start,
      cell: ({ offer: { start } }) => (
        <span title={texts.startOf[start.source]}>{format.percent(start.value)}</span>
      ),
      isNumber: true
    },
    {
      head: texts.adapts,
      cell: ({ offer: { adapts } }) => (
        <Badge tone={adapts === null ? 'plain' : 'accent'}>{texts.ways[adapts ?? 'none']}</Badge>
      )
    }
  ]
}

function Share(props: {
  readonly bounded: Bounded | null
  readonly format: Format
  readonly most: number
}) {
  const { bounded, format, most } = props
  if (bounded === null) return <span class="note">–</span>
  return (
    <span class="learning-share">
      <span class="number">{format.percent(bounded.value)}</span>
      <span class="note">
        {format.percent(bounded.low)} – {format.percent(bounded.high)}
      </span>
      <Interval {...bounded} from={0} to={most} />
    </span>
  )
}
