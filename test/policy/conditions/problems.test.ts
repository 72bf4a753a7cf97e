import { test } from 'tap'
import { createConditions } from '../../../src/policy/conditions/conditions.js'
import { NAMES, PLACE, problemsOf, refused } from './build.js'

test('each problem stands at its own line and column', t => {
  // The source starts at line 10, column 20.
  const at = (source: string): unknown =>
    problemsOf(source).map(({ line, column }) => [line, column])
  t.same(at('customer.agee > 18'), [[10, 20]])
  t.same(at('true && customer.agee > 18'), [[10, 28]])
  t.same(at('customer.job == "admn"'), [[10, 36]])
  t.same(at('customer.job in ["admin", "admn"]'), [[10, 46]])
  t.same(at('customer.age > 18 &&\n  customer.blance > 0 ||\n  customer.jb == "admin"'), [
    [11, 22],
    [12, 22]
  ])
  t.same(at('customer.age >'), [[10, 34]])
  t.same(at('customer.age @ 1'), [[10, 33]])
  t.same(at('seen("clik", "gold-crd", "30x") > 0'), [
    [10, 25],
    [10, 33],
    [10, 45]
  ])
  t.equal(problemsOf('x')[0]!.file, PLACE.file)
  t.end()
})

test('the name that was meant is guessed', t => {
  const hints = (source: string): unknown => problemsOf(source).map(problem => problem.hint)
  t.same(hints('customer.blance > 0'), ['customer.balance'])
  t.same(hints('balance > 0'), ['customer.balance'])
  t.same(hints('custmer.age > 0'), ['customer'])
  t.same(hints('context.devise == "x"'), ['context.device'])
  t.same(hints('segment.afluent'), ['segment.affluent'])
  t.same(hints('offer.grup == "cards"'), ['offer.group'])
  t.same(hints('offer.group == "card"'), ['cards'])
  t.same(hints('customer.job == "amdin"'), ['admin'])
  t.same(hints('seen("clik", "any", "1d") > 0'), ['click'])
  t.same(hints('seen("click", "gold-crd", "1d") > 0'), ['gold-card'])
  t.same(hints('tagged("finance/credt")'), ['finance/credit'])
  t.same(hints('"finance/credt" in offer.tags'), ['finance/credit'])
  t.same(hints('sen("click", "any", "1d") > 0'), ['seen'])
  t.end()
})

