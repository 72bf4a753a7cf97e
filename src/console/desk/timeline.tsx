import type { Answer } from '../api/client.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Empty } from '../ui/states.js'
import { readable } from './readable.js'
import { DESK_TEXTS } from './texts.js'

type Entry = Answer<'CustomerHistory'>['history'][number]

interface TimelineProps {
  readonly history: readonly Entry[]
  readonly nameOf: (offerId: string) => string
}

/** What the customer did lately in all channels, newest first. */
export function Timeline({ history, nameOf }: TimelineProps) {
  const texts = useTexts(DESK_TEXTS)
  return (
    <Card title={texts.timeline} class="desk-timeline">
      {history.length === 0 ? (
        <Empty title={texts.nothingLately} />
      ) : (
        <ol tabIndex={0} aria-label={texts.timeline}>
          {history.map(each => (
            <Happened key={`${each.source} ${each.id}`} entry={each} nameOf={nameOf} />
          ))}
        </ol>
      )}
    </Card>
  )
}

function Happened({ entry, nameOf }: Pick<TimelineProps, 'nameOf'> & { readonly entry: Entry }) {
  const texts = useTexts(DESK_TEXTS)
  const format = useFormat()
  const { type, time } = entry
  const known = (texts.types as Readonly<Record<string, string>>)[type]
  const part = (name: string): string | undefined => {
    const value = entry[name]
    return typeof value === 'string' ? value : undefined
  }
  const offer = part('offerId')
  const reason = part('reason')
  const until = part('until')
  const details = [
    part('channel') && readable(part('channel')!),
    reason && ((texts.reasons as Readonly<Record<string, string>>)[reason] ?? readable(reason)),
    until && texts.until(format.date(until))
  ].filter(each => each !== undefined && each !== '')
  return (
    <li class={`desk-event is-${type}`}>
      <p>
        <strong>{known ?? texts.typeName(type)}</strong>
        {offer !== undefined && ` ${nameOf(offer)}`}
      </p>
      <p class="note">
        <time dateTime={time} title={format.dateTime(time)}>
          {format.ago(time, Date.now())}
        </time>
        {details.length > 0 && ` · ${details.join(' · ')}`}
      </p>
    </li>
  )
}
