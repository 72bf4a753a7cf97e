import { argsOf, type Node } from './tree.js'

/** Segments in an order in which each comes after those that it reads, and every circle among them. */
export interface SortedSegments {
  readonly order: readonly number[]
  /** Each from its earliest declared segment on. */
  readonly cycles: ReadonlyArray<readonly number[]>
}

/** Sorts segments by what their conditions read. Those that could not be checked have no condition and read nothing. */
export function sortSegments(segments: ReadonlyArray<Node | undefined>): SortedSegments {
  const reads = segments.map(node => (node === undefined ? [] : segmentsIn(node)))
  const waiting = reads.map(list => list.length)
  const readers: number[][] = segments.map(() => [])
  reads.forEach((list, reader) => {
    for (const read of list) readers[read]!.push(reader)
  })
  const order = segments.flatMap((_, index) => (waiting[index] === 0 ? [index] : []))
  for (let i = 0; i < order.length; i++) {
    for (const reader of readers[order[i]!]!) {
      waiting[reader]!--
      if (waiting[reader] === 0) order.push(reader)
    }
  }
  return { order, cycles: findCycles(reads, new Set(order)) }
}

/** Follows what is left from segment to segment until it comes round. */
function findCycles(
  reads: ReadonlyArray<readonly number[]>,
  sorted: ReadonlySet<number>
): number[][] {
  const cycles: number[][] = []
  const walked = new Set<number>()
  for (let start = 0; start < reads.length; start++) {
    const path: number[] = []
    let next: number | undefined = start
    while (next !== undefined && !sorted.has(next) && !walked.has(next)) {
      walked.add(next)
      path.push(next)
      next = reads[next]!.find(read => !sorted.has(read))
    }
    const from: number = next === undefined ? -1 : path.indexOf(next)
    if (from < 0) continue
    const cycle = path.slice(from)
    const first = cycle.indexOf(Math.min(...cycle))
    cycles.push([...cycle.slice(first), ...cycle.slice(0, first)])
  }
  return cycles
}

function segmentsIn(node: Node): number[] {
  const found = new Set<number>()
  const seen = new Set<Node>()
  const open = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    if (next.op === 'segment') found.add(next.slot)
    open.push(...argsOf(next))
  }
  return [...found]
}
