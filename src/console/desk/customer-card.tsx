import type { Answer } from '../api/client.js'
import { useFormat } from '../shell/format.js'
import { useTexts } from '../shell/texts.js'
import { Badge } from '../ui/badge.js'
import { Card } from '../ui/card.js'
import { readable } from './readable.js'
import { DESK_TEXTS } from './texts.js'

interface CustomerCardProps {
  /** As the service masks it; undefined where it knows nothing. */
  readonly customer: Answer<'Customer'> | undefined
  readonly words: Answer<'Words'>
  readonly decided: Answer<'Decision'>['customer'] | undefined
  readonly title: string
}

/** Who the customer is: what is known, consent, and what they were drawn into. */
export function CustomerCard({ customer, words, decided, title }: CustomerCardProps) {
  const texts = useTexts(DESK_TEXTS)
  const known = customer !== undefined && Object.keys(customer.attributes).length > 0
  return (
    <Card
      title={title}
      class="desk-customer"
      aside={<Badge tone={known ? 'good' : 'warn'}>{known ? texts.known : texts.unknown}</Badge>}
    >
      <div class="desk-drawn">
        {decided?.holdout === true && <Badge tone="warn">{texts.holdout}</Badge>}
        {decided?.control === true && <Badge tone="warn">{texts.control}</Badge>}
        {customer !== undefined && <Consents consent={customer.consent} />}
      </div>
      {customer === undefined ? (
        <p class="note">{texts.noCustomerHint}</p>
      ) : (
        <Facts customer={customer} words={words} />
      )}
      {decided !== undefined &&
        Object.entries(decided.experiments).map(([experiment, arm]) => (
          <p key={experiment} class="note">
            {texts.arm(readable(experiment), readable(arm))}
          </p>
        ))}
    </Card>
  )
}

function Consents({ consent }: Pick<Answer<'Customer'>, 'consent'>) {
  const texts = useTexts(DESK_TEXTS)
  return Object.entries(consent).map(([purpose, { granted }]) => (
    <Badge key={purpose} tone={granted ? 'good' : 'bad'}>
      {(granted ? texts.granted : texts.refused)(readable(purpose))}
    </Badge>
  ))
}

function Facts(props: { readonly customer: Answer<'Customer'>; readonly words: Answer<'Words'> }) {
  const texts = useTexts(DESK_TEXTS)
  const { attributes, tags } = props.customer
  const declared = props.words.attributes.filter(({ name }) => attributes[name] !== undefined)
  return (
    <dl class="desk-facts" tabIndex={0} aria-label={texts.who}>
      {declared.map(({ name, personal, type, values }) => (
        <div key={name} class={type.startsWith('list') || personal ? 'is-wide' : undefined}>
          <dt>{readable(name)}</dt>
          <dd title={personal ? texts.personal : undefined}>
            <Fact value={attributes[name]} type={type} isWord={values !== undefined} />
          </dd>
        </div>
      ))}
      {tags.length > 0 && (
        <div class="is-wide">
          <dt>{texts.interests}</dt>
          <dd>{tags.map(readable).join(', ')}</dd>
        </div>
      )}
    </dl>
  )
}

interface FactProps {
  readonly value: unknown
  readonly type: string
  /** One of the words that the strategy lists. */
  readonly isWord: boolean
}

function Fact({ value, type, isWord }: FactProps) {
  const texts = useTexts(DESK_TEXTS)
  const format = useFormat()
  if (typeof value === 'boolean') return <>{value ? texts.yes : texts.no}</>
  if (typeof value === 'number') return <>{format.number(value, 2)}</>
  if (Array.isArray(value)) {
    const names = value.map(each => readable(String(each)))
    return <>{names.length === 0 ? texts.none : names.join(', ')}</>
  }
  const text = String(value)
  if (type === 'timestamp') return <>{format.date(text)}</>
  return <>{isWord ? readable(text) : text}</>
}
