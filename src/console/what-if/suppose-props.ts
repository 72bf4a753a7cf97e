import type { Answer } from '../api/client.js'
import type { Draft, Words } from './draft.js'

/** What the parts of the form need: the words, what was filled in, and what is stored of the customer. */
export interface SupposeProps {
  readonly words: Words
  readonly draft: Draft
  readonly stored: Answer<'Customer'> | undefined
  readonly change: (part: Partial<Draft>) => void
}
