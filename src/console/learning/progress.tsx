import { useCallback, useMemo, useState } from 'preact/hooks'
import { get, type Answer } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Chart } from '../ui/chart.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { Tabs } from '../ui/tabs.js'
import type { Learning } from './answers.js'
import { LEARNING_TEXTS } from './texts.js'

const EVERY_MS = 10_000

type Channel = Answer<'OfferProgress'>['channels'][number]

/** How learning about one offer went, channel by channel. */
export function Progress({ offer }: { readonly offer: Learning['offers'][number] }) {
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  const { offerId, adapts, start } = offer
  const ask = useCallback(
    (signal: AbortSignal) =>
      get('OfferProgress', `/v1/learning/offers/${encodeURIComponent(offerId)}`, signal),
    [offerId]
  )
  const { value, error, isLoading, retry } = useAsked(ask, EVERY_MS)
  return (
    <Card title={texts.progress(offer.name)}>
      <p class="note">
        {adapts === 'features'
          ? texts.byFeatures
          : texts.progressNote(format.percent(start.value), format.number(start.evidence))}
      </p>
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {isLoading && <Loading rows={5} />}
      {adapts === null ? (
        <Empty title={texts.notLearning}>{texts.notLearningHint}</Empty>
      ) : (
        value !== undefined && <Channels key={offerId} channels={value.channels} />
      )}
    </Card>
  )
}

function Channels({ channels }: { readonly channels: readonly Channel[] }) {
  const texts = useTexts(LEARNING_TEXTS)
  const [wanted, setWanted] = useState<string | undefined>(undefined)
  const longest = [...channels].sort((one, other) => other.points.length - one.points.length)[0]
  const chosen = channels.find(({ channel }) => channel === wanted) ?? longest
  if (chosen === undefined) return <Empty title={texts.noProgress} />
  return (
    <Tabs
      label={texts.channel}
      tabs={channels.map(({ channel }) => ({ id: channel, label: channel }))}
      chosen={chosen.channel}
      onChoose={setWanted}
    >
      {chosen.points.length === 0 ? (
        <Empty title={texts.noProgress}>{texts.noProgressHint}</Empty>
      ) : (
        <Pictures {...chosen} />
      )}
    </Tabs>
  )
}

function Pictures({ channel, points }: Channel) {
  const texts = useTexts(LEARNING_TEXTS)
  const format = useFormat()
  const { shares, evidence } = useMemo(() => columnsOf(points), [points])
  const last = points.at(-1)!
  const what = last.propensity === null ? texts.rate : texts.propensity
  const now = last.propensity ?? last.rate
  const percent = (value: number): string => format.percent(value)
  return (
    <div class="learning-pictures">
      <Chart
        label={`${what}, ${channel}: ${now === null ? '–' : percent(now.value)}`}
        data={shares}
        height={190}
        formatY={percent}
        lines={[
          { label: what, color: '--series-1', format: percent },
          { label: texts.low, color: '--series-5', format: percent },
          { label: texts.high, color: '--series-5', format: percent }
        ]}
      />
      <Chart
        label={`${texts.evidence}, ${channel}: ${format.number(last.impressions)}`}
        data={evidence}
        height={120}
        formatY={value => format.number(value)}
        lines={[
          {
            label: texts.evidence,
            color: '--series-3',
            isFilled: true,
            format: value => format.number(value, 1)
          }
        ]}
      />
    </div>
  )
}

type Columns = [number[], ...(number | null)[][]]

function columnsOf(points: Channel['points']): { shares: Columns; evidence: Columns } {
  const seconds = points.map(({ time }) => Date.parse(time) / 1000)
  const shown = points.map(({ propensity, rate }) => propensity ?? rate)
  return {
    shares: [
      seconds,
      shown.map(share => share?.value ?? null),
      shown.map(share => share?.low ?? null),
      shown.map(share => share?.high ?? null)
    ],
    evidence: [seconds, points.map(({ impressions }) => impressions)]
  }
}
