/**
 * A program of its own, started by try-out.ts: opens the model that comes in on standard input, runs it
 * and answers how long that took.
 * It may die of what the model does; that is what it is for.
 */
import { InferenceSession } from 'onnxruntime-node'
import { buffer } from 'node:stream/consumers'
import { rowsOfZeros } from './runs.js'
import { SESSION_OPTIONS } from './session.js'
import type { TryOutAnswer, TryOutQuestion } from './try-out.js'

const RUNS_OF_ONE_ROW = 3

async function tryOut(question: TryOutQuestion, bytes: Uint8Array): Promise<TryOutAnswer> {
  const tookMs: number[] = []
  try {
    const session = await InferenceSession.create(bytes, SESSION_OPTIONS)
    for (const rows of question.rows) tookMs.push(await fastest(session, question, rows))
    return { tookMs, error: undefined }
  } catch (error) {
    return { tookMs, error: error instanceof Error ? error.message : String(error) }
  }
}

async function fastest(
  session: InferenceSession,
  { inputs }: TryOutQuestion,
  rows: number
): Promise<number> {
  const feeds = rowsOfZeros(inputs, rows)
  let best = Infinity
  for (let i = 0; i < (rows === 1 ? RUNS_OF_ONE_ROW : 1); i++) {
    const before = process.cpuUsage()
    await session.run(feeds)
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / 1_000)
  }
  return best
}

process.stdout.write('\n')
const received = await buffer(process.stdin)
const end = received.indexOf('\n')
const question = JSON.parse(received.subarray(0, end).toString()) as TryOutQuestion
// Whatever file a model might name, there is none here.
process.chdir(question.folder)
const answer = await tryOut(question, received.subarray(end + 1))
process.stdout.write(JSON.stringify(answer), () => process.exit(0))
