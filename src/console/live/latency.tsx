import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { HeatLine } from './heat-line.js'
import { durationText } from './stats.js'
import { LIVE_TEXTS } from './texts.js'
import { lastMinute, quantileMs, type Timeline } from './timeline.js'

const STAGES = ['total', 'profile', 'policy', 'model', 'arbitrate'] as const

/** How long decisions and each of their stages took, moment by moment. */
export function Latency({ timeline }: { readonly timeline: Timeline }) {
  const texts = useTexts(LIVE_TEXTS)
  const format = useFormat()
  const { newest, ticks } = timeline
  const { boundsMs } = newest.stages
  const minute = lastMinute(timeline)
  return (
    <Card title={texts.latency}>
      <p class="note">{texts.latencyHint}</p>
      <div class="heat-rows">
        {STAGES.map(stage => {
          const buckets = minute.stages[stage] ?? []
          const within = (share: number): string =>
            durationText(quantileMs(buckets, boundsMs, share), boundsMs, format, texts)
          return (
            <div key={stage} class={`heat-row heat-row-${stage}`}>
              <p class="heat-row-head">
                <strong>{texts.stages[stage]}</strong>
                <span class="note">
                  {texts.half} {within(0.5)}
                </span>
                <span class="note">
                  {texts.most} {within(0.99)}
                </span>
              </p>
              <HeatLine
                label={texts.heatLabel(texts.stages[stage], within(0.5), within(0.99))}
                stage={stage}
                ticks={ticks}
                boundsMs={boundsMs}
                untilMs={Date.parse(newest.at)}
              />
            </div>
          )
        })}
      </div>
    </Card>
  )
}
