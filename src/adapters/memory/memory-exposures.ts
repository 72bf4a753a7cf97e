import { customerText, type CustomerKey } from '../../domain/customer.js'
import type { Exposure, Exposures } from '../../decisioning/ports.js'

/** Exposures of this process: the customers of every experiment, and how many were first met in which arm. */
export class MemoryExposures implements Exposures {
  readonly #isErased: (customer: CustomerKey) => boolean
  readonly #customers = new Map<string, Set<string>>()
  readonly #counts = new Map<string, Map<string, number>>()

  constructor(isErased: (customer: CustomerKey) => boolean) {
    this.#isErased = isErased
  }

  note(customer: CustomerKey, exposures: readonly Exposure[]): void {
    if (this.#isErased(customer)) return
    for (const { experiment, arm } of exposures) {
      const customers = this.#customers.get(experiment) ?? new Set()
      this.#customers.set(experiment, customers)
      if (customers.has(customerText(customer))) continue
      customers.add(customerText(customer))
      const counts = this.#counts.get(experiment) ?? new Map<string, number>()
      this.#counts.set(experiment, counts.set(arm, (counts.get(arm) ?? 0) + 1))
    }
  }

  /** What is left of an erased customer is that it was counted. */
  forget(customer: CustomerKey): void {
    for (const customers of this.#customers.values()) customers.delete(customerText(customer))
  }

  async count(experiments: readonly string[]): Promise<Array<ReadonlyMap<string, number>>> {
    return experiments.map(experiment => new Map(this.#counts.get(experiment)))
  }

  async flush(): Promise<void> {
    // Nothing waits: note counts at once.
  }
}
