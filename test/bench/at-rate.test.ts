import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type Test } from 'tap'
import { runAtRate } from '../../bench/at-rate.js'
import { numbersFrom } from '../../bench/world.js'

const RATE = { connections: 4, seconds: 0.8, ratePerSecond: 300, bodies: ['{}'] }
const STALL_MS = 400

test('a stall counts for every request that was due meanwhile, not only for those in flight', async t => {
  const url = await serve(t, { stallAfter: 50 })
  const { latenciesMs, failed } = await runAtRate({ ...RATE, url, random: numbersFrom(1) })
  const late = latenciesMs.filter(ms => ms > STALL_MS / 4).length
  t.equal(failed, 0)
  t.ok(latenciesMs.at(-1)! >= STALL_MS * 0.9, `the longest is ${latenciesMs.at(-1)}`)
  t.ok(late > 10 * RATE.connections, `${late} of ${latenciesMs.length} are late`)
})

test('requests come at the rate that was asked for', async t => {
  const url = await serve(t, {})
  const { latenciesMs } = await runAtRate({ ...RATE, url, random: numbersFrom(2) })
  const expected = RATE.ratePerSecond * RATE.seconds
  t.ok(Math.abs(latenciesMs.length - expected) < 5 * Math.sqrt(expected), `${latenciesMs.length}`)
})

test('what is not answered with 200 has failed', async t => {
  const url = await serve(t, { status: 503 })
  const { latenciesMs, failed } = await runAtRate({ ...RATE, url, random: numbersFrom(3) })
  t.equal(failed, latenciesMs.length)
})

/** Answers all requests at once, but for one stall of all of them after so many. */
async function serve(
  t: Test,
  { stallAfter = Infinity, status = 200 }: { stallAfter?: number; status?: number }
): Promise<string> {
  let requests = 0
  let held: ServerResponse[] | undefined
  const answer = (response: ServerResponse): void =>
    void response.writeHead(status, { 'content-length': 2 }).end('{}')
  const server = createServer((request, response) => {
    request.resume()
    if (++requests === stallAfter) {
      held = []
      setTimeout(() => {
        held?.forEach(answer)
        held = undefined
      }, STALL_MS)
    }
    if (held === undefined) answer(response)
    else held.push(response)
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
