import { useState } from 'preact/hooks'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { Chart } from '../ui/chart.js'
import { Empty } from '../ui/states.js'
import { Table } from '../ui/table.js'
import { Tabs } from '../ui/tabs.js'
import type { Learning, Report } from './answers.js'
import { LEARNING_TEXTS } from './texts.js'

type Model = Learning['models'][number]

/** What the report says of the model of one name. */
interface Judged {
  readonly model: string
  readonly shown: number
  readonly auc: number | null
  readonly calibrationError: number
  readonly calibration: ReadonlyArray<{
    readonly from: number
    readonly to: number
    readonly rows: number
    readonly predicted: number
    readonly observed: number
    readonly low: number
    readonly high: number
  }>
}

/** How the models do: what they said here, and what came of it by the journal. */
export function Models(props: {
  readonly models: readonly Model[]
  readonly report: Report | undefined
}) {
  const texts = useTexts(LEARNING_TEXTS)
  const judged = (props.report?.report.models ?? []) as unknown as readonly Judged[]
  if (props.models.length === 0)
    return (
      <Card title={texts.models}>
        <Empty title={texts.noModels} />
      </Card>
    )
  return (
    <div class="learning-halves">
      <Card title={texts.models}>
        <ModelTable models={props.models} judged={judged} />
        <p class="note">{texts.modelsNote}</p>
      </Card>
      {judged.length > 0 && <Calibration judged={judged} />}
    </div>
  )
}

function ModelTable(props: {
  readonly models: readonly Model[]
  readonly judged: readonly Judged[]
}) {
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  // The journal knows decisions by the name of the model that decided.
  const of = ({ model, shadow }: Model): Judged | undefined =>
    shadow ? undefined : props.judged.find(each => each.model === nameOf(model))
  return (
    <Table
      caption={texts.models}
      rows={props.models}
      keyOf={({ model }) => model}
      columns={[
        {
          head: texts.model,
          cell: ({ model, shadow }) => (
            <>
              {model} {shadow && <Badge>{texts.shadow}</Badge>}
            </>
          )
        },
        { head: texts.scores, cell: ({ scores }) => format.number(scores), isNumber: true },
        {
          head: texts.mean,
          cell: ({ mean }) => (mean === null ? '–' : format.percent(mean)),
          isNumber: true
        },
        { head: texts.outside, cell: model => <Outside model={model} /> },
        {
          head: texts.auc,
          cell: model => figureOf(of(model)?.auc, value => format.fixed(value, 3)),
          isNumber: true
        },
        {
          head: texts.calibrationError,
          cell: model => figureOf(of(model)?.calibrationError, value => format.fixed(value, 4)),
          isNumber: true
        }
      ]}
    />
  )
}

function figureOf(value: number | null | undefined, write: (value: number) => string): string {
  return value === null || value === undefined ? '–' : write(value)
}

/** The column that most often leaves what the model was trained on. */
function Outside({ model }: { readonly model: Model }) {
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  const [worst] = model.columns
    .map(({ column, values, outside }) => ({ column, share: values === 0 ? 0 : outside / values }))
    .sort((one, other) => other.share - one.share)
  if (worst === undefined) return <span class="note">{texts.noRange}</span>
  return <>{texts.outsideOf(worst.column, format.percent(worst.share))}</>
}

function Calibration({ judged }: { readonly judged: readonly Judged[] }) {
  const texts = useTexts(LEARNING_TEXTS)
  const [wanted, setWanted] = useState<string | undefined>(undefined)
  const chosen = judged.find(({ model }) => model === wanted) ?? judged[0]!
  return (
    <Card title={texts.calibration}>
      <Tabs
        label={texts.model}
        tabs={judged.map(({ model }) => ({ id: model, label: model }))}
        chosen={chosen.model}
        onChoose={setWanted}
      >
        <Reliability key={chosen.model} judged={chosen} />
      </Tabs>
    </Card>
  )
}

function Reliability({ judged }: { readonly judged: Judged }) {
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  const { model, shown, calibration, calibrationError } = judged
  const percent = (value: number): string => format.percent(value)
  const said = calibration.map(({ predicted }) => predicted)
  return (
    <>
      <p class="note">{texts.calibrationNote(format.number(shown))}</p>
      <Chart
        label={`${texts.calibration}, ${model}: ${texts.calibrationError} ${format.number(calibrationError, 4)}`}
        data={[
          said,
          calibration.map(({ observed }) => observed),
          calibration.map(({ low }) => low),
          calibration.map(({ high }) => high),
          said
        ]}
        height={220}
        isTime={false}
        formatX={percent}
        formatY={percent}
        lines={[
          { label: texts.observed, color: '--series-1', format: percent, hasPoints: true },
          { label: texts.low, color: '--series-5', format: percent },
          { label: texts.high, color: '--series-5', format: percent },
          { label: texts.perfect, color: '--series-2', format: percent }
        ]}
      />
      <details>
        <summary>{texts.bin}</summary>
        <Table
          caption={texts.calibration}
          rows={calibration}
          keyOf={({ from, to }) => `${from} ${to}`}
          columns={[
            { head: texts.bin, cell: ({ from, to }) => `${percent(from)} – ${percent(to)}` },
            { head: texts.rows, cell: ({ rows }) => format.number(rows), isNumber: true },
            { head: texts.predicted, cell: bin => percent(bin.predicted), isNumber: true },
            { head: texts.observed, cell: bin => percent(bin.observed), isNumber: true },
            {
              head: texts.interval,
              cell: ({ low, high }) => `${percent(low)} – ${percent(high)}`,
              isNumber: true
            }
          ]}
        />
      </details>
    </>
  )
}

function nameOf(label: string): string {
  return label.slice(0, label.lastIndexOf('@'))
}
