import { get, type Answer } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Bar } from '../ui/bar.js'
import { Card } from '../ui/card.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { Table } from '../ui/table.js'
import { Rule, Written, WrittenAt } from '../ui/written.js'
import type { Details } from './details.js'
import { STRATEGY_TEXTS } from './texts.js'

const askSegments = (signal: AbortSignal): Promise<Answer<'Segments'>> =>
  get('Segments', '/v1/segments', signal)

/** The segments, with their share of the customers who came lately. */
export function Segments({ details }: { readonly details: Details }) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const { value: report, error, isLoading, retry } = useAsked(askSegments)
  if (details.segments.length === 0) return <Empty title={texts.noSegments} />
  const customers = report?.sample.customers ?? 0
  const countOf = new Map(report?.segments.map(each => [each.name, each.customers]))
  const share = (name: string) => {
    const count = countOf.get(name)
    if (count === undefined || customers === 0) return '–'
    const text = format.percent(count / customers)
    return (
      <div class="use">
        <Bar label={`${name}: ${text}`} value={count} most={customers} />
        <span class="number">
          {text} <span class="note">({format.number(count)})</span>
        </span>
      </div>
    )
  }
  return (
    <Card
      title={texts.tabs.segments}
      aside={
        <button type="button" class="button" onClick={retry}>
          {texts.countAgain}
        </button>
      }
    >
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {isLoading && <Loading rows={2} />}
      {report !== undefined && <Sample sample={report.sample} />}
      <Table
        caption={texts.tabs.segments}
        rows={details.segments}
        keyOf={({ name }) => name}
        columns={[
          { head: texts.segment, cell: ({ name }) => name },
          { head: texts.share, cell: ({ name }) => share(name) },
          {
            head: texts.condition,
            cell: ({ text }) => (
              <Rule>
                <Written text={text} />
              </Rule>
            )
          },
          { head: texts.file, cell: ({ place }) => <WrittenAt place={place} /> }
        ]}
      />
    </Card>
  )
}

/** Over whom was counted: a sample is only worth what one knows of it. */
function Sample({ sample }: { readonly sample: Answer<'Segments'>['sample'] }) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const { customers, decisions, passedOver, from, to } = sample
  if (from === null || to === null) return <p class="note">{texts.noSample}</p>
  return (
    <p class="note">
      {texts.segmentsOf(format.number(customers), format.number(decisions))}{' '}
      {texts.segmentsWhen(format.dateTime(from), format.dateTime(to))}{' '}
      {passedOver > 0 && texts.passedOver(format.number(passedOver))}
    </p>
  )
}
