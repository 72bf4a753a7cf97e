import { createCell, type Cell } from '../shell/cell.js'
import { ask, get, type Answer } from './client.js'
import { keyAskedFor } from './key-asked-for.js'

/** Who sits here, as the service says; undefined until it has said so. The key itself is in a cookie that no script reads. */
export const session: Cell<Answer<'Session'> | undefined> = createCell(undefined)

/** How often somebody has signed in: what was shown before was for somebody else's eyes. */
export const signIns: Cell<number> = createCell(0)

/** Asks who sits here; where a key is missing, the form comes up. */
export async function learnSession(): Promise<void> {
  session.set(await get('Session', '/v1/session'))
}

/**
 * Lets a cookie stand for a key from now on. Rejects with ApiProblem where the key is none, and also where the browser has not kept the
 * cookie, as it does on pages that come unencrypted from another machine.
 */
export async function signIn(key: string): Promise<void> {
  await ask('/v1/session', { method: 'POST', headers: { authorization: `Bearer ${key}` } })
  await learnSession()
  keyAskedFor.set(undefined)
  signIns.set(signIns.get() + 1)
}

/** The page begins anew, so that nothing of what the key has shown stays. */
export async function signOut(): Promise<void> {
  await ask('/v1/session', { method: 'DELETE' })
  location.assign('/console')
}
