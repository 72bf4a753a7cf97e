/**
 * The highest of many numbers, no more than some of each group: whoever is below all of them has that many above, whatever becomes
 * of the groups.
 */
export class Highest {
  /** Below it are at least as many as are looked for; -Infinity as long as they are fewer. */
  lowest = -Infinity
  readonly #size: number
  readonly #perGroup: number
  readonly #values: Float64Array
  readonly #groups: Int32Array
  #count = 0

  constructor(size: number, perGroup: number) {
    this.#size = size
    this.#perGroup = perGroup
    this.#values = new Float64Array(size + 1)
    this.#groups = new Int32Array(size + 1)
  }

  /** Takes a number in where it belongs; who is quicker asks `lowest` first. */
  add(value: number, group: number): void {
    if (this.#perGroup < this.#size && !this.#makeRoomIn(group, value)) return
    let at = this.#count
    for (; at > 0 && this.#values[at - 1]! < value; at--) {
      this.#values[at] = this.#values[at - 1]!
      this.#groups[at] = this.#groups[at - 1]!
    }
    this.#values[at] = value
    this.#groups[at] = group
    if (this.#count < this.#size) this.#count++
    if (this.#count === this.#size) this.lowest = this.#values[this.#size - 1]!
  }

  /** Where a group is full, its lowest goes, or the number does not come in. */
  #makeRoomIn(group: number, value: number): boolean {
    let held = 0
    let last = -1
    for (let i = 0; i < this.#count; i++) {
      if (this.#groups[i] !== group) continue
      held++
      last = i
    }
    if (held < this.#perGroup) return true
    if (this.#values[last]! >= value) return false
    this.#count--
    this.#values.copyWithin(last, last + 1, this.#count + 1)
    this.#groups.copyWithin(last, last + 1, this.#count + 1)
    return true
  }
}
