import { useTexts } from '../shell/texts.js'
import { Field } from '../ui/field.js'
import { WHAT_IF_TEXTS } from './texts.js'
import type { SupposeProps } from './suppose-props.js'
import { withValue } from './value-field.js'

/** The offers' own levers: one is added by choosing its offer, and taken back by its button. */
export function Levers({ words, draft, change }: SupposeProps) {
  const texts = useTexts(WHAT_IF_TEXTS)
  const set = (offer: string, percent: string | undefined): void =>
    change({ levers: withValue(draft.levers, offer, percent) })
  const moved = words.offers.filter(({ id }) => id in draft.levers)
  return (
    <>
      <h3>{texts.lever}</h3>
      <div class="what-if-fields">
        <Field label={texts.leverOffer}>
          <select
            value=""
            onChange={event => {
              const offer = words.offers.find(({ id }) => id === event.currentTarget.value)
              if (offer !== undefined) set(offer.id, String(offer.levers.offer))
            }}
          >
            <option value="">{texts.unchanged}</option>
            {words.offers
              .filter(({ id }) => !(id in draft.levers))
              .map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
          </select>
        </Field>
        {moved.map(({ id, name, levers }) => (
          <div key={id} class="what-if-lever">
            <Field
              label={`${name}: ${texts.leverPercent}`}
              hint={texts.leverPart(levers.offer, levers.group + levers.issue)}
              class="what-if-set"
            >
              <input
                type="number"
                min={-1000}
                max={1000}
                value={draft.levers[id] ?? ''}
                onInput={event => set(id, event.currentTarget.value)}
              />
            </Field>
            <button
              type="button"
              class="button quiet"
              aria-label={texts.remove(name)}
              onClick={() => set(id, undefined)}
            >
              ×
            </button>
          </div>
        ))}
      </div>
    </>
  )
}
