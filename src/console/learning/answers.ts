import type { Answer } from '../api/client.js'

/** What was learnt, and the report on what came of decisions, as the service answers them. */
export type Learning = Answer<'Learning'>
export type Report = Answer<'JournalReport'>
