/** Lets work on the same thing wait for each other, in the order of asking; work on different things runs at once. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs work when all that was asked for under the name before has ended, however it ended. */
  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve()
    const done = before.then(work)
    const settled = done
      .catch(() => undefined)
      .finally(() => {
        if (this.#last.get(name) === settled) this.#last.delete(name)
      })
    this.#last.set(name, settled)
    return done
  }
}
