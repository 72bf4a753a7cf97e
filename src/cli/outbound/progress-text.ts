import type { Counts } from './run-notes.js'

const BAR_CELLS = 24
/** Sooner, nobody knows how long it will take. */
const LEAST_MS = 1000

export interface ProgressFigures {
  readonly done: Counts
  /** What earlier processes of the run had done. */
  readonly before: Counts
  /** How much of the list is read, from 0 to 1; undefined where its length is not known. */
  readonly readShare: number | undefined
  /** Of this process. */
  readonly tookMs: number
}

/** One line: how far a list is, how fast, and how long it will take. */
export function progressText({ done, before, readShare, tookMs }: ProgressFigures): string {
  const rows = done.decided + done.rejected
  const own = rows - before.decided - before.rejected
  const perSecond = own / Math.max(tookMs / 1000, 0.001)
  return [
    ...(readShare === undefined ? [] : [bar(readShare)]),
    `${done.decided} decided`,
    ...(done.rejected === 0 ? [] : [`${done.rejected} rejected`]),
    `${perSecond.toFixed(0)} a second`,
    ...remaining({ rows, readShare, perSecond, tookMs })
  ].join(' · ')
}

function bar(share: number): string {
  const filled = Math.min(BAR_CELLS, Math.floor(share * BAR_CELLS))
  const percent = Math.min(100, Math.floor(share * 100))
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${percent} %`
}

/** Rows are taken to be alike, so that those that are left are as many a byte as those that were read. */
function remaining(given: {
  readonly rows: number
  readonly readShare: number | undefined
  readonly perSecond: number
  readonly tookMs: number
}): string[] {
  const { rows, readShare, perSecond, tookMs } = given
  if (readShare === undefined || readShare === 0 || tookMs < LEAST_MS || perSecond === 0) return []
  const left = rows / Math.min(1, readShare) - rows
  return [`${durationText(left / perSecond)} left`]
}

/** Seconds as people read them: 45 s, 12 min, 3.5 h. */
function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
