import type { Fusable, FusedLayout, OpenFusion, OpenModel } from '../../decisioning/ports.js'
import { admit, type Admitted } from './admit.js'
import { measureCost, rowsARun } from './cost.js'
import { FUSED_OUTPUT, fuseGraphs, type FusedMember } from './fuse.js'
import { probe } from './probe.js'
import { refusal } from './refusal.js'
import { createRuns } from './runs.js'
import { openSession } from './session.js'
import type { TryOut } from './try-out.js'

/** What fusing needs to know of a model that stands open. */
export interface Opened {
  readonly open: OpenModel
  readonly member: Omit<FusedMember, 'places'>
  /** Cells of its output a row, and which of them is the positive class. */
  readonly outputWidth: number
  readonly column: number
  /** Its raw output for a row of zeros and empty strings. */
  readonly zeros: number
}

/** How far the raw output of a model may lie from what it gives alone, in the parts of one that floats keep. */
const TOLERANCE = 1e-6

/** @param takesZeros whether it runs with rows of zeros and empty strings */
export function fusableOf(graph: Admitted, rowByRow: boolean, takesZeros: boolean): Fusable {
  if (rowByRow) return { reason: 'its file fixes its batch at one row' }
  // Where a decision asks fewer rows of a model than of another, such rows stand in.
  if (!takesZeros) return { reason: 'it does not take rows of zeros and empty strings' }
  const used = new Set(graph.nodes.map(({ domain }) => domain))
  const versions = graph.opsets.filter(({ domain }) => used.has(domain))
  return {
    versions: Object.fromEntries(versions.map(({ domain, version }) => [domain, version]))
  }
}

/** Opens models once more, side by side in one graph that is checked, tried out and compared with them. */
export async function openFused(
  { inputs, members: wanted }: FusedLayout,
  openedAs: (open: OpenModel) => Opened | undefined,
  tryOut: TryOut
): Promise<OpenFusion> {
  const members = wanted.map(({ open, places }) => {
    const opened = openedAs(open)
    if (opened === undefined || 'reason' in open.fusable)
      throw refusal('Only models that this runtime has opened, and that say so, can be fused.')
    return { ...opened, places, versions: open.fusable.versions }
  })
  const versions = Object.fromEntries(members.flatMap(member => Object.entries(member.versions)))
  const parts = members.map(({ member, places }) => ({ ...member, places }))
  const bytes = fuseGraphs(inputs, parts, versions)
  admit(bytes)
  const shaped = inputs.map(input => ({ ...input, flat: false }))
  await tryOut(bytes, { name: FUSED_OUTPUT })
  const session = await openSession(bytes)
  try {
    const { width, cells } = await probe(session, shaped, 2)
    const columns = columnsOf(members)
    const differing = members.findIndex(({ zeros }, i) => !isAlike(cells[columns[i]!], zeros))
    if (differing >= 0)
      throw refusal(
        `Fused, model ${differing + 1} of ${members.length} gives ${cells[columns[differing]!]} where it gives ${members[differing]!.zeros} alone.`
      )
    const cost = await measureCost(session, shaped, false)
    const shape = { inputs: shaped, output: FUSED_OUTPUT, outputWidth: width, columns }
    const runs = createRuns(session, { ...shape, mostRows: rowsARun(cost) })
    return {
      inputs,
      cost,
      score: runs.score,
      async release() {
        if (await runs.close()) await session.release()
      }
    }
  } catch (error) {
    await session.release()
    throw error
  }
}

/** Where the positive class of each member stands in the output of all. */
function columnsOf(members: readonly Opened[]): number[] {
  let before = 0
  return members.map(({ outputWidth, column }) => {
    const at = before + column
    before += outputWidth
    return at
  })
}

function isAlike(fused: number | undefined, alone: number): boolean {
  return (
    fused !== undefined &&
    (Object.is(fused, alone) || Math.abs(fused - alone) <= TOLERANCE * Math.max(1, Math.abs(alone)))
  )
}
