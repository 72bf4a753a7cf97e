import { test } from 'tap'
import { fromCloudEvent, isCloudEvent } from '../../../src/decisioning/events/cloud-events.js'

const envelope = { specversion: '1.0', id: 'e-1', source: 'shop', time: '2026-01-15T12:00:00Z' }
const own = { id: 'e-1', source: 'shop', time: '2026-01-15T12:00:00Z' }

test('an envelope is told from a plain event by its specversion', async t => {
  t.ok(isCloudEvent({ ...envelope, type: 'click' }))
  for (const other of [null, 'a', [], { type: 'click' }, { specversion: '0.3' }])
    t.notOk(isCloudEvent(other))
})

test('an interaction holds the members of the event in data', async t => {
  for (const type of ['click', 'offerd.click', 'com.example.offerd.click']) {
    t.same(
      fromCloudEvent({
        ...envelope,
        type,
        datacontenttype: 'application/json',
        data: { token: 'abc' }
      }),
      {
        ...own,
        type: 'click',
        token: 'abc'
      }
    )
  }
})

test('the envelope wins over data', async t => {
  t.match(
    fromCloudEvent({
      ...envelope,
      type: 'click',
      data: { id: 'other', type: 'accept', source: 'x' }
    }),
    {
      ...own,
      type: 'click'
    }
  )
})

test('a subject is the customer', async t => {
  const about = (subject: string): unknown =>
    fromCloudEvent({ ...envelope, type: 'click', subject, data: { offerId: 'gold-card' } })
  t.match(about('cookie/ck/9'), {
    customer: { namespace: 'cookie', id: 'ck/9' },
    offerId: 'gold-card'
  })
  t.match(about('c-1001'), { customer: { id: 'c-1001' } })
  t.strictSame(
    fromCloudEvent({ ...envelope, type: 'click', subject: 'crm/c', data: { token: 'abc' } }),
    {
      ...own,
      type: 'click',
      token: 'abc'
    }
  )
})

test('behaviour with a subject keeps its data, without one it holds the members in data', async t => {
  const data = { page: '/cards' }
  t.same(fromCloudEvent({ ...envelope, type: 'page_view', subject: 'cookie/ck-9', data }), {
    ...own,
    type: 'page_view',
    customer: { namespace: 'cookie', id: 'ck-9' },
    data
  })
  t.same(fromCloudEvent({ ...envelope, type: 'page_view', data: { token: 'abc', data } }), {
    ...own,
    type: 'page_view',
    token: 'abc',
    data
  })
})

test('an envelope without data or with odd data passes on what it has, for the check of all events', async t => {
  t.same(fromCloudEvent({ ...envelope, type: 'click' }), { ...own, type: 'click' })
  t.same(fromCloudEvent({ ...envelope, type: 7, data: 'text' }), { ...own, type: 7, data: 'text' })
})
