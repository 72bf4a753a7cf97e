import { useTexts } from '../shell/texts.js'
import { Card } from '../ui/card.js'
import { Field } from '../ui/field.js'
import { placementsOf, type Draft, type Words } from './draft.js'
import { WHAT_IF_TEXTS } from './texts.js'
import { ValueField, withValue } from './value-field.js'

/** Who is decided about, where and when: what both answers share. */
export function Who(props: {
  readonly words: Words
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
}) {
  const { words, draft, change } = props
  const texts = useTexts(WHAT_IF_TEXTS)
  return (
    <Card title={texts.who}>
      <div class="what-if-fields">
        <Field label={texts.namespace}>
          <select
            value={draft.namespace}
            onChange={event => change({ namespace: event.currentTarget.value })}
          >
            {words.namespaces.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <Field label={texts.customer}>
          <input
            value={draft.id}
            maxLength={256}
            spellcheck={false}
            onInput={event => change({ id: event.currentTarget.value })}
          />
        </Field>
        <Field label={texts.channel}>
          <select
            value={draft.channel}
            onChange={event => {
              const channel = event.currentTarget.value
              change({ channel, placements: placementsOf(words, channel) })
            }}
          >
            {words.channels.map(({ id }) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </Field>
      </div>
      <p class="note">{texts.customerHint}</p>
      <Placements {...props} />
      {words.context.length > 0 && (
        <details>
          <summary>{texts.context}</summary>
          <div class="what-if-fields">
            {words.context.map(declared => (
              <ValueField
                key={declared.name}
                declared={declared}
                value={draft.context[declared.name]}
                onValue={value =>
                  change({ context: withValue(draft.context, declared.name, value) })
                }
              />
            ))}
          </div>
        </details>
      )}
    </Card>
  )
}

function Placements({ words, draft, change }: Parameters<typeof Who>[0]) {
  const texts = useTexts(WHAT_IF_TEXTS)
  const { placements } = words.channels.find(({ id }) => id === draft.channel) ?? { placements: [] }
  return (
    <fieldset class="what-if-checks">
      <legend class="field-label">{texts.placements}</legend>
      {placements.map(({ id }) => (
        <label key={id}>
          <input
            type="checkbox"
            checked={draft.placements.includes(id)}
            onChange={event =>
              change({
                placements: placements
                  .map(each => each.id)
                  .filter(each =>
                    each === id ? event.currentTarget.checked : draft.placements.includes(each)
                  )
              })
            }
          />{' '}
          {id}
        </label>
      ))}
    </fieldset>
  )
}
