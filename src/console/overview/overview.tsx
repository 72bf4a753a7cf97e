import { get, type Answer } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { Empty, ErrorNote, Loading } from '../ui/states.js'
import { Table } from '../ui/table.js'
import { OVERVIEW_TEXTS } from './texts.js'

const askStrategy = (signal: AbortSignal): Promise<Answer<'Strategy'>> =>
  get('Strategy', '/v1/strategy', signal)

/** What the service decides by now, and on which processes. */
export function Screen() {
  const texts = useTexts(OVERVIEW_TEXTS)
  const { value, error, isLoading, retry } = useAsked(askStrategy, 5000)
  return (
    <div class="screen">
      <h1>{texts.title}</h1>
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {isLoading && <Loading rows={6} />}
      {value !== undefined && <Overview strategy={value} />}
    </div>
  )
}

function Overview({ strategy }: { readonly strategy: Answer<'Strategy'> }) {
  const texts = useTexts(OVERVIEW_TEXTS)
  const format = useFormat()
  const { name, version, loadedAt, counts, models, processes } = strategy
  return (
    <div class="grid">
      <Card title={texts.strategy} aside={<Badge tone="good">{texts.version(version)}</Badge>}>
        <p class="figure">{name}</p>
        <p class="note">
          {texts.loaded} {format.dateTime(loadedAt)} · {texts.offers}{' '}
          {format.number(counts['offers'] ?? strategy.offers.length)}
        </p>
      </Card>
      <Card title={texts.models}>
        {models.length === 0 ? (
          <Empty title={texts.noModels} />
        ) : (
          <Table
            caption={texts.models}
            rows={models}
            keyOf={each => each.name}
            columns={[
              { head: texts.model, cell: each => `${each.name}@${each.version}` },
              { head: texts.shadows, cell: each => each.shadows.length, isNumber: true }
            ]}
          />
        )}
      </Card>
      <Card title={texts.processes}>
        <Table
          caption={texts.processes}
          rows={processes}
          keyOf={each => each.process}
          columns={[
            { head: texts.process, cell: each => each.process },
            { head: texts.hash, cell: each => <code>{each.hash.slice(0, 12)}</code> },
            { head: texts.errors, cell: each => each.errors, isNumber: true }
          ]}
        />
      </Card>
    </div>
  )
}
