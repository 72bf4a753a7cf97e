/**
 * `npm run bench -- offers`: from 50 offers to 10,000, nearly all of which pass and are scored. CPU of whole decisions inside the process, lot
 * by lot in turns.
 */
import { decideFor, prepare } from './decide.js'
import { inPairs, pairedRatio, ratioText } from './ratio.js'
import { OFFERS, rulesText } from './world.js'

const COUNTS = [200, 1_000, 10_000]
const TOGETHER = 4
const DECISIONS = 100
/** What one file of rules holds. */
const OFFERS_A_FILE = 2_000

export async function runOffers(): Promise<void> {
  const few = await prepare(rulesText())
  for (const count of COUNTS) {
    const many = await prepare(inFiles(rulesText('none', count)))
    const decisions = Math.max(5 * TOGETHER, Math.round((DECISIONS * OFFERS) / count))
    const pairs = await inPairs(
      () => decideFor(many, TOGETHER, 'none', decisions),
      () => decideFor(few, TOGETHER, 'none', DECISIONS)
    )
    const micros = pairs.reduce((sum, [one]) => sum + one, 0) / pairs.length
    process.stdout.write(
      `${count} offers: ${micros.toFixed(1)} µs CPU a decision, against ${OFFERS} ${ratioText(pairedRatio(pairs))}\n`
    )
  }
}

/** Rules with their offers spread over several files. */
function inFiles(rules: string): string[] {
  const [head = '', offers = ''] = rules.split('\noffers:\n')
  const entries = offers.trimEnd().split(/\n(?= {2}\S)/)
  const files = [`${head}\n`]
  for (let from = 0; from < entries.length; from += OFFERS_A_FILE)
    files.push(`offers:\n${entries.slice(from, from + OFFERS_A_FILE).join('\n')}\n`)
  return files
}
