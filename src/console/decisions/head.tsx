import { useState } from 'preact/hooks'
import { post, type Answer } from '../api/client.js'
import { useFormat } from '../shell/format.js'
import { addressOf } from '../shell/router.js'
import { useTexts } from '../shell/texts.js'
import { announce } from '../ui/announce.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { Facts, type Fact } from '../ui/facts.js'
import { ErrorNote } from '../ui/states.js'
import type { Decision, Explanation } from './recorded.js'
import { DECISION_TEXTS } from './texts.js'

/** About whom, when, by what, and whether it can be made again. */
export function Head(props: { readonly decision: Decision; readonly explanation: Explanation }) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  const { decision, explanation } = props
  const { decisionId, decidedAt, strategy, customer, degraded } = decision
  const key = `${customer.namespace}/${customer.id}`
  const arms = Object.entries(customer.experiments)
  const { exploration } = explanation
  const facts: readonly Fact[] = [
    [
      texts.customer,
      <>
        <a href={addressOf('decisions', { customer: key, id: decisionId })}>{key}</a>{' '}
        <Badge>{customer.known ? texts.known : texts.unknown}</Badge>{' '}
        {customer.holdout && <Badge tone="warn">{texts.holdout}</Badge>}{' '}
        {customer.control && <Badge tone="warn">{texts.control}</Badge>}
      </>
    ],
    [texts.decidedAt, `${format.date(decidedAt)}, ${format.time(decidedAt)}`],
    [texts.decision, <code>{decisionId}</code>],
    [
      texts.strategy,
      <span title={strategy.hash}>
        {texts.versionAndHash(strategy.version, strategy.hash.slice(0, 12))}
      </span>
    ],
    ...(arms.length === 0
      ? []
      : [[texts.arms, arms.map(([name, arm]) => texts.arm(name, arm)).join(', ')] as const]),
    [texts.seed, texts.seedIsId],
    ...(exploration === undefined ? [] : [[texts.exploration, exploration.text] as const])
  ]
  return (
    <Card
      title={texts.decision}
      aside={
        degraded.length > 0 ? (
          <Badge tone="warn">{texts.degraded(degraded.join(', '))}</Badge>
        ) : undefined
      }
    >
      <div class="decision-head">
        <Facts facts={facts} />
        <Replay id={decisionId} />
      </div>
    </Card>
  )
}

/** Decides again from the record and says whether the same comes out. */
function Replay({ id }: { readonly id: string }) {
  const texts = useTexts(DECISION_TEXTS)
  const [state, setState] = useState<'idle' | 'asking' | Answer<'Replay'> | Error>('idle')
  const replay = async (): Promise<void> => {
    setState('asking')
    try {
      const report = await post('Replay', `/v1/decisions/${encodeURIComponent(id)}/replay`, {})
      announce(report.same ? texts.replaySame : texts.replayOther)
      setState(report)
    } catch (error) {
      setState(error instanceof Error ? error : new Error(String(error)))
    }
  }
  return (
    <div class="verdict">
      <button
        type="button"
        class="button"
        disabled={state === 'asking'}
        onClick={() => void replay()}
      >
        {state === 'asking' ? texts.replaying : texts.replay}
      </button>
      <p class="note">{texts.replayHint}</p>
      {state instanceof Error && <ErrorNote error={state} />}
      {typeof state === 'object' && !(state instanceof Error) && <Verdict report={state} />}
    </div>
  )
}

function Verdict({ report }: { readonly report: Answer<'Replay'> }) {
  const texts = useTexts(DECISION_TEXTS)
  const format = useFormat()
  const { same, difference, scores } = report
  const what = difference?.offer ?? difference?.placement
  return (
    <>
      <p>
        <Badge tone={same ? 'good' : 'bad'}>{same ? texts.replaySame : texts.replayOther}</Badge>
      </p>
      {difference !== undefined && (
        <>
          <p>{texts.replayWhere(difference.stage, what === undefined ? '' : `, ${what}`)}</p>
          <Facts
            facts={[
              [texts.replayRecorded, <code>{JSON.stringify(difference.recorded)}</code>],
              [texts.replayNow, <code>{JSON.stringify(difference.now)}</code>]
            ]}
          />
        </>
      )}
      <p class="note">
        {texts.replayScores(
          format.number(scores.compared),
          scores.largestDifference === 0 ? '0' : scores.largestDifference.toExponential(1)
        )}
      </p>
    </>
  )
}
