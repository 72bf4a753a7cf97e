import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import type { z } from 'zod'
import type {
  Customer,
  CustomerBody,
  CustomerHistory,
  CustomerPatch,
  Decision,
  DecisionRequest,
  EventsReceipt,
  Problem,
  ToldEvent
} from '../../src/client/wire.js'
import type { ANSWERS } from '../../src/http/answers.js'
import type { BODIES } from '../../src/http/bodies.js'
import { EXAMPLES } from '../../src/http/examples.js'
import { program } from '../helpers/program.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService } from '../helpers/service.js'

const LARGEST_BYTES = 4096
const FILES = { 'rules/all.yaml': rulesWith({ offers: offerYaml('gold') }), 'models/.keep': '' }

/** Compiles only where the first type is also the second. */
type Is<One extends Other, Other> = One

/** What the service answers is what the client says that it answers, and what the client sends is what the service takes. */
interface Contract {
  readonly decision: Is<z.infer<(typeof ANSWERS)['Decision']>, Decision>
  readonly receipt: Is<z.infer<(typeof ANSWERS)['EventsReceipt']>, EventsReceipt>
  readonly request: Is<DecisionRequest, z.infer<(typeof BODIES)['DecisionRequest']>>
  readonly customer: Is<z.infer<(typeof ANSWERS)['Customer']>, Customer>
  readonly history: Is<z.infer<(typeof ANSWERS)['CustomerHistory']>, CustomerHistory>
  readonly problem: Is<z.infer<(typeof ANSWERS)['Problem']>, Problem>
  readonly body: Is<CustomerBody, z.infer<(typeof BODIES)['CustomerBody']>>
  readonly patch: Is<CustomerPatch, z.infer<(typeof BODIES)['CustomerPatch']>>
  readonly event: Is<ToldEvent, z.infer<(typeof BODIES)['Event']>>
}

test('the client’s types fit the examples of the documentation', async t => {
  const decision = EXAMPLES['Decision'] as Contract['decision']
  const request = EXAMPLES['DecisionRequest'] as Contract['request']
  const event = EXAMPLES['Event'] as Contract['event']
  const receipt = EXAMPLES['EventsReceipt'] as Contract['receipt']
  t.equal(decision.placements[0]!.offers[0]!.offerId, 'gold-card')
  t.equal(request.placements[0]!.id, decision.placements[0]!.id)
  t.equal(event.type, 'click')
  t.equal(receipt.rejected.length + receipt.accepted > 0, true)
})

test('the browser client is small', async t => {
  const folder = join(dirname(program()), 'client')
  for (const name of ['sdk.js', 'sdk.umd.js']) {
    const bytes = gzipSync(readFileSync(join(folder, name)), { level: 9 }).length
    t.ok(bytes <= LARGEST_BYTES, `${name} has ${bytes} bytes, compressed; ${LARGEST_BYTES} at most`)
    t.notMatch(
      readFileSync(join(folder, name), 'utf8'),
      /eval\(|innerHTML|new Function|insertAdjacent/
    )
  }
})

test('pages of any site load the client, and ask again only whether it changed', async t => {
  const service = await startService(t, { files: FILES, env: { PATH: '' } })
  for (const path of ['/sdk.js', '/sdk.umd.js']) {
    const first = await fetch(service.url + path, { headers: { 'accept-encoding': 'gzip' } })
    t.equal(first.status, 200)
    t.match(Object.fromEntries(first.headers), {
      'content-type': /^(text|application)\/javascript/,
      'content-encoding': 'gzip',
      'access-control-allow-origin': '*',
      'cache-control': /public, max-age=\d+, stale-while-revalidate=\d+/,
      'x-content-type-options': 'nosniff',
      vary: /accept-encoding/i,
      etag: /"/
    })
    t.match(await first.text(), 'data-offerd-placement')
    const again = await fetch(service.url + path, {
      headers: {
        'accept-encoding': 'gzip',
        // Else fetch says no-cache, which asks for the whole.
        'cache-control': 'max-age=0',
        'if-none-match': first.headers.get('etag') ?? ''
      }
    })
    t.equal(again.status, 304)
  }
})
