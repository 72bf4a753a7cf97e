import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'
import { toImportLine, type WorldCustomer } from '../../src/cli/world/customer.js'
import { createWorld, type World } from '../../src/cli/world/world.js'
import type { CustomerEvent } from '../../src/domain/interaction.js'
import type { JournalPlacing } from '../../src/domain/journal.js'
import { createRandom, type Random } from '../../src/learning/random.js'
import { runOfferd, type Environment } from './offerd.js'
import { startRedis } from './redis.js'
import { startService, type Files, type RunningService } from './service.js'

const ROOT = resolve(import.meta.dirname, '../..')
const AT_ONCE = 100
const MINUTE_MS = 60_000

/** A decision as it was answered. */
export interface Answered {
  readonly id: string
  readonly timeMs: number
  readonly customer: { readonly namespace: string; readonly id: string }
  readonly placed: readonly JournalPlacing[]
}

/** What a service has journalled, and what its caller knows of it. */
export interface ShippedJournal {
  readonly env: Environment
  readonly world: World
  readonly customers: ReadonlyMap<string, WorldCustomer>
  readonly decisions: readonly Answered[]
  /** In the order in which they were told, repetitions too. */
  readonly events: readonly CustomerEvent[]
}

interface AnswerBody {
  readonly decisionId: string
  readonly decidedAt: string
  readonly customer: { readonly namespace: string; readonly id: string }
  readonly placements: ReadonlyArray<{
    readonly id: string
    readonly fallback: boolean
    readonly offers: ReadonlyArray<{
      readonly offerId: string
      readonly treatmentId: string
      readonly rank: number
      readonly priority: number
      readonly token: string
      readonly probability: number | null
      readonly propensity: { readonly value: number; readonly source: string } | null
    }>
  }>
}

/** The shipped strategy with a journal and a share of chance, and the shipped models. */
function shippedFiles(share: number): Files {
  const files: Record<string, string | Uint8Array> = {}
  for (const folder of ['rules', 'models'])
    for (const path of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }))
      if (/\.(yaml|onnx)$/.test(path))
        files[join(folder, path)] = readFileSync(join(ROOT, folder, path))
  const exploring = `groupLimit: 2, exploration: {method: epsilon, share: ${share}}}`
  const arbitration = String(files['rules/arbitration.yaml'])
  return {
    ...files,
    'rules/arbitration.yaml': arbitration.replace('groupLimit: 2}', exploring),
    'rules/journal.yaml': 'journal: {keep: 90d, maxBytes: 1GB, whenFull: wait}\n'
  }
}

/** The rules among them, as they are read. */
export function shippedRules(share: number): Array<{ path: string; text: string }> {
  return Object.entries(shippedFiles(share))
    .filter(([path]) => path.startsWith('rules/'))
    .map(([path, text]) => ({ path, text: String(text) }))
}

/**
 * Lets a service decide for customers of the invented world and tells it what they answer, by the world's truth: at once or late, once
 * or twice, in order or not, with tokens or without. Then everything is written to the journal's files.
 * @param count decisions, one a customer
 * @param skew by how much the truth's log odds are moved
 */
export async function journalOfShippedWorld(
  t: Test,
  { count, share, skew = 0 }: { count: number; share: number; skew?: number }
): Promise<ShippedJournal> {
  const redis = await startRedis(t)
  const world = createWorld(1)
  const customers = new Map([...world.customers(count)].map(one => [one.id, one]))
  const service = await startService(t, { files: shippedFiles(share), redisUrl: redis.url })
  const env = {
    PATH: process.env['PATH'] ?? '',
    OFFERD_REDIS_URL: redis.url,
    OFFERD_DATA: join(service.dir, 'data'),
    OFFERD_RULES: join(service.dir, 'rules'),
    OFFERD_MODELS: join(service.dir, 'models')
  }
  const lines = [...customers.values()].map(toImportLine).join('\n')
  const imported = await runOfferd(t, ['import', '-'], env, `${lines}\n`)
  if (imported.code !== 0) throw new Error(imported.stderr)
  const answers = await decideAll(service, [...customers.keys()])
  const told = tellingOf(answers, { world, customers, skew, random: createRandom(7) })
  for (let i = 0; i < told.length; i += 500) {
    const bodies = told.slice(i, i + 500).map(({ body }) => body)
    const response = await service.post('/v1/events', bodies)
    const { rejected } = (await response.json()) as { rejected: readonly unknown[] }
    if (response.status !== 202 || rejected.length > 0) throw new Error(JSON.stringify(rejected[0]))
  }
  await service.stop()
  const exported = await runOfferd(t, ['journal', 'export', '--once'], env)
  if (exported.code !== 0) throw new Error(exported.stderr)
  return {
    env,
    world,
    customers,
    decisions: answers.map(answeredOf),
    events: told.map(({ event }) => event)
  }
}

