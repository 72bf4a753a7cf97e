import { test } from 'tap'
import { bankWith, FILE, marked, problemsOf } from './strategy-fixture.js'

/** What is replaced, by what (the mark § stands where the problem is told), and what is said. */
type Mistake = readonly [from: string, to: string, said: string]

const MISTAKES: Readonly<Record<string, readonly Mistake[]>> = {
  'a key that nothing knows': [
    [
      'startEvidence: 50',
      '§startEvidnce: 50',
      'there is no key "startEvidnce" (did you mean "startEvidence"?)'
    ],
    [
      'lever: 5',
      '§levr: 5',
      'offers.gold-card has no key "levr"; known are group, name, value, cost, lever, mandatory, fallbackOnly, tags, purposes, from, until, eligibility, applicability, suitability, propensity, positive, quotas, treatments (did you mean "lever"?)'
    ],
    [
      '{script: "Would you like it?"}',
      '{}\n        §lables: {}',
      'offers.gold-card.treatments.agent has no key "lables"; known are placements, content, languages, labels (did you mean "labels"?)'
    ],
    [
      'groupLimit: 2',
      '§grouplimit: 2',
      'arbitration has no key "grouplimit"; known are formula, groupLimit, exploration (did you mean "groupLimit"?)'
    ]
  ],
  'a missing key': [
    ['car-loan:\n    group: loans\n', '§car-loan:\n', '"group" is missing in offers.car-loan'],
    [
      'agent: {channel: call_center, count: 3',
      '§agent: {count: 3',
      '"channel" is missing in placements.agent'
    ],
    ['holdout: {share: 0.02, salt: h1', '§holdout: {share: 0.02', '"salt" is missing in holdout']
  ],
  'a value of the wrong kind': [
    [
      'name: Gold card',
      'name: §42',
      'offers.gold-card.name must be text (put it in quotes if it is)'
    ],
    ['mandatory: true', 'mandatory: §sure', 'offers.gold-card.mandatory must be true or false'],
    ['lever: 5', 'lever: §five', 'offers.gold-card.lever must be a number'],
    ['lever: 5', 'lever: §.nan', 'offers.gold-card.lever must be a number'],
    ['value: 80', 'value: §-80', 'offers.gold-card.value must be at least 0'],
    [
      'eligibility: customer.age >= 18',
      'eligibility: §18',
      'groups.cards.eligibility must be a condition in quotes, such as "customer.age >= 18"'
    ],
    ['tags: [finance/credit/card/gold]', 'tags: §finance', 'offers.gold-card.tags must be a list'],
    [
      'home_tile: {channel: web, count: 3',
      'home_tile: {channel: web, count: §11',
      'placements.home_tile.count must be at most 10'
    ],
    [
      'home_tile: {channel: web, count: 3',
      'home_tile: {channel: web, count: §1.5',
      'placements.home_tile.count must be a whole number'
    ],
    ['multiplier: 1.5', 'multiplier: §0', 'placements.home_hero.multiplier must be greater than 0'],
    [
      'groups: [cards, loans]',
      'groups: §[]',
      'placements.home_hero.groups must have at least 1 entry'
    ],
    ['prior: 0.1', 'prior: §1.1', 'offers.gold-card.propensity.prior must be at most 1'],
    ['share: 0.02, salt: h1', 'share: §2, salt: h1', 'holdout.share must be at most 1'],
    ['groupLimit: 2', 'groupLimit: §0', 'arbitration.groupLimit must be at least 1'],
    [
      'positiveWindow: 7d',
      'positiveWindow: §7',
      'positiveWindow must be a duration such as 7d, 24h, 90m or 30s'
    ],
    [
      'retention: {cookie: 30d}',
      'retention: {cookie: §soon}',
      'retention.cookie must be a duration such as 7d, 24h, 90m or 30s'
    ],
    [
      'from: 2026-01-01',
      'from: §2026',
      'offers.gold-card.from must be a date such as 2026-01-01 or an instant such as 2026-01-01T09:00:00Z'
    ],
    [
      'currency: EUR',
      'currency: §euro',
      'currency must be a currency of three capital letters, such as EUR'
    ],
    [
      'placements: [agent]\n        content',
      'placements: §[]\n        content',
      'offers.gold-card.treatments.agent.placements must have at least 1 entry'
    ],
    ['purposes: [marketing, personalisation]', 'purposes: §marketing', 'purposes must be a list'],
    [
      'arbitration: {formula: p * c * v * l, groupLimit: 2, exploration: {method: none}}',
      'arbitration: §[]',
      'arbitration must be a map'
    ]
  ],
  'a word that is none of the choices': [
    [
      'web: {direction: inbound}',
      'web: {direction: §inbond}',
      'channels.web.direction must be one of inbound, outbound (did you mean "inbound"?)'
    ],
    [
      'age: {type: integer}',
      'age: {type: §integr}',
      'attributes.age.type must be one of number, integer, string, boolean, timestamp, list<string>, list<number> (did you mean "integer"?)'
    ],
    [
      'positive: click',
      'positive: §reject',
      'offers.gold-card.positive must be one of click, accept, convert'
    ]
  ],
  'a name that stands for nothing': [
    [
      'group: cards\n    name',
      'group: §crads\n    name',
      'there is no group "crads" (did you mean "cards"?)'
    ],
    [
      'cards: {issue: grow,',
      'cards: {issue: §grwo,',
      'there is no issue "grwo" (did you mean "grow"?)'
    ],
    [
      'home_tile: {channel: web',
      'home_tile: {channel: §wbe',
      'there is no channel "wbe" (did you mean "web"?)'
    ],
    [
      'fallback: thank-you',
      'fallback: §thank-yuo',
      'there is no offer "thank-yuo" (did you mean "thank-you"?)'
    ],
    [
      'groups: [cards, loans]',
      'groups: [cards, §lons]',
      'there is no group "lons" (did you mean "loans"?)'
    ],
    [
      'placements: [home_hero, home_tile]\n        content',
      'placements: [home_hero, §home_tiles]\n        content',
      'there is no placement "home_tiles" (did you mean "home_tile"?)'
    ],
    [
      'tags: [finance/credit/card/gold]',
      'tags: [§finance/credit/card/glod]',
      'there is no tag "finance/credit/card/glod" (did you mean "finance/credit/card/gold"?)'
    ],
    [
      'purposes: [marketing]',
      'purposes: [§marketting]',
      'there is no purpose "marketting" (did you mean "marketing"?)'
    ],
    [
      'retention: {cookie: 30d}',
      'retention: {§cookies: 30d}',
      'there is no namespace "cookies" (did you mean "cookie"?)'
    ],
    [
      'group: loans, weight',
      'group: §loan, weight',
      'there is no group "loan" (did you mean "loans"?)'
    ],
    [
      'timeZone: Europe/Berlin',
      'timeZone: §Europe/Belrin',
      'there is no time zone "Europe/Belrin" (did you mean "Europe/Berlin"?)'
    ]
  ],
  'a name that nothing may have': [
    [
      'age: {type: integer}',
      '§my-age: {type: integer}\n  age: {type: integer}',
      'the name "my-age" in attributes must be made of letters, digits and underscores, since conditions spell it'
    ],
    [
      'affluent: customer',
      '§in: customer.age > 1\n  affluent: customer',
      'the name "in" in segments is a word of the condition language; choose another name'
    ],
    [
      'events: {page_view: {}',
      'events: {§click: {}, page_view: {}',
      '"click" is an interaction type already; give the event another name'
    ],
    [
      'offers:\n',
      'offers:\n  §same: {group: cards, treatments: {a: {placements: [home_tile]}}}\n',
      '"same" cannot be an offer: it has a meaning of its own in seen("accept", "same", "7d")'
    ],
    [
      'offers:\n',
      `offers:\n  §${'x'.repeat(257)}: {group: cards, treatments: {a: {placements: [home_tile]}}}\n`,
      `the name "${'x'.repeat(57)}..." in offers must be 1 to 256 bytes of text without control characters`
    ],
    [
      'offers:\n',
      'offers:\n  §"a\\u0007": {group: cards, treatments: {a: {placements: [home_tile]}}}\n',
      'the name "a\\u0007" in offers must be 1 to 256 bytes of text without control characters'
    ],
    ['offers:\n', 'offers:\n  §__proto__: {group: cards}\n', '"__proto__" cannot be a name']
  ],
  'a tag out of place': [
    ['loan: [car]', 'loan: [§a/b]', 'the tag "a/b" must be a name without "/"'],
    [
      'loan: [car]',
      'loan: {car: {§fast: {}}}',
      'the tag finance/credit/loan/car/fast is deeper than 4 levels'
    ],
    ['loan: [car]', 'loan: [car, §car]', 'the tag finance/credit/loan/car is given twice'],
    ['saving: {}', 'saving: §5', 'tags must be a map, a list of names, or empty'],
    [
      'loan: [car]',
      'loan: [§[car]]',
      'a tag in a list must be a name; a tag with tags below it is a key of a map'
    ]
  ],
  'a default that does not fit': [
    [
      'age: {type: integer}',
      'age: {type: integer, default: §1.5}',
      'the default of age must be a whole number, since its type is integer'
    ],
    ['default: admin', 'default: §amdin', 'the default "amdin" of job is none of its values'],
    [
      'age: {type: integer}',
      'age: {type: integer, values: §[a]}',
      'age has values, but its type is integer; only texts can have values'
    ],
    [
      'default: 2020-01-01',
      'default: §2020',
      'the default of since must be an instant such as 2026-01-01T09:00:00Z, since its type is timestamp'
    ]
  ],
  'a date that cannot be': [
    [
      'until: 2027-01-01',
      'until: §2027-02-30',
      '"2027-02-30" must be a date such as 2026-01-01 or an instant such as 2026-01-01T09:00:00Z'
    ],
    [
      'until: 2027-01-01',
      'until: §2026-01-01',
      'the offer gold-card ends before it begins: "until" must be later than "from"'
    ],
    [
      'at: 2026-03-01T10:00:00Z',
      'at: §2026-03-01T10:00:00',
      '"2026-03-01T10:00:00" must be a date such as 2026-01-01 or an instant such as 2026-01-01T09:00:00Z'
    ]
  ],
  'a fallback that cannot stand there': [
    [
      'fallback: thank-you',
      'fallback: §gold-card',
      'the offer gold-card cannot be the fallback of agent: it is not "fallbackOnly: true"'
    ],
    [
      'fallback: thank-you',
      'fallback: §welcome',
      'the offer welcome cannot be the fallback of agent: none of its treatments stands there'
    ]
  ],
  'content that is no JSON': [
    ['[1, null, true]', '[1, §.nan, true]', 'NaN is no JSON; write a number or put it in quotes'],
    ['[1, null, true]', '{a: [§.inf]}', 'Infinity is no JSON; write a number or put it in quotes'],
    [
      '{de-AT: {headline: Gold für Sie}}',
      '{de-AT: {}, §de-at: {}}',
      'the language de-at is given twice; upper and lower case are the same'
    ],
    [
      '{de-AT: {headline: Gold für Sie}}',
      '{§de_AT: {}}',
      'the name "offers.gold-card.treatments.hero.languages.de_AT" must be a language tag such as de or de-AT'
    ]
  ],
  'a context weight for too little or too much': [
    [
      '- {when: context.intent == "loan", group: loans, weight: 50}',
      '- §{when: context.intent == "loan", weight: 50}',
      'contextWeights.0 must name exactly one of "offer", "group" and "issue"'
    ],
    [
      '- {when: context.intent == "loan", group: loans, weight: 50}',
      '- §{when: context.intent == "loan", group: loans, issue: grow, weight: 50}',
      'contextWeights.0 must name exactly one of "offer", "group" and "issue"'
    ]
  ],
  'a mistake in an example': [
    [
      'attributes: {age: 40',
      'attributes: {§agee: 40',
      'there is no attribute "agee" (did you mean "age"?)'
    ],
    [
      'attributes: {age: 40',
      'attributes: {age: §forty',
      'age must be a whole number, since its type is integer'
    ],
    [
      'context: {device: mobile}',
      'context: {§devise: mobile}',
      'there is no context name "devise" (did you mean "device"?)'
    ],
    [
      'consent: {marketing: true}',
      'consent: {§marketin: true}',
      'there is no purpose "marketin" (did you mean "marketing"?)'
    ],
    [
      'consent: {marketing: true}',
      'consent: {marketing: §granted}',
      'examples.0.given.consent.marketing must be true or false'
    ],
    [
      '{type: page_view, ago: 30m}',
      '{type: §page_vew, ago: 30m}',
      'there is no interaction or event type "page_vew" (did you mean "page_view"?)'
    ],
    [
      '{type: page_view, ago: 30m}',
      '§{type: click, ago: 30m}',
      'the interaction "click" needs an "offer"'
    ],
    [
      'ago: 2d',
      'ago: §2 days',
      'examples.0.given.history.0.ago must be a duration such as 7d, 24h, 90m or 30s'
    ],
    ['channel: web\n', 'channel: §wbe\n', 'there is no channel "wbe" (did you mean "web"?)'],
    [
      'placements: [home_hero]\n',
      'placements: [home_hero, §agent]\n',
      'the placement agent belongs to the channel call_center, not to web'
    ],
    [
      'exclude: [car-loan]',
      'exclude: [§car-lone]',
      'there is no offer "car-lone" (did you mean "car-loan"?)'
    ],
    [
      'expect: {home_hero: [welcome]',
      'expect: {§home_heroes: [welcome]',
      'the example does not ask for the placement "home_heroes" (did you mean "home_hero"?)'
    ],
    [
      'expect: {home_hero: [welcome]',
      'expect: {home_hero: [§welcom]',
      'there is no offer "welcom" (did you mean "welcome"?)'
    ],
    [
      '{gold-card: applicability}',
      '{§gold-crad: applicability}',
      'there is no offer "gold-crad" (did you mean "gold-card"?)'
    ],
    [
      '{gold-card: applicability}',
      '{gold-card: §applicable}',
      'examples.0.expect.removed.gold-card must be one of validity, consent, exclude, filter, eligibility, applicability, suitability, contact, exclusion, quota, value, outranked, selected (did you mean "applicability"?)'
    ],
    [
      '{gold-card: applicability}',
      '§[gold-card]',
      'removed must be a map of offers and stages (validity, consent, exclude, filter, eligibility, applicability, suitability, contact, exclusion, quota, value, outranked, selected)'
    ]
  ],
  'a list that repeats itself': [
    [
      'namespaces: [crm, cookie]',
      'namespaces: [crm, cookie, §crm]',
      '"crm" is listed twice in namespaces'
    ],
    [
      'purposes: [marketing, personalisation]',
      'purposes: [marketing, personalisation, §marketing]',
      '"marketing" is listed twice in purposes'
    ]
  ]
}

