import type { Browser, Page } from 'playwright-core'
import { test } from 'tap'
import type { z } from 'zod'
import type { ANSWERS } from '../../src/http/answers.js'
import { violationsOn } from '../helpers/accessible.js'
import { browserMissing, startBrowser, visit, STORE_BUSY } from '../helpers/browser.js'
import { keepScreenshot, wantsScreenshots } from '../helpers/screenshots.js'
import { startService, type RunningService } from '../helpers/service.js'

type Answer<Name extends keyof typeof ANSWERS> = z.infer<(typeof ANSWERS)[Name]>

const CUSTOMERS = 24
/** Both languages and both appearances on both widths. */
const VIEWS = [
  { language: 'en', locale: 'en-GB', colorScheme: 'light', width: 1280, height: 720 },
  { language: 'zh', locale: 'zh-CN', colorScheme: 'dark', width: 1280, height: 720 },
  { language: 'en', locale: 'en-GB', colorScheme: 'dark', width: 390, height: 844 },
  { language: 'zh', locale: 'zh-CN', colorScheme: 'light', width: 390, height: 844 }
] as const

test('the screens of those who run the service', { skip: browserMissing }, async t => {
  const service = await startService(t)
  const browser = await startBrowser(t)
  const ask = async <Name extends keyof typeof ANSWERS>(_: Name, path: string) =>
    (await (await service.get(path)).json()) as Answer<Name>
  const open = (path: string, act: (page: Page) => Promise<void>, options = {}) =>
    visit(
      t,
      browser,
      { baseURL: service.url, expected: STORE_BUSY, ...WIDE, ...options },
      async page => {
        await page.goto(path)
        await act(page)
      }
    )

  await t.test('before anything was decided, each says so', async t => {
    await open('/console', async page => {
      await page.getByText('Nothing was decided since this screen was opened').first().waitFor()
      t.same(await violationsOn(page), [])
    })
    await open('/console/decisions', page => page.getByText('No decision was found').waitFor())
    await open('/console/strategy', async page => {
      await page.getByRole('tab', { name: 'Segments' }).click()
      await page.getByText('Nobody was decided for yet').waitFor()
    })
  })

  await fill(service)

  await t.test('live shows what was counted, two seconds later', async t => {
    await open('/console', async page => {
      await page.getByText('retail-bank, version 1').waitFor()
      await decide(service, 'c-1', 'web')
      const { decisions, events } = await ask('Live', '/v1/live')
      const row = page.getByRole('table', { name: 'Channels' }).getByRole('row', { name: /^web/ })
      await row.getByText(String(decisions.byChannel['web']), { exact: true }).waitFor()
      const clicks = page.getByRole('row', { name: /^Clicked/ })
      t.match(await clicks.innerText(), new RegExp(`\\b${events['click']?.['stored']}\\b`))
      await page.getByRole('img', { name: /^All: over the last minute half within/ }).waitFor()
      await page.getByText('Ready', { exact: true }).waitFor()
      if (wantsScreenshots) await makeTraffic(service)
      await keepScreenshot(page, 'live')
    })
  })

  await t.test('live says when the service is away, and goes on when it is back', async t => {
    const expected = [/net::ERR_FAILED/]
    await open(
      '/console',
      async page => {
        await page.getByText('retail-bank, version 1').waitFor()
        await page.route('**/v1/live', route => route.abort())
        await page.getByRole('alert').waitFor()
        await page.unroute('**/v1/live')
        await page.getByRole('button', { name: 'Try again' }).first().click()
        await page.getByRole('alert').waitFor({ state: 'detached' })
        t.pass('it goes on')
      },
      { expected }
    )
  })

  await t.test('an offer is found by a word, with its rules and where they stand', async t => {
    const { offers } = await ask('StrategyDetails', '/v1/strategy/details')
    const gold = offers.find(({ id }) => id === 'gold-card')!
    await open('/console/strategy', async page => {
      await page.getByLabel('Search').fill('gold-card.web cards.yaml')
      await page.getByText(`1 of ${offers.length} offers`).waitFor()
      const entry = page.locator('details.offer')
      t.ok((await entry.innerText()).includes(gold.place.replace(/:\d+$/, '')))
      await entry.locator('summary').press('Enter')
      await page.getByText('Who may see it').waitFor()
      const text = await entry.innerText()
      for (const policy of gold.policies) {
        t.ok(text.includes(policy.text), policy.text)
        t.ok(text.includes(policy.place.replace(/:\d+$/, '')), policy.place)
      }
      t.same(await violationsOn(page), [])
      await keepScreenshot(page, 'strategy')
    })
  })

  await t.test('bars of quotas and segments are the readings of the service', async t => {
    const { quotas } = await ask('Quotas', '/v1/quotas')
    const { sample, segments } = await ask('Segments', '/v1/segments')
    t.ok(quotas.some(({ count }) => count > 0) && sample.customers > 0)
    await open('/console/strategy', async page => {
      await page.getByRole('tab', { name: 'Offers' }).press('ArrowRight')
      await page.getByText(`Counted over ${sample.customers} customers`).waitFor()
      for (const { name, customers } of segments) {
        const bar = page.getByRole('progressbar', { name: new RegExp(`^${name}: `) })
        t.equal(Number(await bar.getAttribute('value')), customers, name)
        t.equal(Number(await bar.getAttribute('max')), sample.customers)
      }
      t.same(await violationsOn(page), [])
      await page.getByRole('tab', { name: 'Segments' }).press('ArrowRight')
      for (const { text, count, limit } of quotas) {
        const bar = page.getByRole('progressbar', { name: text })
        t.equal(Number(await bar.getAttribute('value')), count, text)
        t.equal(Number(await bar.getAttribute('max')), limit)
      }
      t.same(await violationsOn(page), [])
    })
  })

  await t.test('a customer leads to decisions, and a decision to its reasons', async t => {
    const found = await ask('FoundDecisions', '/v1/decisions?customer=c-3&limit=30')
    const [{ decisionId }] = found.decisions as [Answer<'FoundDecisions'>['decisions'][number]]
    const path = `/v1/decisions/${decisionId}`
    const explained = await ask('Explanation', `${path}/explanation`)
    await open('/console/decisions', async page => {
      await page.getByLabel('Customer or decision').fill('crm/c-3')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Decisions about crm/c-3' }).waitFor()
      await page.locator('.decision-list li').first().waitFor()
      t.equal(await page.locator('.decision-list li').count(), found.decisions.length)
      await page.locator('.decision-list a').first().press('Enter')
      for (const { stage, removed, left } of explained.funnel) {
        const text = await page.locator(`.funnel [data-stage=${stage}]`).innerText()
        t.ok(text.includes(`${left} left`), `${stage}: ${left} left`)
        if (stage !== 'selected') t.ok(text.includes(`−${removed}`), `${stage}: ${removed} removed`)
      }
      const reasons = await page.locator('.removal-list').innerText()
      for (const { offerId, stage } of explained.outcomes)
        if (stage !== 'selected') t.ok(reasons.includes(offerId), offerId)
      await page.getByRole('button', { name: 'Decide again' }).click()
      await page.getByText('The same decision comes out').first().waitFor()
      t.same(await violationsOn(page), [])
      await keepScreenshot(page, 'decision')
    })
    await open(
      `/console/decisions?id=${decisionId}`,
      async page => {
        await page.getByText(decisionId).first().waitFor()
        await page.getByLabel('Customer or decision').fill('0199c0de-0000-7000-8000-000000000001')
        await page.getByRole('button', { name: 'Find' }).click()
        await page.getByText('There is no decision').waitFor()
      },
      { expected: [/status of 404/] }
    )
  })

  await checkViews(t, { service, browser })
})

