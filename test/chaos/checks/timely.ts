import { linesOf, type DecideCall, type History, type ProbeCall } from '../history.js'

/** What an answer may take beyond its timeout. */
export const GRACE_MS = 20

/**
 * I5: no answer comes later than its timeout and the grace. What a process that does nothing else needs at the same time for the
 * simplest answer of all is the machine's doing, or the fault's: it is taken off.
 */
export function lateAnswers(history: History): DecideCall[] {
  const probes = new Map<string, ProbeCall[]>()
  for (const probe of linesOf(history, 'probe')) {
    const own = probes.get(probe.service) ?? []
    own.push(probe)
    probes.set(probe.service, own)
  }
  for (const own of probes.values()) own.sort((one, other) => one.endedMs - other.endedMs)
  return linesOf(history, 'decide').filter(call => {
    const lateMs = call.tookMs - call.timeoutMs - GRACE_MS
    if (call.outcome !== 'ok' || lateMs <= 0) return false
    return lateMs > slowestBeside(call, probes.get(call.service) ?? [])
  })
}

/** @param probes in the order in which they ended */
function slowestBeside(call: DecideCall, probes: readonly ProbeCall[]): number {
  let slowestMs = 0
  for (let i = firstEndedFrom(probes, call.sentMs); i < probes.length; i++) {
    const { sentMs, tookMs } = probes[i]!
    if (sentMs <= call.endedMs) slowestMs = Math.max(slowestMs, tookMs)
    // Nothing that is answered at all takes longer than the client waits.
    else if (sentMs > call.endedMs + 20_000) break
  }
  return slowestMs
}

function firstEndedFrom(probes: readonly ProbeCall[], fromMs: number): number {
  let [low, high] = [0, probes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (probes[middle]!.endedMs < fromMs) low = middle + 1
    else high = middle
  }
  return low
}
