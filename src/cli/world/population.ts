import { createRandom, type Random } from '../../learning/random.js'
import type { HiddenTraits, Job, WorldAttributes, WorldCustomer } from './customer.js'
import { between, pick, round } from './draw.js'
import type { Person } from './person.js'
import { drawConsent, drawEvents, drawTags } from './habits.js'
import { drawProducts } from './products.js'

/** The customer with a number, from 0: always the same for the same seed. */
export function drawCustomer(seed: number, number: number): WorldCustomer {
  const random = createRandom(seed, number)
  const person = drawPerson(random)
  const products = drawProducts(person, random)
  const id = `c-${1001 + number}`
  const attributes = drawAttributes(person, products, id, random)
  const hidden: HiddenTraits = {
    income: person.income,
    openness: round(person.openness, 3),
    thrift: round(person.thrift, 3)
  }
  return {
    namespace: 'crm',
    id,
    attributes,
    tags: drawTags(person, random),
    consent: drawConsent(person, random),
    events: drawEvents(person, attributes, random),
    hidden
  }
}

function drawPerson(random: Random): Person {
  const age = Math.round(between(18, 92, 46 + 17 * random.normal()))
  const education = drawEducation(age, random)
  const job = drawJob(age, education, random)
  const marital = drawMarital(age, random)
  const children = drawChildren(age, marital, random)
  const openness = random.normal()
  const thrift = random.normal()
  const income = drawIncome(age, job, education, random)
  const homeowner = random.chance(
    between(
      0.02,
      0.85,
      (age - 24) / 70 + (income - 2200) / 9000 + (marital === 'married' ? 0.15 : 0)
    )
  )
  const tenureMonths = Math.round(random.uniform() * random.uniform() * (age - 16) * 12)
  const overdraftDays = drawOverdraft(income, thrift, random)
  const months = 2 + (age - 18) / 6
  const saved = income * months * Math.exp(0.9 * thrift + 0.6 * random.normal() - 1)
  const balance =
    overdraftDays > 0 && random.chance(0.7)
      ? -income * 0.6 * random.uniform()
      : Math.min(saved, 900_000)
  const digitalDays = Math.round(between(0, 30, 17 - 0.17 * (age - 30) + 7 * random.normal()))
  const travels = random.chance(between(0.05, 0.6, 0.12 + (income - 1800) / 8000 - children * 0.04))
  return {
    age,
    job,
    education,
    marital,
    children,
    homeowner,
    tenureMonths,
    income,
    balance,
    overdraftDays,
    digitalDays,
    travels,
    openness,
    thrift
  }
}

/** What the bank sees of a person; some of it it never learnt. */
function drawAttributes(
  person: Person,
  products: readonly string[],
  id: string,
  random: Random
): WorldAttributes {
  const { income, travels, overdraftDays, digitalDays } = person
  const salaryAccount =
    products.includes('current_account') && random.chance(person.job === 'student' ? 0.3 : 0.66)
  const cardSpend =
    income *
    (0.08 + 0.3 * random.uniform()) *
    (products.some(product => product.endsWith('_card')) ? 1 : 0.35)
  return {
    age: person.age,
    gender: pick(random, [
      ['female', 49],
      ['male', 49],
      ['diverse', 2]
    ]),
    marital: person.marital,
    children: person.children,
    education: random.chance(0.96) ? person.education : undefined,
    job: random.chance(0.95) ? person.job : undefined,
    homeowner: person.homeowner,
    // The block of Berlin numbers that the regulator keeps free for fiction.
    phone: `+49 30 23125 ${String(random.integer(1000)).padStart(3, '0')}`,
    email: `${id}@example.com`,
    products,
    tenure_months: person.tenureMonths,
    balance: round(person.balance, 2),
    income: salaryAccount || random.chance(0.6) ? income : undefined,
    card_spend: round(cardSpend, 0),
    foreign_spend: travels ? round(cardSpend * (0.1 + 0.5 * random.uniform()), 0) : 0,
    overdraft_days: overdraftDays,
    digital_days: digitalDays,
    app_installed: digitalDays > 0 && random.chance(0.25 + digitalDays / 45),
    salary_account: salaryAccount,
    fixed_rate_months: products.includes('mortgage') ? random.integer(180) : undefined,
    risk_profile: random.chance(person.balance > 10_000 ? 0.45 : 0.12)
      ? drawRiskProfile(person, random)
      : undefined,
    payment_default: random.chance(overdraftDays > 20 ? 0.16 : 0.004),
    vulnerable: random.chance(person.age > 78 ? 0.06 : 0.01),
    terms_version: pick(random, [
      [7, 88],
      [6, 9],
      [5, 3]
    ]),
    id_months_left: random.integer(121) - 1
  }
}

