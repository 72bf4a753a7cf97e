/** A seeded source of chance: the same seed and stream give the same numbers on every machine and in every release. */
export interface Random {
  /** In [0, 1), a multiple of 2⁻³². */
  uniform(): number
  /** A whole number in [0, below); `below` up to 2³². */
  integer(below: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  /** Mean 0, variance 1, within ±4.9: the sum of twelve uniforms, since it needs no function that platforms may round differently. */
  normal(): number
}

/**
 * The generator sfc32 of PractRand (Chris Doty-Humphrey; 128 bits of state, period at least 2³²), its state filled
 * by splitmix32 from seed and stream. `stream` gives independent sequences under one seed, such as one a customer.
 * Both are taken modulo 2³².
 */
export function createRandom(seed: number, stream = 0): Random {
  return new Sfc32(seed, stream)
}

class Sfc32 implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number, stream: number) {
    this.#a = splitmix32(seed, 1)
    this.#b = splitmix32(seed, 2) ^ splitmix32(stream ^ 0x5bd1e995, 1)
    this.#c = splitmix32(seed, 3) ^ stream
    // The author's advice: let twelve rounds go by, so that similar states drift apart.
    for (let i = 0; i < 12; i++) this.uniform()
  }

  uniform(): number {
    const result = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0
    return (result >>> 0) / 2 ** 32
  }

  integer(below: number): number {
    return Math.floor(this.uniform() * below)
  }

  chance(probability: number): boolean {
    return this.uniform() < probability
  }

  normal(): number {
    let sum = -6
    for (let i = 0; i < 12; i++) sum += this.uniform()
    return sum
  }
}

/** The n-th number, from 1, that a seed gives. */
function splitmix32(seed: number, n: number): number {
  const state = (seed + Math.imul(n, 0x9e3779b9)) | 0
  let mixed = state ^ (state >>> 16)
  mixed = Math.imul(mixed, 0x21f0aaad)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x735a2d97)
  return (mixed ^ (mixed >>> 15)) | 0
}
