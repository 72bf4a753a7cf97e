import { useTexts } from '../shell/texts.js'
import { Field } from '../ui/field.js'
import { AWAY, type Declared } from './draft.js'
import { WHAT_IF_TEXTS } from './texts.js'

/** A field for one declared name, after its type. Empty, it is as it is. */
export function ValueField(props: {
  readonly declared: Declared
  /** As typed; undefined: as it is. */
  readonly value: string | undefined
  /** What is stored, in words; undefined where the name has nothing stored that could be taken away. */
  readonly stored?: string | undefined
  readonly onValue: (value: string | undefined) => void
}) {
  const { declared, value = '', stored, onValue } = props
  const texts = useTexts(WHAT_IF_TEXTS)
  const choices = choicesOf(declared, texts)
  const take = (text: string): void => onValue(text === '' ? undefined : text)
  const hint = [
    stored === undefined ? undefined : texts.stored(stored),
    declared.type.startsWith('list') ? texts.list : undefined
  ]
    .filter(each => each !== undefined)
    .join('. ')
  return (
    <Field
      label={declared.name}
      {...(hint === '' ? {} : { hint })}
      class={value === '' ? '' : 'what-if-set'}
    >
      {choices === undefined ? (
        <Typed
          value={value === AWAY ? '' : value}
          type={declared.type}
          placeholder={value === AWAY ? texts.none : texts.unchanged}
          onText={take}
        />
      ) : (
        <select value={value} onChange={event => take(event.currentTarget.value)}>
          <option value="">{texts.unchanged}</option>
          {choices.map(([choice, label]) => (
            <option key={choice} value={choice}>
              {label}
            </option>
          ))}
          {stored !== undefined && <option value={AWAY}>{texts.none}</option>}
        </select>
      )}
    </Field>
  )
}

function Typed(props: {
  readonly value: string
  readonly type: string
  readonly placeholder: string
  readonly onText: (text: string) => void
}) {
  const { value, type, placeholder, onText } = props
  if (type === 'timestamp')
    return (
      <input
        type="datetime-local"
        value={value}
        onInput={event => onText(event.currentTarget.value)}
      />
    )
  return (
    <input
      value={value}
      inputMode={type === 'number' || type === 'integer' ? 'decimal' : 'text'}
      placeholder={placeholder}
      onInput={event => onText(event.currentTarget.value)}
    />
  )
}

function choicesOf(
  { type, values }: Declared,
  texts: { readonly yes: string; readonly no: string }
): ReadonlyArray<readonly [value: string, label: string]> | undefined {
  if (type === 'boolean')
    return [
      ['true', texts.yes],
      ['false', texts.no]
    ]
  return type === 'string' ? values?.map(value => [value, value] as const) : undefined
}

/** The values with one of them set, or (undefined) as it is. */
export function withValue(
  values: Readonly<Record<string, string>>,
  name: string,
  value: string | undefined
): Record<string, string> {
  const { [name]: _, ...rest } = values
  return value === undefined ? rest : { ...rest, [name]: value }
}
