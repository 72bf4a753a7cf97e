import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiProblem } from '../api/client.js'
import { signIn } from '../api/session.js'
import { Field } from '../ui/field.js'
import { SHELL_TEXTS } from './shell-texts.js'
import { useTexts } from './texts.js'

/** Asks for a key, in the service's own words about why. */
export function SignIn({ detail }: { readonly detail: string }) {
  const texts = useTexts(SHELL_TEXTS)
  const input = useRef<HTMLInputElement>(null)
  const [failure, setFailure] = useState<string>()
  useEffect(() => input.current?.focus(), [])
  const enter = (event: Event): void => {
    event.preventDefault()
    const key = input.current!.value.trim()
    signIn(key).catch((error: unknown) => setFailure(sentenceOf(error)))
  }
  return (
    <form class="sign-in card" onSubmit={enter}>
      <h1>{texts.signIn}</h1>
      <p>{texts.signInWhy}</p>
      <p class="note" role="status">
        {failure ?? detail}
      </p>
      {!isSecureContext && <p class="note">{texts.insecure}</p>}
      <Field label={texts.key} hint={texts.keyHint}>
        <input ref={input} type="password" autoComplete="off" spellcheck={false} required />
      </Field>
      <button type="submit" class="button primary">
        {texts.enter}
      </button>
    </form>
  )
}

function sentenceOf(error: unknown): string {
  if (error instanceof ApiProblem) return error.message
  throw error
}
