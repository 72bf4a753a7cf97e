import { useCallback, useState } from 'preact/hooks'
import { get } from '../api/client.js'
import { useAsked } from '../api/polled.js'
import { addressOf } from '../shell/router.js'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { ErrorNote, Loading } from '../ui/states.js'
import { Contest } from './contest.js'
import { Funnel } from './funnel.js'
import { Head } from './head.js'
import type { Decision, Explanation } from './recorded.js'
import { Removed } from './removed.js'
import { DECISION_TEXTS } from './texts.js'

interface Both {
  readonly decision: Decision
  readonly explanation: Explanation
}

async function askBoth(id: string, signal: AbortSignal): Promise<Both> {
  const path = `/v1/decisions/${encodeURIComponent(id)}`
  const [decision, explanation] = await Promise.all([
    get('RecordedDecision', path, signal),
    get('Explanation', `${path}/explanation`, signal)
  ])
  return { decision, explanation }
}

/** One decision with everything that led to it. */
export function Explained(props: { readonly id: string; readonly customer: string | undefined }) {
  const texts = useTexts(DECISION_TEXTS)
  const { id, customer } = props
  const ask = useCallback((signal: AbortSignal) => askBoth(id, signal), [id])
  const { value, error, isLoading, retry } = useAsked(ask)
  return (
    <div class="decision-stack">
      <a
        class="decision-back"
        href={addressOf('decisions', customer === undefined ? {} : { customer })}
      >
        ‹ {texts.back}
      </a>
      {(error !== undefined || isLoading) && (
        <Card title={texts.decision}>
          {error !== undefined && <ErrorNote error={error} retry={retry} />}
          {isLoading && <Loading rows={8} />}
        </Card>
      )}
      {value !== undefined && <Parts {...value} />}
    </div>
  )
}

function Parts({ decision, explanation }: Both) {
  const texts = useTexts(DECISION_TEXTS)
  const [pages, setPages] = useState<readonly Explanation[]>([explanation])
  const [failed, fail] = useState<unknown>()
  const { next } = pages.at(-1)!
  const more = async (): Promise<void> => {
    const path = `/v1/decisions/${encodeURIComponent(decision.decisionId)}/explanation?from=${next}`
    try {
      setPages([...pages, await get('Explanation', path)])
    } catch (error) {
      fail(error)
    }
  }
  return (
    <>
      <Head decision={decision} explanation={explanation} />
      <Funnel explanation={explanation} />
      <Contest decision={decision} pages={pages} />
      <Removed pages={pages} />
      {failed !== undefined && <ErrorNote error={failed} retry={() => void more()} />}
      {next !== undefined && (
        <button type="button" class="button" onClick={() => void more()}>
          {texts.more}
        </button>
      )}
      <Card title={texts.request}>
        <pre class="json" tabIndex={0}>
          {JSON.stringify(decision.request, null, 2)}
        </pre>
      </Card>
    </>
  )
}