for (const [name, mistakes] of Object.entries(MISTAKES)) {
  test(`${name} is told where it stands`, async t => {
    for (const [from, to, said] of mistakes) {
      const { text, at } = marked(bankWith(from, to))
      t.same(problemsOf(text), [`${FILE}:${at}: error: ${said}`], to)
    }
  })
}

test('what every strategy needs and none of the files gives is told at the first file', async t => {
  t.same(problemsOf(bankWith('currency: EUR\n', '')), [
    `${FILE}:1:1: error: "currency" is missing; every strategy needs it`
  ])
})

test('mistakes in conditions are told inside of their text', async t => {
  for (const [from, to] of [
    ['eligibility: customer.balance > 0', 'eligibility: §customer.balanse > 0'],
    [
      'applicability: \'!("gold_card" in customer.products)\'',
      'applicability: \'!("gold_card" in §customer.product)\''
    ],
    [
      'affluent: customer.balance >= 20000',
      'affluent: customer.balance > 1 && §customer.gender == "f"'
    ],
    ['value: customer.balance * 0.01', 'value: §customer.job']
  ] as const) {
    const { text, at } = marked(bankWith(from, to))
    const [first = ''] = problemsOf(text)
    t.ok(first.startsWith(`${FILE}:${at}: error: `), `${at}: ${first}`)
  }
})

