import { useState } from 'preact/hooks'
import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Field } from '../ui/field.js'
import { FilterBox } from '../ui/filter-box.js'
import { Levers } from './levers.js'
import type { SupposeProps } from './suppose-props.js'
import { WHAT_IF_TEXTS } from './texts.js'
import { ValueField, withValue } from './value-field.js'

/** What is supposed to be otherwise. */
export function Suppose(props: SupposeProps & { readonly reset: () => void }) {
  const { words, draft, change, reset } = props
  const texts = useTexts(WHAT_IF_TEXTS)
  return (
    <Card
      title={texts.suppose}
      aside={
        <button type="button" class="button quiet" onClick={reset}>
          {texts.reset}
        </button>
      }
    >
      <Attributes {...props} />
      <Consents {...props} />
      <div class="what-if-fields">
        <Tags {...props} />
        <Field label={texts.time} class={draft.at === '' ? '' : 'what-if-set'}>
          <input
            type="datetime-local"
            value={draft.at}
            onInput={event => change({ at: event.currentTarget.value })}
          />
        </Field>
      </div>
      {words.context.length > 0 && (
        <>
          <h3>{texts.contextThen}</h3>
          <div class="what-if-fields">
            {words.context.map(declared => (
              <ValueField
                key={declared.name}
                declared={declared}
                value={draft.contextThen[declared.name]}
                onValue={value =>
                  change({ contextThen: withValue(draft.contextThen, declared.name, value) })
                }
              />
            ))}
          </div>
        </>
      )}
      <Levers {...props} />
    </Card>
  )
}

function Attributes({ words, draft, stored, change }: SupposeProps) {
  const texts = useTexts(WHAT_IF_TEXTS)
  const [wanted, setWanted] = useState('')
  const found = words.attributes.filter(({ name }) =>
    name.toLowerCase().includes(wanted.trim().toLowerCase())
  )
  return (
    <>
      <div class="what-if-head">
        <h3>{texts.attributes}</h3>
        <FilterBox label={texts.find} value={wanted} onInput={setWanted} />
      </div>
      <div
        class="what-if-fields what-if-scroll"
        tabIndex={0}
        role="group"
        aria-label={texts.attributes}
      >
        {found.map(declared => (
          <ValueField
            key={declared.name}
            declared={declared}
            value={draft.attributes[declared.name]}
            stored={storedText(stored?.attributes[declared.name], texts.missing)}
            onValue={value =>
              change({ attributes: withValue(draft.attributes, declared.name, value) })
            }
          />
        ))}
      </div>
    </>
  )
}

function storedText(value: unknown, missing: string): string {
  if (value === undefined) return missing
  if (typeof value === 'string') return value
  return Array.isArray(value) ? value.join(', ') : JSON.stringify(value)
}

function Consents({ words, draft, stored, change }: SupposeProps) {
  const texts = useTexts(WHAT_IF_TEXTS)
  if (words.purposes.length === 0) return null
  const said = (isGranted: boolean): string => (isGranted ? texts.granted : texts.refused)
  return (
    <>
      <h3>{texts.consent}</h3>
      <div class="what-if-fields">
        {words.purposes.map(purpose => (
          <Field
            key={purpose}
            label={purpose}
            hint={texts.stored(said(stored?.consent[purpose]?.granted === true))}
            class={purpose in draft.consent ? 'what-if-set' : ''}
          >
            <select
              value={String(draft.consent[purpose] ?? '')}
              onChange={event => {
                const { value } = event.currentTarget
                const { [purpose]: _, ...rest } = draft.consent
                change({ consent: value === '' ? rest : { ...rest, [purpose]: value === 'true' } })
              }}
            >
              <option value="">{texts.unchanged}</option>
              <option value="true">{texts.granted}</option>
              <option value="false">{texts.refused}</option>
            </select>
          </Field>
        ))}
      </div>
    </>
  )
}

function Tags({ words, draft, stored, change }: SupposeProps) {
  const texts = useTexts(WHAT_IF_TEXTS)
  if (words.tags.length === 0) return null
  return (
    <Field
      label={texts.tags}
      hint={texts.tagsHint}
      class={draft.tags === undefined ? '' : 'what-if-set'}
    >
      <input
        value={draft.tags ?? stored?.tags.join(', ') ?? ''}
        placeholder={words.tags.at(-1) ?? ''}
        list="what-if-tags"
        onInput={event => change({ tags: event.currentTarget.value })}
      />
      <datalist id="what-if-tags">
        {words.tags.map(tag => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </Field>
  )
}
