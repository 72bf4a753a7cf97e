import type { DecisionOptions, DecisionRequest } from '../domain/decision.js'
import { Refusal } from '../domain/refusal.js'

/** What a key that anybody can read in a page's source may say in a request; the types keep it complete, whatever is added to requests. */
const BROWSER_MAY_SAY: Readonly<Record<keyof DecisionRequest, boolean>> = {
  customer: true,
  channel: true,
  placements: true,
  context: true,
  attributes: false,
  events: true,
  exclude: true,
  language: true,
  options: true
}
const BROWSER_MAY_CHOOSE: Readonly<Record<keyof DecisionOptions, boolean>> = {
  timeoutMs: true,
  explain: false,
  mode: false,
  activate: true,
  seed: false,
  at: false
}

/** A key that anybody can read in a page's source must not reach what only servers may. Throws a Refusal. */
export function checkBrowserMay(request: DecisionRequest): void {
  const { options = {} } = request
  checkAllowed('', request, BROWSER_MAY_SAY)
  checkAllowed(
    'options.',
    options.explain === 'none' ? { ...options, explain: undefined } : options,
    BROWSER_MAY_CHOOSE
  )
}

function checkAllowed<Said extends object>(
  prefix: string,
  said: Said,
  allowed: Readonly<Record<keyof Said, boolean>>
): void {
  for (const name in said)
    if (said[name] !== undefined && allowed[name] !== true)
      throw new Refusal('forbidden', `A publishable key may not send ${prefix}${name}.`)
}
