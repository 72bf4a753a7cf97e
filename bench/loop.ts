import { compareVariants } from './variants.js'
import { JOURNAL, rulesText } from './world.js'

/** What the loop that learns costs a decision: the journal, chance, propensities that adapt. */
export async function runLoop(): Promise<void> {
  const adapting = rulesText().replaceAll('prior: 0.1}', 'prior: 0.1, adapt: true}')
  await compareVariants([
    { name: 'the journal', rules: rulesText() + JOURNAL },
    {
      name: 'the journal and a share of chance',
      rules: rulesText() + JOURNAL + chance('epsilon, share: 0.05')
    },
    {
      name: 'the journal and drawn propensities',
      rules: rulesText() + JOURNAL + chance('thompson')
    },
    { name: 'propensities that adapt', rules: adapting },
    {
      name: 'journal, chance and propensities that adapt',
      rules: adapting + JOURNAL + chance('epsilon, share: 0.05')
    }
  ])
}

function chance(method: string): string {
  return `arbitration: {exploration: {method: ${method}}}\n`
}
