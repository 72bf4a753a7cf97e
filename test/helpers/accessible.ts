import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong on the page as it is: the rule and the first element of each violation. */
export async function violationsOn(page: Page): Promise<readonly string[]> {
  // The debugger's evaluation is not subject to the page's policy, so nothing is loosened for it.
  await page.evaluate(AXE)
  return await page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, help, nodes }) => id + ': ' + help + ': ' + nodes[0].html + ' ' + (nodes[0].any[0]?.message ?? '')))`
  )
}
