import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { CustomerKey } from '../../domain/customer.js'
import type { Answer } from '../api/client.js'
import { addressOf, goTo } from '../shell/router.js'
import { useTexts } from '../shell/texts.js'
import { Field } from '../ui/field.js'
import { readCustomer } from './seat.js'
import { DESK_TEXTS } from './texts.js'

interface LookUpProps {
  readonly customer: CustomerKey | undefined
  readonly words: Answer<'Words'>
  readonly children?: ComponentChildren
}

/** The bar at the top: whom to open, and beside it what a call adds. */
export function LookUp({ customer, words, children }: LookUpProps) {
  const texts = useTexts(DESK_TEXTS)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (customer === undefined) input.current?.focus()
  }, [customer])
  const open = (event: Event): void => {
    event.preventDefault()
    const found = readCustomer(input.current!.value, words.namespaces)
    if (found === undefined) return
    input.current!.blur()
    goTo(addressOf('desk', { customer: `${found.namespace}/${found.id}` }))
  }
  return (
    <div class="desk-bar card">
      <form role="search" onSubmit={open} class="desk-look-up">
        <Field label={texts.lookUp}>
          <input
            id="desk-customer"
            ref={input}
            defaultValue={customer && `${customer.namespace}/${customer.id}`}
            placeholder={texts.lookUpHint}
            autoComplete="off"
            spellcheck={false}
            required
          />
        </Field>
        <button type="submit" class="button primary">
          {texts.open}
        </button>
      </form>
      {children}
    </div>
  )
}
