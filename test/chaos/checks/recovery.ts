import { createMachine } from './machine.js'
import { GRACE_MS } from './timely.js'
import { linesOf, type Call, type FaultLine, type History } from '../history.js'

/** How soon a process was whole again after a fault had been taken back; Infinity where it was not before the next. */
export interface Recovery {
  readonly service: string
  /** Until the first decision that did without nothing was asked for. */
  readonly decisionsMs: number
  /** Until the first event was told that was taken. */
  readonly eventsMs: number
}

/** How each process that went through a fault came back. Whoever was asked nothing in that time is not among them. */
export function recoveriesOf(history: History, fault: FaultLine): Recovery[] {
  const after = <T extends Call>(calls: readonly T[]): T[] =>
    calls.filter(({ sentMs }) => sentMs >= fault.healedMs && sentMs < fault.overMs)
  const decisions = after(linesOf(history, 'decide'))
  const events = after(linesOf(history, 'event'))
  const services = new Set([...decisions, ...events].map(({ service }) => service))
  for (const service of fault.hit) services.delete(service)
  return [...services].map(service => {
    const whole = decisions.filter(
      call => call.service === service && call.outcome === 'ok' && call.degraded.length === 0
    )
    const taken = events.filter(call => call.service === service && call.outcome === 'ok')
    return {
      service,
      decisionsMs: firstMs(whole) - fault.healedMs,
      eventsMs: firstMs(taken) - fault.healedMs
    }
  })
}

/**
 * I7: whatever went wrong, all is well again by itself: every process decides whole and takes events within the time that a fault
 * allows, and stays so, but for moments in which the machine itself is busy. `allowedMs` by the fault's name.
 */
export function checkRecovery(history: History, allowedMs: (fault: string) => number): string[] {
  const machineMs = createMachine(history)
  const faults = linesOf(history, 'fault')
  const slow = faults.flatMap(fault =>
    recoveriesOf(history, fault)
      .filter(
        ({ decisionsMs, eventsMs }) => Math.max(decisionsMs, eventsMs) > allowedMs(fault.fault)
      )
      .map(
        ({ service, decisionsMs, eventsMs }) =>
          `${service} needed ${decisionsMs} ms for a whole decision and ${eventsMs} ms for an event after "${fault.fault}", ${allowedMs(fault.fault)} are allowed`
      )
  )
  const shaken = (ms: number): boolean =>
    faults.some(
      ({ fault, begunMs, healedMs }) => ms >= begunMs && ms <= healedMs + allowedMs(fault)
    )
  const relapses = [...linesOf(history, 'decide'), ...linesOf(history, 'event')].filter(
    call =>
      call.last &&
      (call.outcome !== 'ok' || (call.op === 'decide' && call.degraded.length > 0)) &&
      !shaken(call.sentMs) &&
      !shaken(call.endedMs) &&
      machineMs(call) < GRACE_MS
  )
  return [
    ...slow,
    ...relapses.map(
      ({ op, service, status, sentMs }) =>
        `${service} failed a ${op} (status ${status}) at ${new Date(sentMs).toISOString()}, when nothing was wrong`
    )
  ]
}

function firstMs(calls: readonly Call[]): number {
  return calls.reduce((least, { sentMs }) => Math.min(least, sentMs), Infinity)
}
