import { checkEvents } from './checks/events.js'
import { checkLimits } from './checks/limits.js'
import { createMachine } from './checks/machine.js'
import { checkReasons } from './checks/reasons.js'
import { checkRecovery, recoveriesOf } from './checks/recovery.js'
import { checkResources } from './checks/resources.js'
import { checkRulesKept } from './checks/rules-kept.js'
import { quantile } from './checks/spans.js'
import { checkTimes, GRACE_MS } from './checks/timely.js'
import type { Fault } from './faults.js'
import { linesOf, type DecideCall, type FaultLine, type History } from './history.js'

/** What one fault came to, in figures. */
export interface Row {
  readonly fault: string
  readonly what: string
  readonly asked: string
  readonly measured: string
  readonly violations: readonly string[]
}

/** What a run came to. */
export interface Verdict {
  readonly rows: readonly Row[]
  /** By invariant; empty where it held. */
  readonly invariants: Readonly<Record<string, readonly string[]>>
  readonly holds: boolean
}

const LEAST_200_SHARE = 0.999

/** Judges a history: the invariants over all of it, and what is asked of each fault. Pure. */
export function judge(history: History, faults: readonly Fault[]): Verdict {
  const byName = new Map(faults.map(fault => [fault.name, fault]))
  const { late } = checkTimes(history)
  const invariants = {
    'I1 limits': checkLimits(history),
    'I2 events': checkEvents(history).violations,
    'I3 rules': checkRulesKept(history),
    'I4 reasons': checkReasons(history),
    'I5 in time': late.map(
      ({ decisionId, service, tookMs, timeoutMs }) =>
        `${service} answered ${decisionId} after ${tookMs.toFixed(0)} ms with timeoutMs ${timeoutMs}`
    ),
    'I6 resources': checkResources(history),
    'I7 recovery': checkRecovery(history, name => byName.get(name)?.asked.wholeAgainMs ?? Infinity)
  }
  const rows = linesOf(history, 'fault').map(line =>
    rowOf(history, line, byName.get(line.fault)!, { late, machineMs: createMachine(history) })
  )
  const broken = [...Object.values(invariants), ...rows.map(({ violations }) => violations)]
  return { rows, invariants, holds: broken.every(({ length }) => length === 0) }
}

/** What is measured over all of a history. */
interface Measures {
  readonly late: readonly DecideCall[]
  readonly machineMs: (call: DecideCall) => number
}

function rowOf(
  history: History,
  line: FaultLine,
  fault: Fault,
  { late: lateOnes, machineMs }: Measures
): Row {
  const during = <T extends { readonly sentMs: number }>(calls: readonly T[]): T[] =>
    calls.filter(({ sentMs }) => sentMs >= line.begunMs && sentMs <= line.healedMs)
  const { asked } = fault
  const decisions = during(linesOf(history, 'decide')).filter(({ last }) => last)
  // Who repeats a request that a process has not finished hears so; where that process is gone, until its claim has lapsed.
  const inDoubt = decisions.filter(({ status }) => status === 409)
  const failed = decisions.filter(({ status }) => status !== 200 && status !== 409)
  const degraded = decisions.filter(call => call.degraded.length > 0)
  const undisturbed = degraded.filter(call => machineMs(call) < GRACE_MS)
  const unlawful = undisturbed.filter(call =>
    call.degraded.some(why => !asked.reasons.includes(why))
  )
  const p99Ms = quantile(
    decisions.map(({ tookMs }) => tookMs),
    0.99
  )
  const late = during(lateOnes).length
  const recoveries = recoveriesOf(history, line)
  const { storedLate, storedUnheard } = checkEvents(history)
  const told = told503(history, line)
  const tellsMs = ready(history, line, fault)
  const most = (of: (one: (typeof recoveries)[number]) => number): string =>
    `${(Math.max(0, ...recoveries.map(of)) / 1000).toFixed(2)} s`
  const violations = [
    ...(decisions.length > 0 && failed.length / decisions.length > 1 - LEAST_200_SHARE
      ? [`${failed.length} of ${decisions.length} decisions were not answered 200`]
      : []),
    ...unlawful.map(call => `${call.decisionId} is degraded by ${call.degraded.join(', ')}`),
    ...(undisturbed.length > decisions.length * (asked.degradedShare ?? 1)
      ? [`${undisturbed.length} of ${decisions.length} decisions were degraded`]
      : []),
    ...(asked.ready !== undefined && !(tellsMs <= asked.ready.withinMs)
      ? [`/readyz said ${String(asked.ready.says)} after ${tellsMs} ms`]
      : [])
  ]
  const measured = [
    `${decisions.length - failed.length - inDoubt.length} of ${decisions.length} decisions 200${inDoubt.length > 0 ? ` (${inDoubt.length} × 409, repeated while in doubt)` : ''}, ${degraded.length} degraded`,
    `p99 ${p99Ms.toFixed(0)} ms, ${late} late`,
    `${told.failed} of ${told.all} events 503, of them ${during(storedUnheard).length} stored unheard and ${during(storedLate).length} late`,
    ...(asked.ready === undefined ? [] : [`/readyz tells after ${(tellsMs / 1000).toFixed(2)} s`]),
    `whole again after ${most(({ decisionsMs }) => decisionsMs)}, events ${most(({ eventsMs }) => eventsMs)}`
  ].join('; ')
  return { fault: line.fault, what: fault.what, asked: askedText(fault), measured, violations }
}

function told503(
  history: History,
  { begunMs, healedMs }: FaultLine
): { readonly all: number; readonly failed: number } {
  const told = linesOf(history, 'event').filter(
    ({ sentMs, last }) => sentMs >= begunMs && sentMs <= healedMs && last
  )
  return { all: told.length, failed: told.filter(({ status }) => status === 503).length }
}

/** After how many ms /readyz said what it must; Infinity where it did not. */
function ready(history: History, { begunMs, healedMs }: FaultLine, { asked }: Fault): number {
  const said = linesOf(history, 'ready').find(
    ({ sentMs, endedMs, status, detail }) =>
      sentMs >= begunMs &&
      endedMs <= healedMs + 1000 &&
      status === 503 &&
      asked.ready?.says.test(detail) === true
  )
  return said === undefined ? Infinity : said.endedMs - begunMs
}

function askedText({ asked }: Fault): string {
  const { reasons, wholeAgainMs, ready: tells, degradedShare } = asked
  return [
    `≥ 99.9 % 200`,
    reasons.length === 0 ? 'none degraded' : `degraded by ${reasons.join(', ')} at most`,
    ...(degradedShare === undefined ? [] : [`≤ ${degradedShare * 100} % degraded`]),
    `≤ timeoutMs + ${GRACE_MS}`,
    '0 stored late',
    ...(tells === undefined ? [] : [`/readyz tells ≤ ${tells.withinMs / 1000} s`]),
    `whole again ≤ ${wholeAgainMs / 1000} s`
  ].join('; ')
}
