import type { ModelSpec } from './model-file.js'
import { errorAt } from './problems.js'
import type { Problem } from './strategy.js'

/** Most models that may score beside one that decides. */
const MOST_SHADOWS = 8

/** name@version, as answers and the journal call a model. */
export function labelOf({ name, version }: Pick<ModelSpec, 'name' | 'version'>): string {
  return `${name}@${version}`
}

/**
 * What is wrong with the models together: of each name exactly one must decide, at most eight may score beside it, and each has
 * a version of its own.
 * @param specs those that could be read, in the order of their files
 * @param count of all files: where some could not be read, nothing is said of what may be in them
 */
export function rosterProblems(specs: readonly ModelSpec[], count: number): Problem[] {
  const names = new Set(specs.map(({ name }) => name))
  return [...names].flatMap(name => {
    const namesakes = specs.filter(spec => spec.name === name)
    return [
      ...championProblems(namesakes, specs.length === count),
      ...versionProblems(namesakes),
      ...shadowProblems(namesakes)
    ]
  })
}

function championProblems(namesakes: readonly ModelSpec[], whole: boolean): Problem[] {
  const champions = namesakes.filter(({ shadow }) => !shadow)
  const [first, ...others] = champions
  if (first !== undefined)
    return others.map(({ name, place }) =>
      errorAt(
        place,
        `model "${name}" is there already, in ${first.place.file}; add "shadow: true" so that this one scores and decides nothing, or give it another name`
      )
    )
  const [shadow] = namesakes
  return whole && shadow !== undefined
    ? [
        errorAt(
          shadow.place,
          `model "${shadow.name}" is only there as a shadow, so nothing decides; remove "shadow: true" here, or add the model that decides`
        )
      ]
    : []
}

function versionProblems(namesakes: readonly ModelSpec[]): Problem[] {
  return namesakes.flatMap((spec, i) => {
    const twin = namesakes.slice(0, i).find(({ version }) => version === spec.version)
    return twin === undefined
      ? []
      : [
          errorAt(
            spec.place,
            `model "${spec.name}" has a version ${spec.version} already, in ${twin.place.file}; give this one a number of its own`
          )
        ]
  })
}

function shadowProblems(namesakes: readonly ModelSpec[]): Problem[] {
  return namesakes
    .filter(({ shadow }) => shadow)
    .slice(MOST_SHADOWS)
    .map(({ name, place }) =>
      errorAt(
        place,
        `model "${name}" has more than ${MOST_SHADOWS} shadows, and each costs time for every decision; remove some`
      )
    )
}