const WIDE = { locale: 'en-GB', viewport: { width: 1280, height: 720 } }

interface Started {
  readonly service: RunningService
  readonly browser: Browser
}

/** Every screen in every view: nothing is wrong, and nothing sticks out at the side. */
async function checkViews(
  t: Parameters<typeof visit>[0] & { ok(value: unknown, message: string): boolean },
  { service, browser }: Started
): Promise<void> {
  const { decisions } = (await (
    await service.get('/v1/decisions?customer=c-3&limit=30')
  ).json()) as Answer<'FoundDecisions'>
  const screens = [
    ['live', '/console', '.heat-line'],
    ['strategy', '/console/strategy', '.offer'],
    ['decision', `/console/decisions?id=${decisions[0]!.decisionId}`, '.removal-list']
  ] as const
  for (const { language, locale, colorScheme, width, height } of VIEWS) {
    const options = {
      baseURL: service.url,
      expected: STORE_BUSY,
      locale,
      colorScheme,
      viewport: { width, height }
    }
    await visit(t, browser, options, async page => {
      for (const [name, path, part] of screens) {
        await page.goto(path)
        await page.locator(part).first().waitFor()
        t.same(await violationsOn(page), [], `${name} ${language} ${colorScheme} ${width}`)
        const widest = await page.evaluate<number>('document.documentElement.scrollWidth')
        t.ok(widest <= width, `${name} ${language} is ${widest} pixels wide`)
      }
    })
  }
}

/** Customers, decisions and answers, as channels would send them. */
async function fill(service: RunningService): Promise<void> {
  const lines = Array.from({ length: CUSTOMERS }, (_, i) =>
    JSON.stringify({
      id: `c-${i}`,
      attributes: {
        age: 19 + 2 * i,
        balance: 400 * i * i,
        income: 1200 + 150 * i,
        products: i % 3 === 0 ? ['current_account', 'gold_card'] : ['current_account'],
        tenure_months: 3 * i,
        digital_days: i
      },
      consent: { marketing: { granted: true }, personalisation: { granted: true } }
    })
  )
  const headers = { 'content-type': 'application/x-ndjson' }
  await service.post('/v1/customers/import', lines.join('\n'), headers)
  for (let i = 0; i < CUSTOMERS; i++)
    await decide(service, `c-${i}`, (['web', 'app', 'email'] as const)[i % 3]!)
}

/** A minute of decisions, for a picture of it. */
async function makeTraffic(service: RunningService): Promise<void> {
  const untilMs = Date.now() + 60_000
  for (let i = 0; Date.now() < untilMs; i++)
    await decide(service, `c-${i % CUSTOMERS}`, (['web', 'app', 'web', 'email'] as const)[i % 4]!)
}

const PLACEMENTS = {
  web: ['home_hero', 'home_tile'],
  app: ['app_home'],
  email: ['email_lead']
} as const

/** Decides, and tells that the first offer was shown and clicked. */
async function decide(
  service: RunningService,
  id: string,
  channel: keyof typeof PLACEMENTS
): Promise<void> {
  const reply = await service.post('/v1/decisions', {
    customer: { id },
    channel,
    placements: PLACEMENTS[channel].map(placement => ({ id: placement })),
    context: { device: 'mobile', intent: 'card' },
    options: { timeoutMs: 10_000 }
  })
  const { placements } = (await reply.json()) as Answer<'Decision'>
  const token = placements[0]!.offers[0]!.token
  await service.post('/v1/events', [
    { id: `${token}-1`.slice(-40), type: 'impression', token },
    { id: `${token}-2`.slice(-40), type: 'click', token }
  ])
}
