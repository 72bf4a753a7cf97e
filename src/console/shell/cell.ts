import { useEffect, useState } from 'preact/hooks'

/** A value that several parts of a screen share, and that tells them when it changes. */
export interface Cell<Value> {
  get(): Value
  set(value: Value): void
  /** Calls back after every change; answers how to stop that. */
  watch(changed: () => void): () => void
}

/** A cell that begins with this value. */
export function createCell<Value>(initial: Value): Cell<Value> {
  let current = initial
  const watchers = new Set<() => void>()
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return
      current = value
      for (const changed of [...watchers]) changed()
    },
    watch(changed) {
      watchers.add(changed)
      return () => watchers.delete(changed)
    }
  }
}

/** The cell's value; the component is rendered again when it changes. */
export function useCell<Value>(cell: Cell<Value>): Value {
  const [value, setValue] = useState(cell.get)
  useEffect(() => {
    const read = (): void => setValue(cell.get)
    // It may have changed between rendering and here.
    read()
    return cell.watch(read)
  }, [cell])
  return value
}
