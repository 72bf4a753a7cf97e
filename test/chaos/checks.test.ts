import { test } from 'tap'
import { checkEvents } from './checks/events.js'
import { checkLimits } from './checks/limits.js'
import { checkReasons } from './checks/reasons.js'
import { checkRecovery } from './checks/recovery.js'
import { checkResources } from './checks/resources.js'
import { checkRulesKept } from './checks/rules-kept.js'
import { mostWithin } from './checks/spans.js'
import { checkTimes } from './checks/timely.js'
import { FAULTS } from './faults.js'
import type {
  ConsentCall,
  DecideCall,
  EventCall,
  FaultLine,
  Line,
  ProbeCall,
  StoredLine
} from './history.js'
import { judge } from './judge.js'
import { CONSENTED, EVEN, ODD, OFTEN, PLAIN, SCARCE } from './world-rules.js'

let count = 0

function called(sentMs: number) {
  const endedMs = sentMs + 5
  const common = { service: 'a.1', sentMs, endedMs, tookMs: 5, status: 200, last: true }
  return { ...common, outcome: 'ok' as const }
}

function decide(sentMs: number, changes: Partial<DecideCall> = {}): DecideCall {
  return {
    op: 'decide',
    ...called(sentMs),
    customer: 1,
    channel: 'web',
    timeoutMs: 100,
    offers: [PLAIN],
    fallback: false,
    degraded: [],
    decisionId: `d-${++count}`,
    mixedUp: false,
    ...changes
  }
}

function byAgent(sentMs: number, changes: Partial<DecideCall> = {}): DecideCall {
  return decide(sentMs, { channel: 'call_center', ...changes })
}

function told(id: string, sentMs: number, changes: Partial<EventCall> = {}): EventCall {
  return {
    op: 'event',
    ...called(sentMs),
    status: 202,
    id,
    customer: 1,
    type: 'page_view',
    offer: '',
    askedMs: 0,
    ...changes
  }
}

function stored(id: string, changes: Partial<StoredLine> = {}): StoredLine {
  return { op: 'stored', customer: 1, id, storedMs: 1002, copies: 1, ...changes }
}

function consent(
  sentMs: number,
  granted: boolean,
  changes: Partial<ConsentCall> = {}
): ConsentCall {
  return { op: 'consent', ...called(sentMs), customer: 1, granted, ...changes }
}

/** Long before: no process is cold any more. */
const WARM = [decide(-9000), { ...decide(-9000), service: 'b.1' }]

function probe(sentMs: number, tookMs: number): ProbeCall {
  return { op: 'probe', ...called(sentMs), endedMs: sentMs + tookMs, tookMs }
}

function fault(name: string, begunMs: number, healedMs: number, overMs: number): FaultLine {
  return { op: 'fault', fault: name, begunMs, healedMs, overMs, hit: [] }
}

const FAILED = { outcome: 'fail', status: 503 } as const
const UNANSWERED = { outcome: 'unknown', status: 0 } as const

test('the most within a window counts what is surely inside', async t => {
  const span = (fromMs: number, toMs: number) => ({ fromMs, toMs })
  t.strictSame(mostWithin([], 10), { count: 0, fromMs: 0 })
  t.strictSame(mostWithin([span(8, 9), span(1, 2), span(9, 30)], 10), { count: 2, fromMs: 1 })
  t.strictSame(mostWithin([span(0, 1), span(10, 11)], 10), { count: 1, fromMs: 0 })
})

test('I1 finds one piece too many, and one contact too many', async t => {
  const agents = (pieces: number, offer: string, customer: (i: number) => number) =>
    Array.from({ length: pieces }, (_, i) =>
      byAgent(1000 + i, { offers: [offer], customer: customer(i) })
    )
  const everybody = agents(SCARCE.limit, SCARCE.id, i => i)
  t.strictSame(checkLimits(everybody), [])
  t.match(checkLimits([...everybody, byAgent(1900, { offers: [SCARCE.id], customer: 999 })]), [
    /scarce was shown 61 times/
  ])
  const shown = told('s-1', 2000, { type: 'impression', offer: SCARCE.id, askedMs: 1000 })
  t.match(checkLimits([...everybody, shown]), [/61 times/], 'what pages show counts as well')
  t.strictSame(checkLimits([...everybody, { ...shown, ...UNANSWERED }]), [], 'if it is known')
  const [again] = everybody
  t.strictSame(checkLimits([...everybody, again!]), [], 'the same answer again is no other piece')
  const often = agents(OFTEN.limit + 1, EVEN, () => 7)
  t.strictSame(checkLimits(often.slice(1)), [])
  t.match(checkLimits(often), [/even to c-7 4 times/])
})

