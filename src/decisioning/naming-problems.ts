import { nearest } from '../domain/nearest.js'
import { labelOf } from '../policy/model-roster.js'
import { errorAt } from '../policy/problems.js'
import type { Place, Problem, Strategy } from '../policy/strategy.js'
import type { ModelFile } from './propensity/model-files.js'

/** What is wrong, or strange, with the models that the rules name and those that there are. */
export function namingProblems(strategy: Strategy, files: readonly ModelFile[]): Problem[] {
  const names = new Set(files.map(({ spec }) => spec.name))
  const unused = files.filter(
    ({ spec }) => !spec.shadow && !strategy.modelNames.includes(spec.name)
  )
  const unkept = strategy.journal === undefined ? files.filter(({ spec }) => spec.shadow) : []
  return [
    ...modelMentions(strategy).flatMap(({ who, model, place }) =>
      names.has(model)
        ? []
        : [
            {
              ...errorAt(place, `${who} names model "${model}", which is not in the models folder`),
              hint: nearest(model, names)
            }
          ]
    ),
    ...unused.map(({ spec }) => ({
      ...spec.place,
      message: `model "${spec.name}" is not named by any offer`,
      severity: 'warning' as const
    })),
    ...unkept.map(({ spec }) => ({
      ...spec.place,
      message: `the scores of the shadow ${labelOf(spec)} are kept for 7 days and not compared, for there is no journal; add "journal: {keep: 90d, maxBytes: 50GB, whenFull: wait}" to the rules`,
      severity: 'warning' as const
    }))
  ]
}

/** Everywhere that a model is named: by offers, and by arms of experiments. */
function modelMentions({
  offers,
  experiments
}: Strategy): ReadonlyArray<{ who: string; model: string; place: Place }> {
  const ofOffers = offers.flatMap(({ id, model, modelPlace: place }) =>
    model === undefined ? [] : [{ who: `offer "${id}"`, model, place }]
  )
  const ofArms = experiments.flatMap(({ name, arms }) =>
    arms.flatMap(arm =>
      [...arm.changes.models.values()].map(({ name: model, place }) => {
        return { who: `arm "${arm.name}" of experiment "${name}"`, model, place }
      })
    )
  )
  return [...ofOffers, ...ofArms]
}
