import { get, type Answer } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Bar } from '../ui/bar.js'
import { Card } from '../ui/card.js'
import { Empty, ErrorNote } from '../ui/states.js'
import { Table } from '../ui/table.js'
import { Rule, WrittenAt } from '../ui/written.js'
import type { Details } from './details.js'
import { STRATEGY_TEXTS } from './texts.js'

interface OfStrategy {
  readonly details: Details
}

type Standing = Answer<'Quotas'>['quotas'][number]

const askQuotas = (signal: AbortSignal): Promise<Answer<'Quotas'>> =>
  get('Quotas', '/v1/quotas', signal)

/** How often is too often, what there is only so many times, and what does not go together. */
export function Limits({ details }: OfStrategy) {
  const texts = useTexts(STRATEGY_TEXTS)
  return (
    <div class="strategy-stack">
      <Quotas details={details} />
      <Card title={texts.contactPolicies}>
        {details.contactPolicies.length === 0 ? (
          <Empty title={texts.noContactPolicies} />
        ) : (
          <Table
            caption={texts.contactPolicies}
            rows={details.contactPolicies}
            keyOf={({ id }) => id}
            columns={[
              { head: texts.policy, cell: ({ id }) => <code>{id}</code> },
              { head: texts.rule, cell: ({ text }) => <Rule>{text}</Rule> },
              {
                head: texts.strict,
                cell: ({ strict }) => strict && <Badge tone="accent">{texts.strict}</Badge>
              },
              { head: texts.file, cell: ({ place }) => <WrittenAt place={place} /> }
            ]}
          />
        )}
      </Card>
      <Rules title={texts.exclusions} empty={texts.noExclusions} rules={details.exclusions} />
      <Rules title={texts.influencers} empty={texts.noInfluencers} rules={details.influencers} />
    </div>
  )
}

/** Quotas as they stand at this moment, the fullest first. */
function Quotas({ details }: OfStrategy) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const { value: report, error, retry } = useAsked(askQuotas, 5000)
  const placeOf = new Map(details.quotas.map(({ id, place }) => [id, place]))
  const quotas = [...(report?.quotas ?? [])].sort(
    (one, other) => other.count / other.limit - one.count / one.limit
  )
  return (
    <Card title={texts.quotaUse}>
      {error !== undefined && <ErrorNote error={error} retry={retry} />}
      {details.quotas.length === 0 ? (
        <Empty title={texts.noQuotas} />
      ) : (
        <Table
          caption={texts.quotaUse}
          rows={quotas}
          keyOf={({ id }) => id}
          columns={[
            {
              head: texts.quota,
              cell: ({ text, strict }) => (
                <Rule>
                  {text} {strict && <Badge tone="accent">{texts.strict}</Badge>}
                </Rule>
              )
            },
            { head: texts.used, cell: quota => <Use quota={quota} /> },
            {
              head: texts.frees,
              cell: ({ frees }) => (frees === undefined ? '–' : format.dateTime(frees))
            },
            { head: texts.file, cell: ({ id }) => <WrittenAt place={placeOf.get(id) ?? ''} /> }
          ]}
        />
      )}
    </Card>
  )
}

function Use({ quota }: { readonly quota: Standing }) {
  const texts = useTexts(STRATEGY_TEXTS)
  const format = useFormat()
  const { count, limit, text } = quota
  const share = count / limit
  const words = texts.usedOf(format.number(count, 2), format.number(limit, 2))
  return (
    <div class="use">
      <Bar
        label={`${text}: ${words}`}
        value={count}
        most={limit}
        tone={share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'accent'}
      />
      <span class="number">{words}</span>
    </div>
  )
}

/** Rules that are a sentence each. */
function Rules(props: {
  readonly title: string
  readonly empty: string
  readonly rules: Details['exclusions']
}) {
  const texts = useTexts(STRATEGY_TEXTS)
  return (
    <Card title={props.title}>
      {props.rules.length === 0 ? (
        <Empty title={props.empty} />
      ) : (
        <Table
          caption={props.title}
          rows={props.rules}
          keyOf={({ place }) => place}
          columns={[
            { head: texts.rule, cell: ({ text }) => <Rule>{text}</Rule> },
            { head: texts.file, cell: ({ place }) => <WrittenAt place={place} /> }
          ]}
        />
      )}
    </Card>
  )
}
