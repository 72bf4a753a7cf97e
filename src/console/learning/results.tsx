import type { Asked } from '../api/polled.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { Interval } from '../ui/interval.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { Table } from '../ui/table.js'
import type { Learning, Report } from './answers.js'
import { LEARNING_TEXTS } from './texts.js'

interface Lift {
  readonly group: string
  readonly arm: string | null
  readonly against: string
  readonly customers: number
  readonly lift: number
  readonly low: number
  readonly high: number
}

interface Chance {
  readonly slots: number
  readonly share: number
  readonly priorityOfBest: number
  readonly priorityCost: number
  readonly propensityCost: number
}

/** What came of the decisions of a period, by the journal. */
export function Results(props: {
  readonly learning: Learning
  readonly report: Asked<Report | undefined>
  readonly days: number
  readonly periods: readonly number[]
  readonly choose: (days: number) => void
}) {
  const { learning, report, days, periods, choose } = props
  const texts = useTexts(LEARNING_TEXTS)
  return (
    <Card
      title={texts.results}
      aside={
        <select
          aria-label={texts.days}
          value={String(days)}
          onChange={event => choose(Number(event.currentTarget.value))}
        >
          {periods.map(each => (
            <option key={each} value={String(each)}>
              {texts.lastDays(each)}
            </option>
          ))}
        </select>
      }
    >
      {!learning.journal && <Empty title={texts.noJournal}>{texts.noJournalHint}</Empty>}
      {report.error !== undefined && <ErrorNote error={report.error} retry={report.retry} />}
      {report.isLoading && learning.journal && <Making />}
      {report.value !== undefined && <Outcome learning={learning} report={report.value} />}
    </Card>
  )
}

function Making() {
  return (
    <>
      <p class="note">{useTexts(LEARNING_TEXTS).making}</p>
      <Loading rows={4} />
    </>
  )
}

function Outcome(props: { readonly learning: Learning; readonly report: Report }) {
  const { madeAt, report } = props.report
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  if (report.decisions === 0) return <Empty title={texts.noDecisions} />
  return (
    <>
      <p class="note">{texts.made(format.dateTime(madeAt), format.number(report.decisions))}</p>
      {report.alarms.length > 0 && (
        <ul class="learning-alarms" aria-label={texts.alarms}>
          {report.alarms.map(alarm => (
            <li key={alarm}>
              <Badge tone="warn">{texts.alarms}</Badge> {alarm}
            </li>
          ))}
        </ul>
      )}
      <div class="learning-halves">
        <section>
          <h3>{texts.lift}</h3>
          <Lifts lifts={report.lifts as unknown as readonly Lift[]} />
        </section>
        <section>
          <h3>{texts.chance}</h3>
          <ChanceCost
            method={props.learning.exploration.method}
            chance={report.chance as unknown as Chance | null}
          />
        </section>
      </div>
    </>
  )
}

function Lifts({ lifts }: { readonly lifts: readonly Lift[] }) {
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  if (lifts.length === 0) return <Empty title={texts.noLift} />
  const most = Math.max(...lifts.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]))
  const named = (group: string): string =>
    group in texts.groups ? texts.groups[group as keyof typeof texts.groups] : group
  return (
    <Table
      caption={texts.lift}
      rows={lifts}
      keyOf={({ group, arm, against }) => JSON.stringify([group, arm, against])}
      columns={[
        {
          head: texts.group,
          cell: ({ group, arm, against }) => (
            <>
              {arm === null ? named(group) : `${group} · ${arm}`}
              <div class="note">{texts.against(named(against))}</div>
            </>
          )
        },
        {
          head: texts.customers,
          cell: ({ customers }) => format.number(customers),
          isNumber: true
        },
        {
          head: texts.liftHead,
          cell: ({ lift }) => signed(format.number(lift, 4), lift),
          isNumber: true
        },
        {
          head: texts.interval,
          cell: ({ lift, low, high }) => (
            <span class="learning-share">
              <span class="note">
                {format.number(low, 4)} – {format.number(high, 4)}
              </span>
              <Interval value={lift} low={low} high={high} from={-most} to={most} />
            </span>
          )
        },
        { head: texts.finding, cell: lift => <Verdict {...lift} /> }
      ]}
    />
  )
}

function Verdict({ low, high }: Lift) {
  const { sure } = useTexts(LEARNING_TEXTS)
  if (low > 0) return <Badge tone="good">{sure.more}</Badge>
  return high < 0 ? <Badge tone="bad">{sure.less}</Badge> : <Badge>{sure.unclear}</Badge>
}

function signed(text: string, value: number): string {
  return value > 0 ? `+${text}` : text
}

function ChanceCost(props: { readonly method: string; readonly chance: Chance | null }) {
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  const { method, chance } = props
  if (method === 'none') return <Empty title={texts.chanceNone} />
  if (method === 'thompson') return <Empty title={texts.chanceDrawn} />
  if (chance === null) return <Empty title={texts.chanceNothing} />
  const { share, priorityCost, priorityOfBest, propensityCost } = chance
  return (
    <>
      <dl class="learning-facts">
        <dt>{texts.chanceShare}</dt>
        <dd>{format.percent(share)}</dd>
        <dt>{texts.chancePriority}</dt>
        <dd>
          {format.number(priorityCost, 3)} / {format.number(priorityOfBest, 3)}
        </dd>
        <dt>{texts.chancePropensity}</dt>
        <dd>{format.number(propensityCost, 4)}</dd>
      </dl>
      <p class="note">{texts.chanceNote}</p>
    </>
  )
}