async function decideAll(service: RunningService, ids: readonly string[]): Promise<AnswerBody[]> {
  const answers: AnswerBody[] = []
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const requests = ids.slice(i, i + AT_ONCE).map(id => ({
      customer: { id },
      channel: 'web',
      placements: [{ id: 'home_hero' }, { id: 'home_tile', count: 2 }],
      options: { timeoutMs: 10_000 }
    }))
    const response = await service.post('/v1/decisions/batch', { requests })
    const { decisions } = (await response.json()) as { decisions: AnswerBody[] }
    answers.push(...decisions)
  }
  return answers
}

function answeredOf({ decisionId, decidedAt, customer, placements }: AnswerBody): Answered {
  return {
    id: decisionId,
    timeMs: Date.parse(decidedAt),
    customer,
    placed: placements.flatMap(({ id: placement, fallback, offers }) =>
      offers.map(({ offerId: offer, treatmentId: treatment, propensity, ...rest }) => ({
        placement,
        fallback,
        offer,
        treatment,
        rank: rest.rank,
        priority: rest.priority,
        probability: rest.probability,
        propensity: propensity?.value ?? null,
        source: propensity?.source ?? null
      }))
    )
  }
}

interface Told {
  readonly event: CustomerEvent
  readonly body: object
}

interface Telling {
  readonly world: World
  readonly customers: ReadonlyMap<string, WorldCustomer>
  readonly skew: number
  readonly random: Random
}

/** What every customer tells, and then what is told late, out of order, or again. */
function tellingOf(answers: readonly AnswerBody[], telling: Telling): Told[] {
  const { random } = telling
  const all = answers.flatMap(answer => toldOf(answer, telling))
  const soon = all.filter(() => !random.chance(0.3))
  const late = all.filter(one => !soon.includes(one)).reverse()
  return [...soon, ...late, ...all.filter(() => random.chance(0.05))]
}

function toldOf(answer: AnswerBody, { world, customers, skew, random }: Telling): Told[] {
  const { decidedAt } = answer
  const customer = { namespace: answer.customer.namespace, id: answer.customer.id }
  const known = customers.get(customer.id)!
  return answer.placements.flatMap(({ id: placement, fallback, offers }) =>
    offers.flatMap(({ offerId, token }) => {
      if (fallback || random.chance(0.1)) return []
      const tell = (type: string, afterMs: number): Told => {
        const id = `${answer.decisionId}:${offerId}:${type}`
        const timeMs = Date.parse(decidedAt) + afterMs
        const event = { customer, id, source: 'test', type, timeMs, offerId }
        const said = { id, source: 'test', type, time: new Date(timeMs).toISOString() }
        return random.chance(0.2)
          ? { event, body: { ...said, customer, offerId } }
          : {
              event: { ...event, decisionId: answer.decisionId, placement },
              body: { ...said, token }
            }
      }
      const truth = world.trueResponse(known, offerId, 'web')
      const odds = (truth / (1 - truth)) * Math.exp(skew)
      const answers = random.chance(odds / (1 + odds))
        ? ['click', 'accept', 'convert'].map(type => tell(type, MINUTE_MS))
        : random.chance(0.05)
          ? [tell('reject', MINUTE_MS)]
          : []
      return [tell('impression', 1000), ...answers]
    })
  )
}
