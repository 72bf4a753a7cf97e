import type { Random } from '../../learning/random.js'
import type { WorldAttributes, WorldConsent, WorldCustomer, WorldEvent } from './customer.js'
import { between, pick } from './draw.js'
import type { Person } from './person.js'

/** Interests that were told to an adviser or read from what was looked at. */
export function drawTags(person: Person, random: Random): string[] {
  const { age, children, homeowner, travels, digitalDays, job } = person
  const chances: ReadonlyArray<readonly [string, number]> = [
    ['life/travel/far', travels ? 0.3 : 0.02],
    ['life/travel/city', travels ? 0.3 : 0.05],
    ['life/travel/snow', travels ? 0.2 : 0.05],
    ['life/family/children/baby', children > 0 && age < 38 ? 0.3 : 0],
    ['life/family/children/school', children > 0 && age >= 32 ? 0.4 : 0],
    ['life/home/buying', !homeowner && age > 25 && age < 55 ? 0.14 : 0.02],
    ['life/home/moving', age < 35 ? 0.1 : 0.03],
    ['life/home/renovating', homeowner ? 0.16 : 0.01],
    ['life/mobility/car', between(0, 0.14, 0.14 - Math.abs(age - 40) / 400)],
    ['life/mobility/car/electric', 0.05],
    ['life/green', between(0.03, 0.2, 0.24 - age / 350)],
    ['life/study', job === 'student' ? 0.6 : 0.02],
    ['finance/investing/fund', digitalDays > 10 ? 0.12 : 0.05]
  ]
  return chances.filter(([, chance]) => random.chance(chance)).map(([tag]) => tag)
}

export function drawConsent(person: Person, random: Random): WorldCustomer['consent'] {
  const open = between(0.3, 0.95, 0.72 + 0.08 * person.openness + (person.digitalDays - 12) / 200)
  const marketing = random.chance(open)
  const personalisation = random.chance(marketing ? open : 0.2)
  return {
    marketing: consent(marketing, person, random),
    personalisation: consent(personalisation, person, random)
  }
}

const FIRST_DAY = Date.UTC(2024, 0, 1)
const DAY_MS = 86_400_000

function consent(granted: boolean, { digitalDays }: Person, random: Random): WorldConsent {
  const time = new Date(
    FIRST_DAY + random.integer(700) * DAY_MS + (8 + random.integer(12)) * 3_600_000
  ).toISOString()
  const source = pick(random, [
    ['branch', 40],
    ['web', 10 + digitalDays],
    ['app', digitalDays]
  ])
  return { granted, time, source }
}

/** The last weeks of a customer. */
export function drawEvents(
  person: Person,
  { overdraft_days: overdraftDays, salary_account: salary, income }: WorldAttributes,
  random: Random
): WorldEvent[] {
  const events: WorldEvent[] = []
  const happened = (type: string, chance: number, withinDays: number, value?: number): void => {
    if (!random.chance(chance)) return
    const hoursAgo = 1 + random.integer(withinDays * 24)
    events.push(value === undefined ? { type, hoursAgo } : { type, hoursAgo, value })
  }
  if (salary && income !== undefined) happened('salary_received', 0.97, 30, income)
  happened('login', person.digitalDays / 30, 7)
  happened('page_view', person.digitalDays / 40, 7)
  happened('search', person.digitalDays / 150, 14)
  happened(
    'calculator',
    0.05 + between(0, 0.04, -person.thrift / 30),
    14,
    500 + 100 * random.integer(90)
  )
  happened('complaint', 0.035, 80)
  happened('closing_inquiry', 0.012, 30)
  happened('card_declined', overdraftDays > 10 ? 0.12 : 0.01, 30, 20 + random.integer(180))
  happened('address_change', person.age < 35 ? 0.05 : 0.02, 60)
  return events.sort((one, other) => one.hoursAgo - other.hoursAgo)
}
