import type { InjectOptions } from 'fastify'
import { test } from 'tap'
import { ANSWERS } from '../../src/http/answers.js'
import { serveForReal } from './real-parts.js'

const CUSTOMER = '/v1/customers/crm/c-1'
const REQUEST = {
  customer: { id: 'c-1' },
  channel: 'web',
  placements: [{ id: 'home_hero' }],
  options: { explain: 'full' }
}
const PROFILE = {
  attributes: { age: 41 },
  tags: ['finance/credit'],
  consent: { marketing: { granted: true } }
}

test('real answers are what the document says', async t => {
  const app = serveForReal(t)
  const ask = async (
    name: keyof typeof ANSWERS,
    method: NonNullable<InjectOptions['method']>,
    url: string,
    payload?: object | string
  ): Promise<Record<string, unknown>> => {
    const headers = {
      'content-type': typeof payload === 'string' ? 'application/x-ndjson' : 'application/json'
    }
    const sent = payload === undefined ? {} : { payload, headers }
    const body = (await app.inject({ method, url, ...sent })).json<Record<string, unknown>>()
    const parsed = ANSWERS[name].safeParse(body)
    t.ok(parsed.success, `${name}: ${parsed.error?.message ?? 'as described'}`)
    return body
  }
  await ask('Customer', 'PUT', CUSTOMER, PROFILE)
  await ask('Customer', 'PATCH', CUSTOMER, { attributes: { age: 42 } })
  await ask('CustomerConsent', 'PUT', `${CUSTOMER}/consent`, PROFILE.consent)
  await ask('EventsReceipt', 'POST', '/v1/events', [
    { type: 'page_view', customer: { id: 'c-1' } },
    { type: 'no' }
  ])
  const decision = await ask('Decision', 'POST', '/v1/decisions', REQUEST)
  const [placement] = decision['placements'] as Array<{ offers: unknown[] }>
  t.ok(placement?.offers.length, 'an offer is among what was checked')
  await ask('RecordedDecision', 'GET', `/v1/decisions/${String(decision['decisionId'])}`)
  await ask('Explanation', 'GET', `/v1/decisions/${String(decision['decisionId'])}/explanation`)
  await ask('Replay', 'POST', `/v1/decisions/${String(decision['decisionId'])}/replay`)
  await ask('DecisionBatchAnswer', 'POST', '/v1/decisions/batch', { requests: [REQUEST, {}] })
  await ask('Problem', 'POST', '/v1/decisions', {})
  await ask('Customer', 'GET', CUSTOMER)
  await ask('CustomerHistory', 'GET', `${CUSTOMER}/history`)
  await ask('CustomerLimits', 'GET', `${CUSTOMER}/limits`)
  await ask('CustomerExport', 'GET', `${CUSTOMER}/export`)
  await ask('CustomerIdentity', 'POST', '/v1/customers/merge', {
    from: { namespace: 'cookie', id: 'ck-9' },
    into: { id: 'c-1' }
  })
  await ask('ImportReceipt', 'POST', '/v1/customers/import', '{"id":"c-2"}\n{')
  await ask('Strategy', 'GET', '/v1/strategy')
  await ask('StrategyDetails', 'GET', '/v1/strategy/details')
  await ask('Quotas', 'GET', '/v1/quotas')
  await ask('Segments', 'GET', '/v1/segments')
  await ask('FoundDecisions', 'GET', '/v1/decisions')
  await ask('FoundDecisions', 'GET', '/v1/decisions?customer=c-1')
  await ask('Live', 'GET', '/v1/live')
  await ask('Experiments', 'GET', '/v1/experiments')
  const learning = await ask('Learning', 'GET', '/v1/learning')
  const [learnt] = learning['offers'] as Array<{ offerId: string }>
  await ask('OfferProgress', 'GET', `/v1/learning/offers/${learnt!.offerId}`)
  await ask('JournalReport', 'GET', '/v1/learning/report?days=7')
  await ask('WhatIfWords', 'GET', '/v1/what-if')
  await ask('WhatIf', 'POST', '/v1/what-if', { request: REQUEST })
  await ask('ReloadReport', 'POST', '/v1/strategy/reload')
  await ask('LoadReport', 'POST', '/v1/strategy/validate')
  await ask('Alive', 'GET', '/livez')
  await ask('Ready', 'GET', '/readyz')
})
