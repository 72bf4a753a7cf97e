import { useEffect, useRef } from 'preact/hooks'
import { key, keyAskedFor } from '../api/session.js'
import { Field } from '../ui/field.js'
import { SHELL_TEXTS } from './shell-texts.js'
import { useTexts } from './texts.js'

/** Asks for a key, in the service's own words about why. */
export function SignIn({ detail }: { readonly detail: string }) {
  const texts = useTexts(SHELL_TEXTS)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  const enter = (event: Event): void => {
    event.preventDefault()
    key.set(input.current!.value.trim())
    keyAskedFor.set(undefined)
  }
  return (
    <form class="sign-in card" onSubmit={enter}>
      <h1>{texts.signIn}</h1>
      <p>{texts.signInWhy}</p>
      <p class="note">{detail}</p>
      <Field label={texts.key} hint={texts.keyHint}>
        <input ref={input} type="password" autoComplete="off" spellcheck={false} required />
      </Field>
      <button type="submit" class="button primary">
        {texts.enter}
      </button>
    </form>
  )
}
