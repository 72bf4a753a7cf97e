import type { Exploration } from './strategy.js'

/** An absent exploration and a share of 0 explore nothing: they are decided without any of it. */
export function explorationOf(given: Exploration | undefined): Exploration {
  if (given === undefined || (given.method === 'epsilon' && given.share === 0))
    return { method: 'none' }
  return given
}