test('I2 finds what is lost, doubled, out of nowhere, late or not in the journal', async t => {
  const acknowledged = told('e-1', 1000)
  t.strictSame(checkEvents([acknowledged, stored('e-1')]).violations, [])
  const violationsOf = (...lines: Line[]) => checkEvents(lines).violations
  t.match(violationsOf(acknowledged), [/e-1 was acknowledged and is lost/])
  t.match(violationsOf(acknowledged, stored('e-1', { copies: 2 })), [/stored 2 times/])
  t.match(violationsOf(acknowledged, stored('e-1', { copies: 0 })), [/stored 0 times/])
  t.match(violationsOf(stored('e-2')), [/nobody told it/])
  t.strictSame(violationsOf(told('e-1', 1000, UNANSWERED)), [], 'who knows')
  t.strictSame(violationsOf(told('e-1', 1000, UNANSWERED), stored('e-1')), [])
  const failed = told('e-1', 1000, FAILED)
  t.strictSame(violationsOf(failed), [])
  t.match(violationsOf(failed, stored('e-1', { storedMs: 1006 })), [/stored 1 ms after its caller/])
  const unheard = checkEvents([failed, stored('e-1', { storedMs: 1004 })])
  t.strictSame([unheard.violations.length, unheard.storedUnheard.length], [0, 1])
  const journal = (...ids: string[]): Line => ({ op: 'journal', ids })
  t.strictSame(violationsOf(acknowledged, stored('e-1'), journal('e-1')), [])
  t.match(violationsOf(acknowledged, stored('e-1'), journal('e-2')), [/not in the journal/])
  t.match(violationsOf(journal('e-1', 'e-1')), [/1 events are read twice/])
  const shown = byAgent(1000, { decisionId: '0123', offers: [PLAIN] })
  t.match(violationsOf(shown), [/0123:agent:plain was acknowledged and is lost/])
  t.strictSame(violationsOf({ ...shown, degraded: ['limits'] }), [])
})

test('I3 finds answers that consent, eligibility or a rejection forbid, and those of another customer', async t => {
  t.strictSame(checkRulesKept([decide(1000), decide(1000, { offers: [ODD] })]), [])
  t.match(checkRulesKept([decide(1000, { offers: [EVEN] })]), [/not for them/])
  t.match(checkRulesKept([decide(1000, { mixedUp: true })]), [/another customer/])
  const shows = decide(2000, { offers: [CONSENTED] })
  t.match(checkRulesKept([shows]), [/consent that was not given/])
  t.strictSame(checkRulesKept([consent(1000, true), shows]), [])
  t.match(checkRulesKept([consent(1000, true), consent(1500, false), shows]), [/consent/])
  t.strictSame(
    checkRulesKept([consent(1000, true), consent(1998, false), shows]),
    [],
    'while it is changed, either holds'
  )
  t.strictSame(checkRulesKept([consent(1000, true, UNANSWERED), shows]), [])
  t.match(checkRulesKept([consent(1000, true, UNANSWERED), consent(1500, false), shows]), [
    /consent/
  ])
  const rejected = told('s-1', 1000, { type: 'reject', offer: PLAIN })
  t.match(checkRulesKept([rejected, decide(2000)]), [/was rejected/])
  t.strictSame(checkRulesKept([rejected, decide(1003), decide(2000, { customer: 3 })]), [])
  t.strictSame(checkRulesKept([{ ...rejected, ...FAILED }, decide(2000)]), [])
})

test('I4 finds fallbacks without a reason, and reasons that the metric does not know', async t => {
  const fallback = decide(1000, { fallback: true, offers: ['welcome'] })
  t.match(checkReasons([fallback]), [/names no reason/])
  const named = { ...fallback, degraded: ['profile'] }
  const figures = (degraded: Record<string, number>): Line => ({
    op: 'figures',
    service: 'a.1',
    degraded
  })
  t.strictSame(checkReasons([named, figures({ profile: 1 })]), [])
  t.match(checkReasons([named, figures({})]), [/"profile" and counted 0/])
  t.match(checkReasons([named, figures({ profile: 2 })]), [/answered 1 times .* counted 2/])
  t.strictSame(checkReasons([named, decide(1, UNANSWERED), figures({ profile: 2 })]), [])
  t.strictSame(checkReasons([named, named, figures({ profile: 1 })]), [], 'given again')
})

