import type { Random } from '../../learning/random.js'
import { between } from './draw.js'
import type { Person } from './person.js'

/** What a person has with the bank already, in the words of rules/customers.yaml. */
export function drawProducts(person: Person, random: Random): string[] {
  const { age, income, balance, homeowner, children, digitalDays, travels, thrift, tenureMonths } =
    person
  const years = tenureMonths / 12
  const wealthy = balance > 50_000 ? 1 : 0
  const chances: ReadonlyArray<readonly [string, number]> = [
    ['current_account', 0.93],
    ['savings_account', between(0.1, 0.85, 0.35 + 0.15 * thrift + years / 60)],
    ['fixed_deposit', between(0, 0.4, 0.03 + wealthy * 0.2 + (age - 40) / 200)],
    ['savings_plan', between(0.02, 0.35, 0.14 + 0.08 * thrift)],
    ['youth_savings', children > 0 ? 0.35 : 0],
    ['fund_plan', between(0.01, 0.4, (income - 1500) / 12_000 + wealthy * 0.1)],
    ['managed_portfolio', wealthy * 0.12],
    ['pension_plan', age < 66 ? between(0, 0.35, (age - 22) / 120) : 0],
    ['classic_card', between(0.05, 0.55, 0.5 - (income - 1500) / 9000)],
    ['gold_card', between(0, 0.45, (income - 1800) / 7000)],
    ['travel_card', travels ? 0.18 : 0.03],
    ['cashback_card', 0.06],
    ['student_card', person.job === 'student' ? 0.35 : 0],
    ['business_card', person.job === 'entrepreneur' || person.job === 'self_employed' ? 0.3 : 0],
    ['virtual_card', digitalDays > 12 ? 0.2 : 0.02],
    ['personal_loan', between(0.02, 0.2, 0.14 - 0.05 * thrift)],
    ['car_loan', between(0.01, 0.12, (income - 1200) / 20_000)],
    ['mortgage', homeowner && age < 68 ? between(0.05, 0.6, 0.75 - (age - 25) / 60) : 0],
    ['household_insurance', between(0.1, 0.5, age / 160)],
    ['liability_insurance', 0.25],
    ['travel_insurance', travels ? 0.15 : 0.02],
    ['life_insurance', children > 0 ? 0.2 : 0.04],
    ['premium_account', between(0.01, 0.2, (income - 2500) / 12_000 + wealthy * 0.06)],
    ['e_statements', between(0.1, 0.8, digitalDays / 30)]
  ]
  const owned = chances.filter(([, chance]) => random.chance(chance)).map(([product]) => product)
  // A step up comes from gold only.
  if (owned.includes('gold_card') && income > 4500 && random.chance(0.25))
    return [...owned.filter(product => product !== 'gold_card'), 'platinum_card']
  return owned
}
