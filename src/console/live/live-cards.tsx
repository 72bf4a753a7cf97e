import type { Answer } from '../api/client.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { Facts } from '../ui/facts.js'
import { Empty } from '../ui/states.js'
import { Table } from '../ui/table.js'
import { LIVE_TEXTS } from './texts.js'
import { lastMinute, storedOf, total, type Live, type Timeline } from './timeline.js'

interface OfTimeline {
  readonly timeline: Timeline
}

/** Interactions first, in the order in which they happen; then what else channels tell. */
const INTERACTIONS = ['impression', 'click', 'accept', 'convert', 'later', 'reject', 'ignore']

/** What customers did, as it was told. */
export function Outcomes({ timeline }: OfTimeline) {
  const texts = useTexts(LIVE_TEXTS)
  const format = useFormat()
  const { newest } = timeline
  const stored = storedOf(newest)
  const minute = lastMinute(timeline).events
  const others = Object.keys(newest.events)
    .filter(type => !INTERACTIONS.includes(type))
    .sort()
  const types = [...INTERACTIONS, ...others].filter(type => newest.events[type] !== undefined)
  return (
    <Card title={texts.outcomes}>
      {types.length === 0 ? (
        <Empty title={texts.noOutcomes} />
      ) : (
        <Table
          caption={texts.outcomes}
          rows={types}
          keyOf={type => type}
          columns={[
            { head: texts.event, cell: type => texts.eventNames[type] ?? <code>{type}</code> },
            {
              head: texts.perMinute,
              cell: type => format.number(minute[type] ?? 0),
              isNumber: true
            },
            { head: texts.sinceStart, cell: type => format.number(stored[type]!), isNumber: true },
            {
              head: texts.repeated,
              cell: type => format.number(total(newest.events[type]!) - stored[type]!),
              isNumber: true
            }
          ]}
        />
      )}
    </Card>
  )
}

/** Decisions by the channel that asked. */
export function Channels({ timeline }: OfTimeline) {
  const texts = useTexts(LIVE_TEXTS)
  const format = useFormat()
  const { byChannel, fellBack } = timeline.newest.decisions
  const minute = lastMinute(timeline).decisions
  const channels = Object.keys(byChannel).sort()
  return (
    <Card title={texts.channels}>
      {channels.length === 0 ? (
        <Empty title={texts.waiting}>{texts.waitingHint}</Empty>
      ) : (
        <Table
          caption={texts.channels}
          rows={channels}
          keyOf={channel => channel}
          columns={[
            { head: texts.channel, cell: channel => <code>{channel}</code> },
            {
              head: texts.perMinute,
              cell: channel => format.number(minute[channel] ?? 0),
              isNumber: true
            },
            {
              head: texts.sinceStart,
              cell: channel => format.number(byChannel[channel]!),
              isNumber: true
            },
            {
              head: texts.fallbackShare,
              cell: channel => format.percent((fellBack[channel] ?? 0) / byChannel[channel]!),
              isNumber: true
            }
          ]}
        />
      )}
    </Card>
  )
}

/** What decisions had to do without. */
export function Reasons({ timeline }: OfTimeline) {
  const texts = useTexts(LIVE_TEXTS)
  const format = useFormat()
  const { degraded } = timeline.newest.decisions
  const minute = lastMinute(timeline).degraded
  const reasons = Object.keys(degraded).sort()
  return (
    <Card title={texts.reasons}>
      {reasons.length === 0 ? (
        <Empty title={texts.noReasons} />
      ) : (
        <Table
          caption={texts.reasons}
          rows={reasons}
          keyOf={reason => reason}
          columns={[
            { head: texts.reason, cell: reason => <code>{reason}</code> },
            {
              head: texts.perMinute,
              cell: reason => format.number(minute[reason] ?? 0),
              isNumber: true
            },
            {
              head: texts.sinceStart,
              cell: reason => format.number(degraded[reason]!),
              isNumber: true
            }
          ]}
        />
      )}
    </Card>
  )
}

/** What decides, and whether it can. */
export function InForce({ live }: { readonly live: Live }) {
  const texts = useTexts(LIVE_TEXTS)
  const format = useFormat()
  const { strategy, store, draining, limits } = live
  const state = draining ? 'stopping' : store.trouble === null ? 'ready' : 'trouble'
  return (
    <Card
      title={texts.inForce}
      aside={<Badge tone={state === 'ready' ? 'good' : 'bad'}>{texts[state]}</Badge>}
    >
      <Facts
        facts={[
          [
            texts.strategy,
            <>
              {strategy.name}, {texts.version(strategy.version)}{' '}
              <code title={strategy.hash}>{strategy.hash.slice(0, 12)}</code>
              <br />
              <span class="note">
                {texts.loaded} {format.dateTime(strategy.loadedAt)}
              </span>
            </>
          ],
          [texts.models, <Models models={strategy.models} />],
          [
            texts.limits,
            Object.keys(limits).length === 0
              ? texts.none
              : Object.entries(limits)
                  .map(
                    ([name, count]) => `${texts.limitNames[name] ?? name} ${format.number(count)}`
                  )
                  .join(', ')
          ],
          [
            texts.store,
            <>
              {store.description}
              {store.trouble !== null && <p class="error-title">{store.trouble}</p>}
            </>
          ],
          [
            texts.process,
            <>
              <code>{live.process}</code>, {texts.release} {live.release}
            </>
          ]
        ]}
      />
    </Card>
  )
}

function Models({ models }: { readonly models: Live['strategy']['models'] }) {
  const texts = useTexts(LIVE_TEXTS)
  if (models.length === 0) return <>{texts.noModels}</>
  return (
    <>
      {models.map(({ name, version, shadows }) => (
        <div key={name}>
          <code>
            {name}@{version}
          </code>{' '}
          {shadows.length > 0 && <span class="note">{texts.challengers(shadows.join(', '))}</span>}
        </div>
      ))}
    </>
  )
}

/** The processes that share the store, each with what it decides by. */
export function Processes({ strategy }: { readonly strategy: Answer<'Strategy'> }) {
  const texts = useTexts(LIVE_TEXTS)
  return (
    <Card title={texts.processes}>
      <Table
        caption={texts.processes}
        rows={strategy.processes}
        keyOf={each => each.process}
        columns={[
          { head: texts.process, cell: each => <code>{each.process}</code> },
          { head: texts.strategy, cell: each => texts.version(each.version) },
          { head: '#', cell: each => <code>{each.hash.slice(0, 12)}</code> },
          { head: texts.problems, cell: each => each.errors, isNumber: true }
        ]}
      />
    </Card>
  )
}
