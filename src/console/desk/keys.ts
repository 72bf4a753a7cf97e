import { useEffect, useRef } from 'preact/hooks'

/** What an offer's card asks the agent before the answer is told. */
export interface Asking {
  readonly at: number
  readonly type: 'reject' | 'later'
}

interface DeskKeys {
  /** Offers that can be answered; 0 switches the keys off. */
  readonly count: number
  readonly chosen: number
  choose(at: number): void
  ask(asking: Asking | undefined): void
  accept(at: number): void
}

/** The desk by key: 1–3 choose an offer, a accepts it, d and l ask for what goes with it, Escape takes that back, / looks up. */
export function useDeskKeys(keys: DeskKeys): void {
  const newest = useRef(keys)
  newest.current = keys
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') newest.current.ask(undefined)
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return
      if (press(event.key, newest.current)) event.preventDefault()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [])
}

/** True where the key means something here. */
function press(key: string, { count, chosen, choose, ask, accept }: DeskKeys): boolean {
  const at = Number(key) - 1
  if (Number.isInteger(at) && at >= 0 && at < count) {
    choose(at)
    ask(undefined)
  } else if (key === '/') document.getElementById('desk-customer')?.focus()
  else if (chosen >= count) return false
  else if (key === 'a') accept(chosen)
  else if (key === 'd') ask({ at: chosen, type: 'reject' })
  else if (key === 'l') ask({ at: chosen, type: 'later' })
  else return false
  return true
}

/** Letters that are typed into a field are no commands. */
function isWriting(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, select, textarea')
}
