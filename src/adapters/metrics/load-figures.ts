import { Counter, Gauge, type Registry } from 'prom-client'
import { LOAD_CLASSES, type LoadClass } from '../../domain/caller.js'
import { LIVE } from './live-figures.js'

/** What a process has to do, and what it turned away. */
export interface LoadFigures {
  /** Work that was turned away because the process had enough. */
  shed(of: LoadClass): void
  /** A connection that was closed because there were too many, of all or of its address. */
  refusedConnection(because: 'process' | 'address'): void
  /** From now on this is what is in flight, and how much may be. */
  watchLoad(read: () => { readonly inFlight: number; readonly cap: number }): void
}

export function createLoadFigures(registry: Registry): LoadFigures {
  let read = (): { readonly inFlight: number; readonly cap: number } => ({ inFlight: 0, cap: 0 })
  const registers = [registry]
  const shed = new Counter({
    name: LIVE.shed,
    help: 'Requests and messages that were turned away because the process had enough to do.',
    labelNames: ['class'],
    registers
  })
  // From the start, so that an alert sees the first one come.
  for (const of of LOAD_CLASSES) shed.inc({ class: of }, 0)
  const refused = new Counter({
    name: 'offerd_connections_refused_total',
    help: 'Connections that were closed because there were too many, of all (process) or of their address.',
    labelNames: ['because'],
    registers
  })
  new Gauge({
    name: 'offerd_in_flight',
    help: 'Requests that are being worked on.',
    registers,
    collect() {
      this.set(read().inFlight)
    }
  })
  new Gauge({
    name: 'offerd_in_flight_cap',
    help: 'How many may be while the process has more to do than it can.',
    registers,
    collect() {
      this.set(read().cap)
    }
  })
  return {
    shed: of => shed.inc({ class: of }),
    refusedConnection: because => refused.inc({ because }),
    watchLoad(reading) {
      read = reading
    }
  }
}
