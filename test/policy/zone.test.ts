import fc from 'fast-check'
import { test } from 'tap'
import { createZone } from '../../src/policy/zone.js'

function instant(zone: string, text: string): string | undefined {
  const timeMs = createZone(zone)?.parse(text)
  return timeMs === undefined ? undefined : new Date(timeMs).toISOString()
}

test('a day begins at its midnight in the zone, summer and winter', async t => {
  t.equal(instant('Europe/Berlin', '2026-01-01'), '2025-12-31T23:00:00.000Z')
  t.equal(instant('Europe/Berlin', '2026-07-01'), '2026-06-30T22:00:00.000Z')
  t.equal(
    instant('Europe/Berlin', '2026-03-29'),
    '2026-03-28T23:00:00.000Z',
    'the day clocks go forward'
  )
  t.equal(instant('Europe/Berlin', '2026-03-30'), '2026-03-29T22:00:00.000Z', 'the day after')
  t.equal(
    instant('Europe/Berlin', '2026-10-25'),
    '2026-10-24T22:00:00.000Z',
    'the day clocks go back'
  )
  t.equal(instant('Pacific/Kiritimati', '2026-01-01'), '2025-12-31T10:00:00.000Z')
  t.equal(instant('Pacific/Pago_Pago', '2026-01-01'), '2026-01-01T11:00:00.000Z')
  t.equal(instant('Asia/Kathmandu', '2026-01-01'), '2025-12-31T18:15:00.000Z')
})

test('a day whose midnight is jumped over begins when clocks have jumped', async t => {
  t.equal(instant('America/Sao_Paulo', '2018-11-04'), '2018-11-04T03:00:00.000Z')
  t.equal(instant('Africa/Cairo', '2024-04-26'), '2024-04-25T22:00:00.000Z')
})

test('a day whose midnight comes twice begins with the first', async t => {
  t.equal(instant('America/Havana', '2024-11-03'), '2024-11-03T04:00:00.000Z')
})

test('an instant is the same in every zone', async t => {
  for (const zone of ['UTC', 'Asia/Tokyo']) {
    t.equal(instant(zone, '2026-01-01T09:00:00Z'), '2026-01-01T09:00:00.000Z')
    t.equal(instant(zone, '2026-01-01t09:00:00.25+05:30'), '2026-01-01T03:30:00.250Z')
    t.equal(instant(zone, '2026-01-01T00:00:00-01:00'), '2026-01-01T01:00:00.000Z')
  }
})

test('what is neither a day nor an instant is undefined', async t => {
  for (const text of [
    '',
    '2026',
    '2026-1-1',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-01-01T09:00',
    '2026-01-01T09:00:00',
    '2026-01-01 09:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T10:60:00Z',
    '2026-01-01T10:00:00+24:00',
    '0001-01-01',
    'tomorrow'
  ]) {
    t.equal(instant('UTC', text), undefined, text)
  }
})

test('a zone that nobody knows is undefined', async t => {
  t.equal(createZone('Europe/Atlantis'), undefined)
  t.equal(createZone(''), undefined)
})

test("a day begins exactly where the zone's calendar turns", async t => {
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'America/Sao_Paulo',
    'Asia/Kolkata',
    'Pacific/Apia',
    'UTC'
  ]
  const days = fc.integer({
    min: Date.UTC(1980, 0, 1) / 86_400_000,
    max: Date.UTC(2037, 0, 1) / 86_400_000
  })
  fc.assert(
    fc.property(fc.constantFrom(...zones), days, (name, number) => {
      const day = new Date(number * 86_400_000).toISOString().slice(0, 10)
      // Samoa had no 30 December 2011.
      if (name === 'Pacific/Apia' && day === '2011-12-30') return true
      const startMs = createZone(name)!.parse(day)!
      const local = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short' })
      return local.format(startMs) === day && local.format(startMs - 1) < day
    }),
    { numRuns: 500 }
  )
  t.pass('held')
})
