/** Full, they are joined in pairs; so there are always between half as many and as many, once there are enough rows. */
const MOST_BLOCKS = 4096

/** Sums of rows that follow each other. */
export interface BlockSums {
  readonly blocks: number
  /** By column, by block. */
  readonly columns: readonly Float64Array[]
}

export interface BlockSummer {
  /** Adds a row: one number a column. */
  add(row: ArrayLike<number>): void
  /** The sums so far. */
  finish(): BlockSums
}

/**
 * Sums the columns of a stream over blocks of consecutive rows, in constant memory: at most 4,096 blocks whatever the number of
 * rows, each of one row while they are fewer. All blocks but the last hold equally many rows. A mean's spread and skewness can
 * be told from blocks as from rows, and rows that depend on their neighbours stay together. Sums over blocks also round far less
 * than one running sum.
 */
export function createBlockSummer(columns: number): BlockSummer {
  const sums = Array.from({ length: columns }, () => new Float64Array(MOST_BLOCKS))
  let rowsPerBlock = 1
  /** Of the last block, which is being filled. */
  let rows = 0
  let block = 0

  function joinPairs(): void {
    for (const column of sums) {
      for (let i = 0; i < MOST_BLOCKS / 2; i++) column[i] = column[2 * i]! + column[2 * i + 1]!
      column.fill(0, MOST_BLOCKS / 2)
    }
    rowsPerBlock *= 2
    block = MOST_BLOCKS / 2
  }

  return {
    add(row) {
      if (rows === rowsPerBlock) {
        rows = 0
        block++
        if (block === MOST_BLOCKS) joinPairs()
      }
      rows++
      for (let column = 0; column < columns; column++) sums[column]![block]! += row[column]!
    },
    finish() {
      const blocks = rows === 0 ? 0 : block + 1
      return { blocks, columns: sums.map(column => column.slice(0, blocks)) }
    }
  }
}
