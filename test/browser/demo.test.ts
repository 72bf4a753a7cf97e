import { test } from 'tap'
import type { Page } from 'playwright-core'
import { violationsOn } from '../helpers/accessible.js'
import { browserMissing, startBrowser, visit } from '../helpers/browser.js'
import { startService } from '../helpers/service.js'

const PATIENT_MS = 20_000

/** Some of the customers that `npm run demo` brings along, with what the shipped rules look at. */
const CUSTOMERS = [
  {
    id: 'c-1001',
    attributes: {
      age: 50,
      balance: 68_519,
      income: 6370,
      products: ['current_account', 'gold_card']
    },
    consent: { marketing: { granted: true }, personalisation: { granted: true } }
  },
  {
    id: 'c-1012',
    attributes: {
      age: 32,
      children: 2,
      balance: 8379,
      income: 2960,
      products: ['current_account']
    },
    consent: { marketing: { granted: true }, personalisation: { granted: true } }
  }
]

async function statusOf(page: Page, text: RegExp): Promise<string> {
  const status = page.locator('#status', { hasText: text })
  await status.waitFor({ timeout: PATIENT_MS })
  return status.innerText()
}

test('the shop window shows what is decided, for whom, and what it tells', {
  skip: browserMissing
}, async t => {
  const [service, browser] = await Promise.all([
    startService(t, { env: { PATH: '' } }),
    startBrowser(t)
  ])
  for (const { id, ...body } of CUSTOMERS) {
    const response = await fetch(`${service.url}/v1/customers/crm/${id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    t.equal(response.status, 200)
  }
  const page200 = await service.get('/demo')
  t.match(page200.headers.get('content-security-policy'), /default-src 'self'.*trusted-types/)

  await t.test('customers, moments and answers change the offers', async t => {
    await visit(
      t,
      browser,
      { baseURL: service.url, viewport: { width: 1280, height: 800 } },
      async page => {
        await page.goto('/demo')
        t.match(await statusOf(page, /For visitor/), /ms here, .* ms of it deciding/)
        await page.locator('#who').selectOption('c-1012')
        await statusOf(page, /For c-1012/)
        await page.locator('#intent').selectOption('card')
        await page.locator('.hero [data-offerd-offer$=card]').waitFor()
        const first =
          (await page.locator('.hero [data-offerd-offer]').getAttribute('data-offerd-offer')) ?? ''
        await page.getByText(`impression ${first}`).waitFor({ timeout: PATIENT_MS })
        await page.locator('.hero').getByRole('button', { name: 'Not for me' }).click()
        await page.getByText(`reject ${first}`).waitFor()
        await page.locator(`.hero [data-offerd-offer]:not([data-offerd-offer=${first}])`).waitFor()
        t.equal(await page.locator(`[data-offerd-offer=${first}]`).count(), 0)

        await page.locator('.tile .action').first().click()
        await page.getByRole('dialog').getByRole('button', { name: 'Apply now' }).click()
        await page.getByText(/^convert /).waitFor()
        await page.getByRole('link', { name: 'My accounts' }).click()
        await page.locator('.banner [data-offerd-offer]').waitFor()
        t.match(page.url(), /view=account/)
        await page.goBack()
        await page.locator('.hero [data-offerd-offer]').waitFor()

        const history = (await (await service.get('/v1/customers/crm/c-1012/history')).json()) as {
          history: ReadonlyArray<{ type: string; offerId?: string }>
        }
        t.ok(history.history.some(({ type, offerId }) => type === 'reject' && offerId === first))
      }
    )
  })

  await t.test('who agreed is remembered', async t => {
    await visit(t, browser, { baseURL: service.url }, async page => {
      await page.goto('/demo')
      const stranger = await statusOf(page, /For visitor/)
      await page.reload()
      t.not((await statusOf(page, /For visitor/)).slice(0, 20), stranger.slice(0, 20))
      await page.getByRole('switch').check()
      const known = await statusOf(page, /For visitor/)
      await page.reload()
      t.equal((await statusOf(page, /For visitor/)).slice(0, 20), known.slice(0, 20))
      t.equal(await page.getByRole('switch').isChecked(), true)
    })
  })

  for (const [width, height, colorScheme] of [
    [1280, 800, 'light'],
    [1280, 800, 'dark'],
    [390, 844, 'light']
  ] as const) {
    await t.test(
      `nothing moves and nobody is kept out at ${width} × ${height}, ${colorScheme}`,
      async t => {
        const options = { baseURL: service.url, viewport: { width, height }, colorScheme }
        await visit(t, browser, options, async page => {
          await page.addInitScript(`globalThis.shifted = 0
          new PerformanceObserver(list => {
            for (const entry of list.getEntries()) globalThis.shifted += entry.value
          }).observe({ type: 'layout-shift', buffered: true })`)
          await page.goto('/demo')
          await statusOf(page, /For visitor/)
          t.equal(await page.evaluate('shifted'), 0)
          await page.locator('#who').selectOption('c-1012')
          await statusOf(page, /For c-1012/)
          t.same(await violationsOn(page), [])
          t.ok(
            await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
            'it fits the width'
          )
        })
      }
    )
  }
})
