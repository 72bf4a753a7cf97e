import { test } from 'tap'
import { createMeters } from '../../../src/adapters/metrics/meters.js'
import { strategy } from '../../helpers/build.js'

const { lexicon } = strategy()
const meters = () => createMeters({ lexicon: () => lexicon })

test('every figure has its name, and the figures of the process keep theirs', async t => {
  const counted = meters()
  counted.decided('web', ['profile', 'model:cards'], true)
  counted.stageTook('profile', 0.0004)
  counted.told('click', 'stored')
  counted.unknownCategory('cards', 'job')
  counted.truncated('cards', 'age')
  counted.modelFailed('cards')
  counted.reloaded('swapped', 7)
  counted.route('/v1/decisions', 'POST')(200, 0.002)
  const text = await counted.text()
  for (const line of [
    'offerd_decisions_total{channel="web"} 1',
    'offerd_decisions_fallback_total{channel="web"} 1',
    'offerd_degraded_total{reason="profile"} 1',
    'offerd_degraded_total{reason="model:cards"} 1',
    'offerd_decision_stage_duration_seconds_bucket{le="0.0005",stage="profile"} 1',
    'offerd_events_total{type="click",outcome="stored"} 1',
    'offerd_unknown_categories_total{model="cards",input="job"} 1',
    'offerd_truncated_values_total{model="cards",input="age"} 1',
    'offerd_model_failures_total{model="cards"} 1',
    'offerd_strategy_loads_total{outcome="swapped"} 1',
    'offerd_strategy_version 7',
    'offerd_http_request_duration_seconds_bucket{le="0.0025",route="/v1/decisions",method="POST",status="200"} 1'
  ]) {
    t.ok(text.split('\n').includes(line), line)
  }
  t.match(text, /^process_cpu_seconds_total /m)
  t.match(text, /^nodejs_eventloop_lag_seconds /m)
  t.match(counted.contentType, /^text\/plain/)
})

test('names that the strategy does not have make no series of their own', async t => {
  const counted = meters()
  for (let i = 0; i < 100; i++) {
    counted.decided(`channel-${i}`, [], false)
    counted.told(`type-${i}`, 'rejected')
  }
  const text = await counted.text()
  t.match(text, 'offerd_decisions_total{channel="other"} 100')
  t.match(text, 'offerd_events_total{type="other",outcome="rejected"} 100')
  t.notMatch(text, /channel-1|type-1/)
})

test('the live figures are the counters of the metrics, as numbers', async t => {
  const counted = meters()
  counted.decided('web', ['profile'], true)
  counted.decided('web', [], false)
  counted.decided('call', [], false)
  counted.told('click', 'stored')
  counted.told('click', 'repeated')
  counted.limitMet('one', 'held')
  counted.limitMet('two', 'held')
  counted.modelFailed('cards')
  for (const seconds of [0.00002, 0.0003, 0.0004, 60]) counted.stageTook('model', seconds)
  const { decisions, events, limits, modelFailures, stages } = await counted.live()
  t.strictSame(decisions, {
    byChannel: { web: 2, other: 1 },
    fellBack: { web: 1 },
    degraded: { profile: 1 }
  })
  t.strictSame(events, { click: { stored: 1, duplicate: 1 } })
  t.strictSame(limits, { held: 2 })
  t.strictSame(modelFailures, { cards: 1 })
  t.strictSame(stages.boundsMs.slice(0, 4), [0.05, 0.1, 0.25, 0.5])
  t.equal(stages.counts['model']?.length, stages.boundsMs.length + 1)
  t.strictSame(
    [0, 3, stages.boundsMs.length].map(at => stages.counts['model']?.[at]),
    [1, 2, 1]
  )
  t.ok(stages.counts['total']?.every(each => each === 0))
})

test('two sets of meters count apart', async t => {
  const [one, two] = [meters(), meters()]
  one.modelFailed('cards')
  t.notMatch(await two.text(), /offerd_model_failures_total\{/)
})

test('a histogram counts up to each bound, and all of it at the end', async t => {
  const counted = meters()
  const answered = counted.route('/livez', 'GET')
  for (const seconds of [0, 0.0005, 0.0006, 3, 100]) answered(200, seconds)
  answered(503, 1)
  const lines = (await counted.text()).split('\n')
  const bucket = (le: string, status: number) =>
    `offerd_http_request_duration_seconds_bucket{le="${le}",route="/livez",method="GET",status="${status}"}`
  const ends = '{route="/livez",method="GET",status="200"}'
  t.ok(lines.includes(`${bucket('0.0005', 200)} 2`))
  t.ok(lines.includes(`${bucket('0.001', 200)} 3`))
  t.ok(lines.includes(`${bucket('5', 200)} 4`))
  t.ok(lines.includes(`${bucket('+Inf', 200)} 5`))
  t.ok(lines.includes(`offerd_http_request_duration_seconds_sum${ends} 103.0011`))
  t.ok(lines.includes(`offerd_http_request_duration_seconds_count${ends} 5`))
  t.ok(lines.includes(`${bucket('0.5', 503)} 0`))
  t.ok(lines.includes(`${bucket('1', 503)} 1`))
  t.equal(
    lines.filter(line => line === '# TYPE offerd_http_request_duration_seconds histogram').length,
    1
  )
})
