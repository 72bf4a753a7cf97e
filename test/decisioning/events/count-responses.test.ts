import { test } from 'tap'
import { countResponses } from '../../../src/decisioning/events/count-responses.js'
import { NOW_MS } from '../../helpers/engine.js'
import { strategy } from '../../helpers/build.js'

test('impressions and successes of offers are counted, each event once', t => {
  const counted: string[] = []
  const meters = {
    responded: (kind: string, offer: string, channel: string | undefined) =>
      void counted.push(`${kind} of ${offer} in ${channel}`)
  }
  const event = (type: string, offerId?: string, channel?: string) => ({
    id: type,
    source: 'test',
    customer: { namespace: 'crm', id: 'c-1' },
    timeMs: NOW_MS,
    type,
    ...(offerId === undefined ? {} : { offerId }),
    ...(channel === undefined ? {} : { channel })
  })
  const events = [
    event('impression', 'gold-card', 'web'),
    event('click', 'gold-card', 'web'),
    event('accept', 'gold-card'),
    event('accept', 'gold-card', 'web'),
    event('impression', 'of-last-year', 'web'),
    event('page_view')
  ]
  const outcomes = ['stored', 'stored', 'stored', 'duplicate', 'stored', 'stored'] as const
  countResponses(meters, strategy(), events, outcomes)
  t.same(counted, ['impression of gold-card in web', 'positive of gold-card in undefined'])
  t.end()
})
