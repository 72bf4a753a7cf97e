/**
 * A program of its own, started by try-out.ts: checks the model that comes in on standard input, opens it, runs it and answers
 * what that took.
 * It may die of what the model does; that is what it is for.
 */
import { buffer } from 'node:stream/consumers'
import { ModelRefused } from '../../decisioning/ports.js'
import { prepare } from './prepare.js'
import { reasonOf } from './probe.js'
import { MOST_ROWS, rowsOfZeros, type ShapedInput } from './runs.js'
import { openSession, type Session } from './session.js'
import type { TryOutAnswer, TryOutQuestion } from './try-out.js'

const RUNS_OF_ONE_ROW = 3

async function tryOut({ output }: TryOutQuestion, file: Uint8Array): Promise<TryOutAnswer> {
  const before = process.memoryUsage.rss()
  const { bytes, inputs, rowByRow } = prepare(file, output)
  const openedAt = process.cpuUsage()
  const session = await openSession(bytes)
  const openMs = msSince(openedAt)
  const runsMs: number[] = []
  let error: string | undefined
  try {
    for (const rows of rowByRow ? [1] : [1, MOST_ROWS])
      runsMs.push(await fastestMs(session, inputs, rows))
  } catch (failure) {
    error = reasonOf(failure)
  }
  return { openMs, runsMs, error, grownBytes: process.memoryUsage.rss() - before }
}

/** Processor time of a run: unlike time by the clock it does not grow on a busy machine. */
async function fastestMs(
  session: Session,
  inputs: readonly ShapedInput[],
  rows: number
): Promise<number> {
  const feeds = rowsOfZeros(inputs, rows)
  let best = Infinity
  for (let i = 0; i < (rows === 1 ? RUNS_OF_ONE_ROW : 1); i++) {
    const before = process.cpuUsage()
    await session.run(feeds)
    best = Math.min(best, msSince(before))
  }
  return best
}

function msSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

process.stdout.write('\n')
const received = await buffer(process.stdin)
const end = received.indexOf('\n')
const question = JSON.parse(received.subarray(0, end).toString()) as TryOutQuestion
// Whatever file a model might name, there is none here.
process.chdir(question.folder)
const answer = await tryOut(question, received.subarray(end + 1)).catch((error: unknown) => {
  if (error instanceof ModelRefused) return { refused: error.message }
  throw error
})
process.stdout.write(JSON.stringify(answer), () => process.exit(0))
