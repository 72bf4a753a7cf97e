import { useFormat, type Format } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Sparkline } from '../ui/chart.js'
import { Stat } from '../ui/stat.js'
import { LIVE_TEXTS } from './texts.js'
import { lastMinute, quantileMs, total, type Timeline } from './timeline.js'

/** The last minute in four numbers. */
export function Stats({ timeline }: { readonly timeline: Timeline }) {
  const texts = useTexts(LIVE_TEXTS)
  const format = useFormat()
  const minute = lastMinute(timeline)
  const decided = total(minute.decisions)
  const rate = minute.seconds === 0 ? 0 : decided / minute.seconds
  const { boundsMs } = timeline.newest.stages
  const slowest = quantileMs(minute.stages['total'] ?? [], boundsMs, 0.99)
  const shareOf = (count: number): string =>
    decided === 0 ? texts.none : format.percent(count / decided)
  const degraded = total(minute.degraded)
  return (
    <div class="live-stats">
      <Stat label={texts.decisionsShort} value={format.number(rate, 1)} hint={texts.overLastMinute}>
        <Sparkline
          label={texts.decisions}
          values={timeline.ticks.map(tick => total(tick.decisions) / tick.seconds)}
        />
      </Stat>
      <Stat
        label={texts.slowest}
        value={durationText(slowest, boundsMs, format, texts)}
        hint={texts.overLastMinute}
      />
      <Stat
        label={texts.fellBack}
        value={shareOf(total(minute.fellBack))}
        hint={texts.fellBackHint}
      />
      <Stat
        label={texts.degraded}
        value={shareOf(degraded)}
        hint={texts.degradedHint}
        tone={degraded > 0 ? 'warn' : 'plain'}
      />
    </div>
  )
}

/** A bound of a bucket in words: 2.5 ms, over 10 s. */
export function durationText(
  ms: number | undefined,
  boundsMs: readonly number[],
  format: Format,
  texts: { readonly none: string; beyond(bound: string): string }
): string {
  if (ms === undefined) return texts.none
  const inWords = (each: number): string =>
    each < 1000 ? `${format.number(each, 2)} ms` : `${format.number(each / 1000, 1)} s`
  return ms === Infinity ? texts.beyond(inWords(boundsMs.at(-1) ?? 0)) : inWords(ms)
}
