import './live.css'
import { useMemo, useState } from 'preact/hooks'
import { get, type Answer } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { createCell, useCell } from '../shell/cell.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Chart, type Line } from '../ui/chart.js'
import { Field } from '../ui/field.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { Channels, InForce, Outcomes, Processes, Reasons } from './live-cards.js'
import { Latency } from './latency.js'
import { Stats } from './stats.js'
import { LIVE_TEXTS } from './texts.js'
import { withReading, type Timeline } from './timeline.js'

const EVERY_MS = 2000
const STRATEGY_EVERY_MS = 15_000

/** Kept while the tab is open, so that a look at another screen loses nothing. */
const timelines = createCell<ReadonlyMap<string, Timeline>>(new Map())

async function askLive(signal: AbortSignal): Promise<Answer<'Live'>> {
  const live = await get('Live', '/v1/live', signal)
  timelines.set(withReading(timelines.get(), live))
  return live
}

const askStrategy = (signal: AbortSignal): Promise<Answer<'Strategy'>> =>
  get('Strategy', '/v1/strategy', signal)

/** How the service is doing. */
export function Screen() {
  const texts = useTexts(LIVE_TEXTS)
  const { value: live, error, isLoading, retry } = useAsked(askLive, EVERY_MS)
  const strategy = useAsked(askStrategy, STRATEGY_EVERY_MS)
  const known = useCell(timelines)
  const [chosen, choose] = useState<string>()
  const process = chosen ?? live?.process ?? ''
  const timeline = known.get(process)
  return (
    <div class="screen">
      <header class="live-head">
        <div>
          <h1>{texts.title}</h1>
          <p class="note">{texts.intro}</p>
        </div>
        {known.size > 1 && (
          <Field label={texts.process}>
            <select value={process} onChange={({ currentTarget }) => choose(currentTarget.value)}>
              {[...known.keys()].map(each => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </Field>
        )}
      </header>
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {isLoading && <Loading rows={8} />}
      {timeline !== undefined && (
        <>
          <Stats timeline={timeline} />
          <div class="live-wide">
            <div class="live-column">
              <Rates timeline={timeline} />
              <InForce live={timeline.newest} />
            </div>
            <Latency timeline={timeline} />
          </div>
          <div class="grid">
            <Outcomes timeline={timeline} />
            <Channels timeline={timeline} />
            <Reasons timeline={timeline} />
          </div>
        </>
      )}
      {strategy.value !== undefined && <Processes strategy={strategy.value} />}
    </div>
  )
}

/** More channels than colours: the last line is what the others come to. */
const COLORS: readonly Line['color'][] = ['--series-1', '--series-2', '--series-3', '--series-4']

function Rates({ timeline }: { readonly timeline: Timeline }) {
  const texts = useTexts(LIVE_TEXTS)
  const format = useFormat()
  const { newest, ticks } = timeline
  const channels = Object.keys(newest.decisions.byChannel).sort().slice(0, COLORS.length)
  const lines = channels.map(
    (label, i): Line => ({
      label,
      color: COLORS[i]!,
      format: value => format.number(value, 1),
      isFilled: true
    })
  )
  const data = useMemo(
    (): [number[], ...number[][]] => [
      ticks.map(({ atMs }) => atMs / 1000),
      ...channels.map(channel =>
        ticks.map(({ decisions, seconds }) => (decisions[channel] ?? 0) / seconds)
      )
    ],
    [ticks, channels.join('\n')]
  )
  return (
    <Card title={texts.decisions}>
      {channels.length === 0 || ticks.length === 0 ? (
        <Empty title={texts.waiting}>{texts.waitingHint}</Empty>
      ) : (
        <Chart
          label={texts.decisions}
          data={data}
          lines={lines}
          height={190}
          formatY={value => format.number(value, 1)}
        />
      )}
    </Card>
  )
}
