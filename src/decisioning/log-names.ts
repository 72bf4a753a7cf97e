import { createHmac, randomBytes } from 'node:crypto'
import type { SharedDocuments } from './ports.js'

/** The document that holds what customers' names in the log are made with. */
const DOCUMENT = 'log-key'
const KEY_BYTES = 32
const NAME_BYTES = 16

/** What the log calls a customer. Rejects with StoreUnavailable. */
export type LogNameOf = (customer: string) => Promise<string>

/**
 * Names that are the same wherever a customer is told of in the logs of one installation, and that nobody turns into a customer who lacks the
 * installation's own key, which is made once and kept in the store: HMAC-SHA-256, 32 hexadecimal digits.
 */
export function createLogNames(documents: Pick<SharedDocuments, 'putOnce'>): LogNameOf {
  let key: string | undefined
  return async customer => {
    key ??= await documents.putOnce(DOCUMENT, randomBytes(KEY_BYTES).toString('base64url'))
    return createHmac('sha256', key)
      .update(customer)
      .digest('hex')
      .slice(0, 2 * NAME_BYTES)
  }
}
