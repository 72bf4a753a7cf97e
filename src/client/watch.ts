/** An offer has been seen when half of it was on the screen for this long without a break. */
const SEEN_MS = 1000
const SEEN_SHARE = 0.5

export interface Watch {
  /** Tells once when the element was seen. */
  add(element: Element, seen: () => void): void
  /** Forgets elements that have left the page, or all. */
  forget(all: boolean): void
}

/** Looks after elements that are to be seen. */
export function createWatch(): Watch {
  const waiting = new Map<Element, () => void>()
  const timers = new Map<Element, ReturnType<typeof setTimeout>>()
  const stop = (element: Element): void => {
    clearTimeout(timers.get(element))
    timers.delete(element)
  }
  const observer = new IntersectionObserver(
    entries => {
      for (const { target, intersectionRatio } of entries) {
        stop(target)
        if (intersectionRatio < SEEN_SHARE) continue
        timers.set(
          target,
          setTimeout(() => {
            observer.unobserve(target)
            const seen = waiting.get(target)
            waiting.delete(target)
            seen?.()
          }, SEEN_MS)
        )
      }
    },
    { threshold: SEEN_SHARE }
  )
  // Nothing is seen in a tab in the background; observing anew begins the second anew.
  document.addEventListener('visibilitychange', () => {
    observer.disconnect()
    for (const element of waiting.keys()) {
      stop(element)
      if (document.visibilityState === 'visible') observer.observe(element)
    }
  })
  return {
    add(element, seen) {
      waiting.set(element, seen)
      observer.observe(element)
    },
    forget(all) {
      for (const element of waiting.keys()) {
        if (!all && element.isConnected) continue
        stop(element)
        observer.unobserve(element)
        waiting.delete(element)
      }
    }
  }
}
