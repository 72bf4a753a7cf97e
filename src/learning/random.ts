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
  const next = sfc32(seed >>> 0, stream >>> 0)
  const uniform = (): number => next() / 2 ** 32
  return {
    uniform,
    integer: below => Math.floor(uniform() * below),
    chance: probability => uniform() < probability,
    normal() {
      let sum = -6
      for (let i = 0; i < 12; i++) sum += uniform()
      return sum
    }
  }
}

function sfc32(seed: number, stream: number): () => number {
  const fill = splitmix32(seed)
  let a = fill()
  let b = fill() ^ splitmix32(stream ^ 0x5bd1e995)()
  let c = fill() ^ stream
  let counter = 1
  function next(): number {
    const result = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + result) | 0
    return result >>> 0
  }
  // The author's advice: let twelve rounds go by, so that similar states drift apart.
  for (let i = 0; i < 12; i++) next()
  return next
}

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}
