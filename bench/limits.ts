import { compareVariants } from './variants.js'
import { rulesText } from './world.js'

/** What limits cost: contact policies, and a strict quota on every offer. */
export async function runLimits(): Promise<void> {
  await compareVariants([
    { name: 'six contact policies', rules: rulesText('contact policies') },
    { name: 'a strict quota on every offer', rules: rulesText('strict quotas') }
  ])
}
