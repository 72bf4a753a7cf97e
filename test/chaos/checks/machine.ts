import { linesOf, type Call, type History, type ProbeCall } from '../history.js'

/** Around a call, for the machine is not busy for one answer alone. */
const AROUND_MS = 250
/** At first a process compiles what it runs. */
const COLD_MS = 2000
const GIVE_UP_MS = 15_000

/**
 * How long the process of a call took at about that time for the simplest answer of all, which needs nothing but itself, at most.
 * That much of the call is the machine's doing, or that of a fault that stops the process. Infinity in a process' first two seconds.
 */
export function createMachine(history: History): (call: Call) => number {
  const probes = new Map<string, ProbeCall[]>()
  for (const probe of linesOf(history, 'probe')) {
    const own = probes.get(probe.service) ?? []
    own.push(probe)
    probes.set(probe.service, own)
  }
  for (const own of probes.values()) own.sort((one, other) => one.endedMs - other.endedMs)
  const firstMs = new Map<string, number>()
  for (const { service, sentMs } of linesOf(history, 'decide'))
    firstMs.set(service, Math.min(firstMs.get(service) ?? Infinity, sentMs))
  return ({ service, sentMs, endedMs }) => {
    if (sentMs < (firstMs.get(service) ?? 0) + COLD_MS) return Infinity
    const own = probes.get(service) ?? []
    let slowestMs = 0
    for (let i = firstEndedFrom(own, sentMs - AROUND_MS); i < own.length; i++) {
      const probe = own[i]!
      if (probe.sentMs <= endedMs + AROUND_MS) slowestMs = Math.max(slowestMs, probe.tookMs)
      // Sorted by their ends: a probe that took long may still come, but not later than the client gives up.
      else if (probe.sentMs > endedMs + GIVE_UP_MS) break
    }
    return slowestMs
  }
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