function drawEducation(age: number, random: Random): Person['education'] {
  const tertiary = age < 22 ? 5 : between(18, 42, 50 - age / 3)
  return pick(random, [
    ['tertiary', tertiary],
    ['secondary', 52],
    ['primary', age > 60 ? 25 : 12]
  ])
}

function drawJob(age: number, education: Person['education'], random: Random): Job {
  if (age >= 66 || (age >= 60 && random.chance(0.4))) return 'retired'
  if (age < 27 && random.chance(age < 23 ? 0.6 : 0.35)) return 'student'
  if (education === 'tertiary') {
    return pick(random, [
      ['management', 38],
      ['technician', 20],
      ['admin', 14],
      ['self_employed', 12],
      ['entrepreneur', 7],
      ['services', 6],
      ['unemployed', 3]
    ])
  }
  return pick(random, [
    ['blue_collar', 27],
    ['services', 20],
    ['admin', 18],
    ['technician', 17],
    ['self_employed', 5],
    ['entrepreneur', 4],
    ['management', 3],
    ['unemployed', 6]
  ])
}

function drawMarital(age: number, random: Random): WorldAttributes['marital'] {
  const married = between(0, 62, (age - 22) * 2.4)
  return pick(random, [
    ['married', married],
    ['single', between(12, 95, 110 - age * 1.9)],
    ['divorced', between(0, 16, (age - 26) * 0.8)],
    ['widowed', between(0, 40, (age - 60) * 1.4)]
  ])
}

function drawChildren(age: number, marital: WorldAttributes['marital'], random: Random): number {
  const parent = between(
    0,
    0.75,
    (marital === 'single' ? 0.15 : 0.7) * (1 - Math.abs(age - 39) / 20)
  )
  return random.chance(parent)
    ? pick(random, [
        [1, 45],
        [2, 40],
        [3, 12],
        [4, 3]
      ])
    : 0
}

/** Of a middle-aged person with secondary education, EUR net a month. */
const INCOMES: Readonly<Record<Job, number>> = {
  admin: 2350,
  blue_collar: 2150,
  entrepreneur: 3200,
  management: 3900,
  retired: 1700,
  self_employed: 2900,
  services: 1950,
  student: 850,
  technician: 2600,
  unemployed: 1050
}

function drawIncome(age: number, job: Job, education: Person['education'], random: Random): number {
  const schooling = { primary: 0.88, secondary: 1, tertiary: 1.18 }[education]
  const career =
    job === 'student' || job === 'retired' ? 1 : between(0.72, 1.12, 0.72 + (age - 18) / 60)
  return Math.round((INCOMES[job] * schooling * career * Math.exp(0.3 * random.normal())) / 10) * 10
}

function drawOverdraft(income: number, thrift: number, random: Random): number {
  const strained = random.chance(between(0.02, 0.5, 0.2 - 0.12 * thrift - (income - 2000) / 14_000))
  return strained ? 1 + Math.floor(60 * random.uniform() * random.uniform()) : 0
}

function drawRiskProfile({ age }: Person, random: Random): 'cautious' | 'balanced' | 'dynamic' {
  return pick(random, [
    ['cautious', 20 + age / 2],
    ['balanced', 45],
    ['dynamic', between(5, 35, 50 - age / 2)]
  ])
}
