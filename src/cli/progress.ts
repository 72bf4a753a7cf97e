import type { Shell } from './shell.js'

const SHOW_EVERY_MS = 200

/** One line on stderr that is written over while work goes on, and taken away again. On a terminal only. */
export interface Progress {
  /** Shows what `say` answers, a few times a second at most; otherwise `say` is not called. */
  show(say: () => string): void
  clear(): void
}

export function createProgress({ stderr }: Shell, monotonicMs: () => number): Progress {
  let shownAtMs = Number.NEGATIVE_INFINITY
  const rewrite = (text: string): void => {
    if (stderr.isTerminal) stderr.write(`\r\u001B[K${text}`)
  }
  return {
    show(say) {
      if (monotonicMs() - shownAtMs < SHOW_EVERY_MS) return
      shownAtMs = monotonicMs()
      rewrite(say())
    },
    clear: () => rewrite('')
  }
}
