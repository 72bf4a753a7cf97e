import type { Answer } from '../api/client.js'
import { useFormat } from '../shell/format.js'
import { addressOf } from '../shell/router.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Empty } from '../ui/states.js'
import { DECISION_TEXTS } from './texts.js'

type Found = Answer<'FoundDecisions'>

/** Decisions in a line each, newest first, and where they were looked for. */
export function DecisionList(props: {
  readonly found: Found
  readonly customer: string | undefined
  readonly chosen: string | undefined
}) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  const { found, customer, chosen } = props
  const { decisions, backTo, all } = found.searched
  return (
    <>
      {found.decisions.length === 0 && (
        <Empty title={texts.none}>
          {customer === undefined ? texts.noneHint : `${texts.noneOf} ${texts.noneHint}`}
        </Empty>
      )}
      <ul class="decision-list">
        {found.decisions.map(decision => (
          <li key={decision.decisionId}>
            <Line
              decision={decision}
              customer={customer}
              isChosen={decision.decisionId === chosen}
            />
          </li>
        ))}
      </ul>
      {backTo !== null && (
        <p class="note">
          {all
            ? texts.searchedAll(format.number(decisions))
            : texts.searched(format.number(decisions), format.dateTime(backTo))}{' '}
          {customer !== undefined && !all && texts.andHistory}
        </p>
      )}
    </>
  )
}

function Line(props: {
  readonly decision: Found['decisions'][number]
  readonly customer: string | undefined
  readonly isChosen: boolean
}) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  const { decision, customer, isChosen } = props
  const { decisionId, decidedAt, placements, degraded, channel } = decision
  const query = { ...(customer === undefined ? {} : { customer }), id: decisionId }
  const shown = placements.flatMap(each => (each.fallback ? [] : each.offers))
  return (
    <a href={addressOf('decisions', query)} aria-current={isChosen ? 'true' : undefined}>
      <span class="decision-line">
        <strong>
          {decision.customer.namespace}/{decision.customer.id}
        </strong>
        <time class="note" dateTime={decidedAt} title={format.dateTime(decidedAt)}>
          {format.time(decidedAt)}
        </time>
      </span>
      <span class="note">
        {channel} · {shown.length === 0 ? texts.fallback : shown.join(', ')}
      </span>
      {degraded.length > 0 && (
        <span>
          <Badge tone="warn">{texts.degraded(degraded.join(', '))}</Badge>
        </span>
      )}
    </a>
  )
}
