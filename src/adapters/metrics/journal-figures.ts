import { Gauge, type Registry } from 'prom-client'
import type { Meters } from '../../decisioning/ports.js'

/** Figures of the whole store, so every process shows the same: gauges, though some of them only grow. */
export function createJournalFigures(registry: Registry): Meters['journalStands'] {
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ name, help, registers: [registry], aggregator: 'max' })
  const bytes = gauge(
    'offerd_journal_waiting_bytes',
    'Bytes of the journal that wait for the disk.'
  )
  const most = gauge('offerd_journal_most_bytes', 'Bytes of the journal that may wait.')
  const rows = gauge('offerd_journal_waiting', 'Decisions and events that wait for the disk.')
  const dropped = gauge(
    'offerd_journal_dropped',
    'Decisions and events dropped because the journal was full, by all processes.'
  )
  const exported = gauge(
    'offerd_journal_exported',
    'Decisions and events written to disk, by all processes.'
  )
  const oldest = gauge(
    'offerd_journal_oldest_timestamp_seconds',
    'When the oldest that waits was recorded; 0 where nothing waits.'
  )
  return standing => {
    bytes.set(standing.waitingBytes)
    most.set(standing.mostBytes)
    rows.set(standing.waiting)
    dropped.set(standing.dropped)
    exported.set(standing.exported)
    oldest.set((standing.oldestMs ?? 0) / 1000)
  }
}