test('I5 finds what is late, unless the machine was', async t => {
  const late = decide(1000, { tookMs: 160, endedMs: 1160 })
  const lateAmong = (...lines: Line[]) => checkTimes([...WARM, ...lines]).late
  t.strictSame(lateAmong(decide(1000, { tookMs: 119, endedMs: 1119 })), [])
  t.strictSame(lateAmong(late, probe(1050, 3)), [late])
  t.strictSame(lateAmong(late, probe(1050, 19)), [late])
  t.strictSame(lateAmong({ ...late, tookMs: 155 }, probe(1050, 19)), [], 'it waited for it twice')
  t.strictSame(lateAmong(late, probe(1050, 30)), [], 'too busy to tell')
  t.strictSame(lateAmong(late, probe(3000, 60)), [late], 'which was busy some other time')
  t.strictSame(lateAmong(late, { ...probe(1050, 60), service: 'b.1' }), [late])
  t.strictSame(checkTimes([late, probe(1050, 3)]).late, [], 'the process is cold')
  const { judged, answered } = checkTimes([...WARM, late, decide(2000), probe(2001, 30)])
  t.strictSame([judged, answered], [1, 4])
})

test('I6 finds memory and sockets that are not given back', async t => {
  const memory = (when: 'before' | 'after', rssBytes: number, descriptors: number): Line => ({
    op: 'memory',
    service: 'a.1',
    when,
    rssBytes,
    descriptors
  })
  t.strictSame(checkResources([memory('before', 100, 20), memory('after', 109, 25)]), [])
  t.match(checkResources([memory('before', 100e6, 20), memory('after', 120e6, 20)]), [
    /grew from 100 MB to 120 MB/
  ])
  t.match(checkResources([memory('before', 100, 20), memory('after', 100, 200)]), [
    /holds 200 files and sockets, 20 before/
  ])
})

test('I7 finds who does not come back, and who fails when nothing is wrong', async t => {
  const allowed = () => 1500
  const around = [fault('pause-200', 1000, 2000, 4000), decide(2500), told('e', 2600)]
  t.strictSame(checkRecovery(around, allowed), [])
  t.match(checkRecovery([around[0]!, decide(3600), told('e', 2600)], allowed), [
    /needed 1600 ms for a whole decision/
  ])
  t.match(checkRecovery([around[0]!, decide(2500)], allowed), [/Infinity ms for an event/])
  const degraded = { degraded: ['profile'] }
  t.strictSame(checkRecovery([...WARM, ...around, decide(1500, degraded)], allowed), [])
  t.match(checkRecovery([...WARM, ...around, decide(9000, degraded)], allowed), [
    /when nothing was wrong/
  ])
  t.strictSame(
    checkRecovery([...WARM, ...around, decide(9000, degraded), probe(9001, 50)], allowed),
    [],
    'the machine was busy'
  )
})

test('a run is judged by its faults: what they may degrade, and what must be said of them', async t => {
  const during = Array.from({ length: 10 }, (_, i) => decide(1500 + i))
  const after = [decide(7000), told('e', 7000), stored('e')]
  const ready: Line = { op: 'ready', ...called(1600), status: 503, detail: '… (OOM): raise it' }
  const lines = [...WARM, fault('oom', 1000, 6500, 9000), ...during, ...after, ready]
  const good = judge(lines, FAULTS)
  t.strictSame([good.holds, good.rows.length], [true, 1])
  const violationsOf = (some: Line[]) => judge(some, FAULTS).rows[0]!.violations
  t.match(violationsOf(lines.filter(line => line !== ready)), [/readyz/])
  t.match(violationsOf([...lines, decide(1500, { degraded: ['profile'] })]), [
    /degraded by profile/
  ])
  t.match(violationsOf([...lines, decide(1500, FAILED)]), [/1 of 11 decisions were not/])
  const inDoubt = judge([...lines, decide(1500, { ...FAILED, status: 409 })], FAULTS).rows[0]!
  t.strictSame(inDoubt.violations, [])
  t.match(inDoubt.measured, /10 of 11 decisions 200 \(1 × 409/)
})
