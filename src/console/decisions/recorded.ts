import type { Answer } from '../api/client.js'

/** A recorded decision: the answer as it was sent, and the request. */
export type Decision = Answer<'RecordedDecision'>
/** What became of its candidates. */
export type Explanation = Answer<'Explanation'>
