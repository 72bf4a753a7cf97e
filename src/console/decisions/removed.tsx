import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { Empty } from '../ui/states.js'
import { Written, WrittenAt } from '../ui/written.js'
import type { Explanation } from './recorded.js'
import { DECISION_TEXTS } from './texts.js'

/** An outcome of a candidate that a stage removed, as explanations tell it. */
interface Removal {
  readonly offerId: string
  readonly stage: string
  readonly rule?: {
    readonly owner?: string
    readonly text?: string
    readonly place?: string
  }
  readonly values?: Readonly<Record<string, unknown>>
  readonly suppressedUntil?: string
}

/** The candidates that rules removed, each with the rule and what it read. */
export function Removed({ pages }: { readonly pages: readonly Explanation[] }) {
  const texts = useTexts(DECISION_TEXTS)
  const removed = pages
    .flatMap(({ outcomes }) => outcomes as readonly Removal[])
    .filter(({ stage }) => stage !== 'selected' && stage !== 'outranked')
  return (
    <Card title={texts.reasons}>
      {removed.length === 0 ? (
        <Empty title={texts.nobodyRemoved} />
      ) : (
        <ul class="removal-list">
          {removed.map(removal => (
            <li key={removal.offerId}>
              <strong>{removal.offerId}</strong>
              <span>
                <Badge>{texts.stages[removal.stage] ?? removal.stage}</Badge>
              </span>
              <Reason removal={removal} />
              {removal.rule?.place !== undefined && <WrittenAt place={removal.rule.place} />}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Reason({ removal }: { readonly removal: Removal }) {
  const texts = useTexts(DECISION_TEXTS)
  const { rule, values = {} } = removal
  // A rule with an owner is a condition; what has none is a sentence.
  const isCondition = rule?.owner !== undefined
  return (
    <div class="removal-reason">
      {isCondition ? <Written text={rule.text ?? ''} /> : (rule?.text ?? '–')}
      <div class="read-values note">
        {Object.entries(values).map(([name, value]) => (
          <span key={name}>
            <code>{name}</code> = {value === null ? texts.missing : shown(value)}
          </span>
        ))}
      </div>
    </div>
  )
}

function shown(value: unknown): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
}