test('a mistake in a block of text is told on its line', async t => {
  const { text, at } = marked(
    bankWith('eligibility: customer.balance > 0', 'eligibility: |\n      §customer.balanse > 0')
  )
  t.ok(problemsOf(text)[0]?.startsWith(`${FILE}:${at}: error: `))
})

test('a value cannot be made of itself', async t => {
  const { text, at } = marked(bankWith('value: customer.balance * 0.01', 'value: §offer.value * 2'))
  t.same(problemsOf(text), [
    `${FILE}:${at}: error: the value of car-loan cannot be made of offer.value, which is this value`
  ])
})

test('a wrong declaration is not told again by the conditions that read it', async t => {
  const found = problemsOf(bankWith('age: {type: integer}', 'age: {type: integr}'))
  t.equal(found.length, 1, found.join('\n'))
})

test('mistakes of different kinds are all told at once, in the order of the lines', async t => {
  const text = bankWith('lever: 5', 'levr: 5')
    .replace('currency: EUR', 'currency: euro')
    .replace('positive: click', 'positive: never')
    .replace('customer.age < 40', 'customer.agee < 40')
  t.same(
    problemsOf(text).map(line => line.split(':')[1]),
    ['2', '35', '50', '60']
  )
})

test('at most 200 problems are told, and how many more there are', async t => {
  const offers = Array.from(
    { length: 1000 },
    (_, i) => `  more-${i}: {group: nowhere-${i}, treatments: {a: {placements: [home_hero]}}}\n`
  ).join('')
  const found = problemsOf(bankWith('offers:\n', `offers:\n${offers}`))
  t.equal(found.length, 201)
  t.match(found.at(-1), /: error: and 800 more problems$/)
})