test('what is wrong is said with its remedy', t => {
  const said: ReadonlyArray<readonly [source: string, sentence: RegExp]> = [
    ['', /empty/],
    ['customer.age', /must be true or false, but this gives a whole number/],
    ['customer.age && true', /&& needs true or false/],
    ['customer.age = 18', /compare with ==/],
    ['customer.gender == "f"', /customer.gender is protected/],
    ['has(customer.gender)', /customer.gender is protected/],
    ['customer["gender"] == "f"', /customer.gender is protected/],
    ['customer.age == "18"', /a whole number and a text are never equal/],
    ['customer.since > "2026-01-01"', /write a point in time as timestamp/],
    ['customer.since > timestamp("2026-02-30T00:00:00Z")', /no point in time/],
    ['customer.since > timestamp("2026-01-01")', /date, time and zone/],
    ['customer.products == ["a"]', /can only stand to the right of in|lists cannot be compared/],
    ['customer.products.contains("a")', /ask for a list member with in/],
    ['customer.name.matches("(a+)+b")', /matches\(\) is not offered/],
    ['customer.products.exists(p, p == "a")', /unknown method exists/],
    ['customer.age in []', /empty list/],
    ['customer.age in customer.products', /a whole number is never in a list of texts/],
    ['has(segment.affluent)', /only customer\.\* and context\.\* can be missing/],
    ['has(1)', /has\(\) needs one name/],
    ['customer.age == null', /null is no part/],
    ['customer.age == 99999999999999999999', /too large/],
    ['{"a": 1} == 1', /maps are no part/],
    ['customer.name - "a" == "b"', /- cannot take a text and a text/],
    ['now + now > now', /\+ cannot take a point in time and a point in time/],
    ['true ? 1 : "a"', /must be alike/],
    ['seen("click", "any") > 0', /seen is written seen\(/],
    ['seen("click", "any", "0d") > 0', /is no window/],
    ['seen(customer.name, "any", "1d") > 0', /must stand here as a text in quotes/],
    ['near(offer.value, 1, 1)', /the same for all offers/],
    ['p * c > 1', /unknown name p/],
    ['customer', /customer needs a name after it, such as customer.age/],
    ['customer.age.years > 1', /only customer, context, segment and offer/]
  ]
  for (const [source, sentence] of said) {
    const problems = problemsOf(source)
    t.match(problems[0]!.message, sentence, source)
    t.equal(problems[0]!.severity, 'error')
  }
  t.end()
})

test('where one result serves all offers, none of them can be asked', t => {
  for (const source of [
    'offer.value > 1',
    'seen("click", "same", "1d") > 0',
    'lastSeen("click", "same") > 1',
    '"mobility" in offer.tags'
  ]) {
    t.match(problemsOf(source, false)[0]!.message, /one result serves all offers/, source)
    t.match(refused(createConditions(NAMES).segment('loyal', source, PLACE))[0], {
      message: /one result serves all offers/
    })
  }
  t.end()
})

test('near() needs the position to be declared', t => {
  const conditions = createConditions({ ...NAMES, context: [] })
  t.match(refused(conditions.condition('near(1, 2, 3)', PLACE, { perOffer: false })), [
    { message: /declare both under context/ }
  ])
  t.end()
})

test('numbers, formulas and model columns refuse what they cannot hold', t => {
  const conditions = createConditions(NAMES)
  const message = (result: object): string => refused(result)[0]!.message
  t.match(
    message(conditions.number('customer.name', PLACE, { perOffer: true })),
    /a number is needed here, but this gives a text/
  )
  t.match(message(conditions.formula('p > c', PLACE)), /the formula must give a number/)
  t.match(
    message(conditions.feature('customer.products', PLACE)),
    /a model cannot take a list of texts; write size/
  )
  t.match(
    message(conditions.feature('customer.since', PLACE)),
    /a model cannot take a point in time; write/
  )
  t.match(message(conditions.feature('customer.gender', PLACE)), /protected/)
  t.end()
})

test('the cost of a condition is bounded', t => {
  const said = (source: string): string => problemsOf(source)[0]!.message
  t.match(said(`customer.age > ${'1'.repeat(2000)}`), /has 2015 characters, at most 2000/)
  t.match(said('('.repeat(60) + 'true' + ')'.repeat(60)), /deeper than 50 levels/)
  t.match(said('!'.repeat(60) + 'true'), /deeper than 50 levels/)
  t.match(said('!'.repeat(1900) + 'true'), /deeper than 50 levels/)
  t.match(said(`customer.age${' - 1'.repeat(60)} > 0`), /deeper than 50 levels/)
  const chain = Array.from({ length: 60 }, (_, i) => `customer.age != ${i}`).join(' && ')
  t.notOk(
    Array.isArray(createConditions(NAMES).condition(chain, PLACE, { perOffer: false })),
    'a chain of one operator is one level'
  )
  t.end()
})

test('segments in a circle are named', t => {
  const conditions = createConditions({ ...NAMES, segments: ['a', 'b', 'c', 'd', 'e'] })
  const line = (number: number): typeof PLACE => ({ ...PLACE, line: number })
  conditions.segment('a', 'segment.b || customer.vip', line(1))
  conditions.segment('b', 'segment.c', line(2))
  conditions.segment('c', '!segment.a', line(3))
  conditions.segment('d', 'segment.d', line(4))
  conditions.segment('e', 'segment.a', line(5))
  const problems = refused(conditions.finish())
  t.match(problems, [
    { line: 1, message: /circle: a → b → c → a;/ },
    { line: 4, message: /circle: d → d;/ }
  ])
  t.equal(problems.length, 2)
  t.end()
})
