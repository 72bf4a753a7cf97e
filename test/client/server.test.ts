import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { createServerClient } from '../../src/client/server.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService } from '../helpers/service.js'

const FILES = { 'rules/all.yaml': rulesWith({ offers: offerYaml('gold') }), 'models/.keep': '' }
const ASKED = { customer: { id: 'c-1' }, channel: 'web', placements: [{ id: 'home_hero' }] }

test('a server decides, tells, and reads and writes customers', async t => {
  const { url } = await startService(t, { files: FILES, env: { PATH: '' } })
  const offerd = createServerClient({ url: `${url}/`, timeoutMs: 10_000 })
  const customer = offerd.customer('crm', 'c-1')
  await customer.put({ attributes: { age: 41, balance: 5 } })
  await customer.patch({ attributes: { balance: null } })
  t.match(await customer.read(), { customer: { id: 'c-1' }, attributes: { age: 41 } })

  const first = await offerd.decide(ASKED, { idempotencyKey: 'page-1' })
  const again = await offerd.decide(ASKED, { idempotencyKey: 'page-1' })
  t.equal(first.trouble, undefined)
  t.ok(first.decisionId)
  t.equal(again.decisionId, first.decisionId)
  const [offer] = first.placements[0]!.offers
  t.equal(offer!.offerId, 'gold')

  t.same(await offerd.tell({ type: 'click', token: offer!.token }), {
    accepted: 1,
    duplicates: 0,
    rejected: []
  })
  await offerd.tell([{ type: 'complaint', customer: { id: 'c-1' } }])
  t.same(
    (await customer.history(2)).history.map(({ type }) => type),
    ['complaint', 'click']
  )
  await customer.erase()
  await t.rejects(customer.read(), {
    name: 'ServiceProblem',
    status: 404,
    code: 'OFFERD_NOT_FOUND'
  })
  t.match((await offerd.decide({ ...ASKED, channel: 'moon' })).trouble, /strategy does not have/)
})

test('what is told while the service is away is told again, with the same id', async t => {
  const told: string[] = []
  const server = createServer((request, response) => {
    void (async () => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      told.push(body)
      response.writeHead(told.length === 1 ? 503 : 202, { 'content-type': 'application/json' })
      response.end(
        '{"accepted":1,"duplicates":0,"rejected":[],"status":503,"code":"OFFERD_UNAVAILABLE","detail":"away"}'
      )
    })()
  })
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const offerd = createServerClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  const receipt = await offerd.tell({ type: 'complaint', customer: { id: 'c-1' } })
  t.equal(receipt.accepted, 1)
  t.equal(told.length, 2)
  t.equal(told[0], told[1])
  t.match(JSON.parse(told[0]!), [{ id: /^[0-9a-f-]{36}$/, type: 'complaint' }])
})

test('with nobody there a decision is the fallback and facts are refused with the reason', async t => {
  const offerd = createServerClient({ url: 'http://127.0.0.1:1' })
  const answer = await offerd.decide(ASKED, { fallback: { home_hero: [{ headline: 'Ours' }] } })
  t.equal(answer.decisionId, undefined)
  t.match(answer.trouble, /fetch failed/)
  t.match(answer.placements, [
    { id: 'home_hero', fallback: true, offers: [{ content: { headline: 'Ours' } }] }
  ])
  await t.rejects(offerd.tell({ type: 'complaint', customer: { id: 'c-1' } }), {
    status: 0,
    message: /cannot be reached/
  })
})
