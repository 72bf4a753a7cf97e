import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { Answer } from '../api/client.js'
import { useTexts } from '../shell/texts.js'
import { Field } from '../ui/field.js'
import { readable } from './readable.js'
import { DESK_TEXTS } from './texts.js'

type Declared = Answer<'Words'>['context'][number]
type Context = Readonly<Record<string, string>>

/** How long typing must pause before the offers follow; below what is felt as waiting. */
const PAUSE_MS = 50
const MOST_FIELDS = 2

/** The facts of a call that an agent can say, the intent first: those of which the strategy lists the values. */
export function contextFields({ context }: Answer<'Words'>): readonly Declared[] {
  const rankOf = ({ name }: Declared): number =>
    name === 'intent' ? 0 : /call|reason/.test(name) ? 1 : 2
  return context
    .filter(({ values }) => values !== undefined)
    .sort((a, b) => rankOf(a) - rankOf(b))
    .slice(0, MOST_FIELDS)
}

/** One field a fact, which changes the offers while it is typed into. */
export function ContextFields(props: {
  readonly fields: readonly Declared[]
  readonly context: Context
  onChange(context: Context): void
}) {
  const texts = useTexts(DESK_TEXTS)
  const { fields, context, onChange } = props
  return (
    <div class="desk-context">
      {fields.map(field => (
        <TypedFact
          key={field.name}
          field={field}
          label={field.name === 'intent' ? texts.context.intent : readable(field.name)}
          value={context[field.name]}
          onChange={value => {
            const { [field.name]: _, ...rest } = context
            onChange(value === undefined ? rest : { ...rest, [field.name]: value })
          }}
        />
      ))}
    </div>
  )
}

/** What is typed means the first value that begins with it; the field says so where none does. */
function TypedFact(props: {
  readonly field: Declared
  readonly label: string
  readonly value: string | undefined
  onChange(value: string | undefined): void
}) {
  const texts = useTexts(DESK_TEXTS)
  const list = useId()
  const { field, label, value, onChange } = props
  const { values = [] } = field
  const [typed, setTyped] = useState(value ?? '')
  const meant = meaningOf(typed, values)
  const isUnknown = typed.trim() !== '' && meant === undefined
  const change = useRef(onChange)
  change.current = onChange
  useEffect(() => {
    if (meant === value) return
    const timer = setTimeout(() => change.current(meant), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [meant, value])
  return (
    <Field label={label}>
      <input
        list={list}
        value={typed}
        placeholder={texts.context.any}
        autoComplete="off"
        spellcheck={false}
        aria-invalid={isUnknown}
        title={isUnknown ? texts.context.unknown(typed, values.join(', ')) : undefined}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      <datalist id={list}>
        {values.map(each => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </Field>
  )
}

function meaningOf(typed: string, values: readonly string[]): string | undefined {
  const text = typed.trim().toLowerCase().replace(/[ -]+/g, '_')
  if (text === '') return undefined
  return values.find(each => each.toLowerCase().startsWith(text))
}
