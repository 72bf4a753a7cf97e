import type { Answer } from '../api/client.js'

/** The strategy in force as it was written. */
export type Details = Answer<'StrategyDetails'>
export type Offer = Details['offers'][number]
