import { randomBytes } from 'node:crypto'
import type { JournalSegments } from '../../src/decisioning/ports.js'
import { customerText } from '../../src/domain/customer.js'
import type { CustomerEvent } from '../../src/domain/interaction.js'
import type { JournalDecision, JournalPlacing } from '../../src/domain/journal.js'

const PLACING: JournalPlacing = {
  placement: 'home_hero',
  rank: 1,
  offer: 'gold-card',
  treatment: 'gold-card.web.any',
  fallback: false,
  priority: 1,
  propensity: 0.25,
  source: 'prior',
  probability: 1
}

/** A decision that placed one offer; everything but its id and time has a default. */
export function journalled(
  id: string,
  timeMs: number,
  { placing, ...changes }: Partial<JournalDecision> & { placing?: Partial<JournalPlacing> } = {}
): JournalDecision {
  return {
    id,
    timeMs,
    customer: { namespace: 'crm', id: 'c-1' },
    channel: 'web',
    strategy: 'small',
    strategyHash: 'abc',
    holdout: false,
    control: false,
    experiments: {},
    degraded: [],
    candidates: [],
    placed: [{ ...PLACING, ...placing }],
    features: [],
    filling: null,
    scores: [],
    facts: {},
    historyLength: 0,
    historyHash: '',
    limits: null,
    personal: { facts: {}, request: '{}' },
    ...changes
  }
}

/** What a decision's first offer gets, `afterMs` later, told with its token. */
export function answerOf(
  { id, customer, timeMs, channel, placed: [placing] }: JournalDecision,
  type: string,
  afterMs: number
): CustomerEvent {
  return {
    customer,
    id: `${id}:${type}`,
    source: 'test',
    type,
    timeMs: timeMs + afterMs,
    offerId: placing!.offer,
    placement: placing!.placement,
    channel,
    decisionId: id
  }
}

/** Writes one segment; every customer has a key of its own. */
export async function writeSegment(
  segments: JournalSegments,
  recordedMs: number,
  decisions: readonly JournalDecision[],
  events: readonly CustomerEvent[]
): Promise<void> {
  const texts = [...decisions, ...events].map(({ customer }) => customerText(customer))
  await segments.write({
    name: `0-${recordedMs}-0-${recordedMs}-1`,
    parts: [{ recordedMs, decisions, events }],
    keys: new Map([...new Set(texts)].map(text => [text, randomBytes(32)]))
  })
}
