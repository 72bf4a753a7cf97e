/**
 * `npm run bench:full`: everything that is compared, in one run of about twenty minutes: bench/results/full.md with its plots beside it.
 * `npm run bench:full peers offers` runs these sections alone. The report is written anew after every section, so what was measured is
 * there even where a later one fails.
 */
import { compare } from '../compare.js'
import { withContenders } from '../contenders.js'
import { machine, say, writeResult } from '../report.js'
import { compareCluster } from './cluster.js'
import { compareConnections } from './connections.js'
import { compareModels } from './models.js'
import { compareOffers } from './offers.js'
import { comparePeers } from './peers.js'
import { compareRates } from './rates.js'
import type { Chapter, Section } from './section.js'
import { compareWays } from './ways.js'

const SECTIONS: Readonly<Record<string, Section>> = {
  floors: {
    title: 'Beside glue and the floors',
    over: 'the wire',
    run: async bed => ({ text: await compare(bed) })
  },
  connections: { title: 'Connections', over: 'the wire', run: compareConnections },
  rates: { title: 'Fixed rates', over: 'the wire', run: compareRates },
  ways: {
    title: 'Explanations, WebSockets and batches',
    over: 'the wire',
    run: compareWays
  },
  cluster: { title: 'Redis Cluster', over: 'the wire', run: compareCluster },
  peers: { title: 'Rule engines', over: 'nothing', run: comparePeers },
  offers: { title: 'Offers', over: 'nothing', run: compareOffers },
  models: { title: 'Models', over: 'nothing', run: compareModels }
}

/** Runs the sections of these names, or all; ends with an error where one failed. */
export async function runFull(names: readonly string[]): Promise<void> {
  const unknown = names.filter(name => !(name in SECTIONS))
  if (unknown.length > 0)
    throw new Error(
      `there is no section "${unknown.join('", "')}"; there are ${Object.keys(SECTIONS).join(', ')}`
    )
  const sections = Object.entries(SECTIONS)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .map(([, section]) => section)
  const report = new Report()
  if (sections.some(({ over }) => over === 'the wire'))
    await withContenders(async bed => {
      for (const { over, title, run } of sections)
        if (over === 'the wire') await report.add(title, () => run(bed))
    })
  for (const { over, title, run } of sections) if (over === 'nothing') await report.add(title, run)
  say(`\n${report.text}\nAlso in ${await report.write()}`)
  if (report.failed.length > 0) throw new Error(`failed: ${report.failed.join(', ')}`)
}

/** What was measured so far, as one page. */
class Report {
  text = `# What decisions cost\n\n${machine()}\n`
  readonly failed: string[] = []

  async add(title: string, run: () => Promise<Chapter>): Promise<void> {
    const startedAtMs = performance.now()
    this.text += `\n## ${title}\n\n${await this.#textOf(title, run)}\n`
    await this.write()
    say(`${title}: ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`)
  }

  write(): Promise<string> {
    return writeResult('full.md', this.text)
  }

  async #textOf(title: string, run: () => Promise<Chapter>): Promise<string> {
    try {
      return await withPlots(await run())
    } catch (error) {
      this.failed.push(title)
      return `Failed: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}

async function withPlots({ text, plots = [] }: Chapter): Promise<string> {
  for (const { name, svg } of plots) await writeResult(name, svg)
  return [text, ...plots.map(({ name, alt }) => `![${alt}](${name})`)].join('\n\n')
}
