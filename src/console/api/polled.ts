import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

/** What was asked for: the newest answer, and what went wrong since. */
export interface Asked<Value> {
  readonly value: Value | undefined
  readonly error: unknown
  /** True until the first answer or failure. */
  readonly isLoading: boolean
  /** Asks again now. */
  retry(): void
}

/**
 * Asks when the screen opens and, with `everyMs`, again and again while the tab is seen; a new `ask` (memoise it with useCallback) begins
 * anew. The last answer stays when a later one fails.
 */
export function useAsked<Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
  everyMs?: number
): Asked<Value> {
  const [state, setState] = useState<Pick<Asked<Value>, 'value' | 'error' | 'isLoading'>>(NOTHING)
  const [round, setRound] = useState(0)
  const asked = useRef(ask)
  useEffect(() => {
    const ending = new AbortController()
    if (asked.current !== ask) setState(NOTHING)
    asked.current = ask
    const run = async (): Promise<void> => {
      try {
        const value = await ask(ending.signal)
        if (!ending.signal.aborted) setState({ value, error: undefined, isLoading: false })
      } catch (error) {
        if (!ending.signal.aborted) setState(last => ({ ...last, error, isLoading: false }))
      }
    }
    void run()
    if (everyMs !== undefined) repeatWhileSeen(run, everyMs, ending.signal)
    return () => ending.abort()
  }, [ask, everyMs, round])
  const retry = useCallback(() => setRound(each => each + 1), [])
  return { ...state, retry }
}

const NOTHING = { value: undefined, error: undefined, isLoading: true }

/** Runs again `everyMs` after the last run ended; a hidden tab waits until it is seen. */
function repeatWhileSeen(run: () => Promise<void>, everyMs: number, signal: AbortSignal): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isRunning = false
  const wait = (): void => {
    clearTimeout(timer)
    if (!signal.aborted && !document.hidden) timer = setTimeout(() => void again(), everyMs)
  }
  const again = async (): Promise<void> => {
    if (isRunning) return
    isRunning = true
    await run()
    isRunning = false
    wait()
  }
  const turned = (): void => {
    clearTimeout(timer)
    if (!document.hidden) void again()
  }
  document.addEventListener('visibilitychange', turned, { signal })
  signal.addEventListener('abort', () => clearTimeout(timer))
  wait()
}
