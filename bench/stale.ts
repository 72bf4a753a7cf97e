/**
 * `npm run bench -- stale`: decisions with a write before each of them that went to another process. An answer that does not show the write
 * is out of date; none may be.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withOfferd, type Ground } from './ground.js'
import type { Server } from './processes.js'
import { say } from './report.js'

const DECISIONS = Number(process.env['BENCH_DECISIONS'] ?? 100_000)
/** Customers whose writes, and then whose decisions, go in one request. */
const TOGETHER = 100
/** Writes to one customer, one after the other: its profile and history stay in use all the while. */
const STEPS = 20
/** Lots of customers under way at once. */
const LOTS = 8
const FALLBACK = 'welcome'

type Write = 'event' | 'import'

/** Each write takes a customer to the next offer: odd steps are clicks, even ones profiles. */
function rules(): string {
  const offers = Array.from(
    { length: STEPS + 1 },
    (_, i) =>
      `  offer-${i}: {group: all, value: ${STEPS + 1 - i}, eligibility: customer.step <= ${i}, suitability: 'seen("click", "same", "24h") == 0', treatments: {any: {placements: [hero], content: {headline: Number ${i}}}}}`
  )
  return `strategy: steps
currency: EUR
namespaces: [crm]
attributes: {step: {type: number}}
channels: {web: {direction: inbound}}
placements: {hero: {channel: web, count: 1, fallback: ${FALLBACK}}}
issues: {grow: {lever: 0}}
groups: {all: {issue: grow}}
offers:
  ${FALLBACK}: {group: all, fallbackOnly: true, treatments: {any: {placements: [hero], content: {}}}}
${offers.join('\n')}
`
}

/** Fails where an answer was out of date. */
export async function runStale(): Promise<void> {
  await withOfferd(async ground => {
    const servers = await serveSteps(ground)
    const lots = Math.ceil(DECISIONS / (STEPS * TOGETHER))
    const startedAtMs = performance.now()
    let next = 0
    let stale = 0
    const takeLots = async (): Promise<void> => {
      while (next < lots) stale += await walk(servers, next++)
    }
    await Promise.all(Array.from({ length: LOTS }, takeLots))
    // Those before the writes do not count.
    const decisions = lots * STEPS * TOGETHER
    const seconds = (performance.now() - startedAtMs) / 1000
    say(
      `${decisions.toLocaleString('en')} decisions, each after a write through another process: ${stale} answers out of date; ${seconds.toFixed(0)} s`
    )
    if (stale > 0) throw new Error('answers did not show what was written before them')
  })
}

/** Two processes on one Redis that know the same rules. */
async function serveSteps({ dir, further }: Ground): Promise<readonly [Server, Server]> {
  const folder = join(dir, 'steps')
  await mkdir(folder)
  await writeFile(join(folder, 'rules.yaml'), rules())
  const models = join(dir, 'none')
  await mkdir(models)
  // A store that is slow to answer makes a fallback, which says nothing of what was written.
  const env = { OFFERD_REDIS_TIMEOUT_MS: '5000' }
  return [await further('one', folder, models, env), await further('other', folder, models, env)]
}

/** Takes a lot of customers through all steps; who is written to and who decides changes. Answers how many answers were out of date. */
async function walk([one, other]: readonly [Server, Server], lot: number): Promise<number> {
  const ids = Array.from({ length: TOGETHER }, (_, i) => `lot-${lot}-${i}`)
  await write(one.url, 'import', ids, 0)
  let stale = 0
  for (let step = 1; step <= STEPS; step++) {
    const kind = step % 2 === 1 ? 'event' : 'import'
    const [writing, deciding] = step % 4 < 2 ? [one, other] : [other, one]
    // Both have the customers at hand before one of them learns of the write.
    stale += await countStale(deciding.url, ids, step - 1)
    await write(writing.url, kind, ids, step)
    stale += await countStale(deciding.url, ids, step)
  }
  return stale
}

/** A click on the offer that is shown, or a profile that ends it. */
async function write(
  url: string,
  kind: Write,
  ids: readonly string[],
  step: number
): Promise<void> {
  if (kind === 'import') {
    const lines = ids.map(id => JSON.stringify({ id, attributes: { step } }))
    const { imported } = (await post(
      `${url}/v1/customers/import`,
      'application/x-ndjson',
      lines.join('\n')
    )) as { imported: number }
    if (imported !== ids.length) throw new Error(`only ${imported} profiles were imported`)
    return
  }
  const clicks = ids.map(id => ({
    id: `${id}-${step}`,
    type: 'click',
    customer: { id },
    offerId: `offer-${step - 1}`,
    channel: 'web'
  }))
  const { accepted } = (await post(
    `${url}/v1/events`,
    'application/json',
    JSON.stringify(clicks)
  )) as { accepted: number }
  if (accepted !== ids.length) throw new Error(`only ${accepted} events were accepted`)
}

interface Answer {
  readonly degraded: readonly string[]
  readonly placements: ReadonlyArray<{
    readonly offers: ReadonlyArray<{ readonly offerId: string }>
  }>
}

/** Asks for a decision for each; one that is not about what was written so far is out of date. Throws where it could not be decided. */
async function countStale(url: string, ids: readonly string[], step: number): Promise<number> {
  const requests = ids.map(id => ({
    customer: { id },
    channel: 'web',
    placements: [{ id: 'hero' }],
    options: { timeoutMs: 10_000 }
  }))
  const { decisions } = (await post(
    `${url}/v1/decisions/batch`,
    'application/json',
    JSON.stringify({ requests })
  )) as { decisions: readonly Answer[] }
  return decisions.filter(({ degraded, placements }) => {
    const offer = placements[0]?.offers[0]?.offerId
    if (degraded.length > 0 || offer === undefined || offer === FALLBACK)
      throw new Error(`a decision was not made: ${offer}, ${degraded.join()}`)
    return offer !== `offer-${step}`
  }).length
}

async function post(url: string, contentType: string, body: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response.json()
}
