import { test } from 'tap'
import { sayRules } from '../../src/console/desk/plain-words.js'
import { en } from '../../src/console/desk/texts-en.js'
import { zh } from '../../src/console/desk/texts-zh.js'

const write = (value: number): string => value.toLocaleString('en')
const say = (text: string, values?: Record<string, unknown>) =>
  sayRules([{ text, values }], en.words, write)

const SAID: Readonly<Record<string, readonly string[]>> = {
  'customer.balance >= 20000.0': ['balance at least 20,000'],
  'customer.age < 75 && customer.overdraft_days <= 5': ['age below 75', 'overdraft days at most 5'],
  'customer.overdraft_days == 0': ['overdraft days is 0'],
  '!(customer.age < 18)': ['age at least 18'],
  'customer.job != "retired"': ['job is not retired'],
  'customer.job in ["self_employed", "entrepreneur"]': [
    'job is one of self employed, entrepreneur'
  ],
  '"gold_card" in customer.products': ['has gold card'],
  '!("gold_card" in customer.products) && !("platinum_card" in customer.products)': [
    'has no gold card yet',
    'has no platinum card yet'
  ],
  '!segment.stressed': ['is not stressed'],
  'segment.at_risk': ['is at risk'],
  '!customer.vulnerable': ['not vulnerable'],
  'customer.app_installed': ['app installed'],
  'seen("complaint", "any", "30d") == 0': ['no complaint within 30 days'],
  'seen("calculator", "any", "7d") > 0': ['calculator within 7 days'],
  'seen("accept", "same", "365d") == 0': ['this offer: no accept within 365 days'],
  '!(seen("accept", "same", "24h") > 0)': ['this offer: no accept within 24 hours'],
  'tagged("life/home/buying")': ['interested in home › buying'],
  'has(customer.income)': ['income is known'],
  '!has(customer.income)': ['income is not known'],
  'context.intent == "travel"': ['intent is travel'],
  '(segment.family || "mortgage" in customer.products)': ['is family, or has mortgage']
}

for (const [text, words] of Object.entries(SAID))
  test(`${text} is said in plain words`, async t => {
    t.same(say(text), words)
  })

test('of alternatives those are left out that did not hold', async t => {
  t.same(
    say('segment.family || segment.saver', { 'segment.family': false, 'segment.saver': true }),
    ['is saver']
  )
})

test('what has no words is said as it is written, with operators in quotes untouched', async t => {
  t.same(say('customer.balance * 2.0 > customer.income && customer.job == "a && b"'), [
    'customer.balance * 2.0 > customer.income',
    'job is a && b'
  ])
})

test('the same condition of two rules is said once', async t => {
  const rules = [{ text: 'customer.age >= 18' }, { text: 'customer.age >= 18 && segment.saver' }]
  t.same(sayRules(rules, en.words, write), ['age at least 18', 'is saver'])
  t.same(sayRules(rules, zh.words, write), ['age不少于 18', '属于 saver'])
})
