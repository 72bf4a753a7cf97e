import type { Page } from 'playwright-core'
import { test } from 'tap'
import { violationsOn } from '../helpers/accessible.js'
import { browserMissing, startBrowser, visit } from '../helpers/browser.js'
import { VIEWS } from '../helpers/screens.js'
import { keepScreenshot } from '../helpers/screenshots.js'
import { startService, type RunningService } from '../helpers/service.js'

const CUSTOMER = 'crm/c-4711'

interface WhatIf {
  readonly before: Decision
  readonly after: Decision
}

interface Decision {
  readonly placements: ReadonlyArray<{
    readonly id: string
    readonly offers: ReadonlyArray<{ readonly offerId: string }>
  }>
}

interface Words {
  readonly offers: ReadonlyArray<{ readonly id: string; readonly name: string }>
}

async function stored(service: RunningService): Promise<void> {
  const answer = await fetch(`${service.url}/v1/customers/${CUSTOMER}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      attributes: {
        age: 34,
        income: 3400,
        balance: 5200,
        tenure_months: 40,
        products: ['current_account']
      },
      tags: [],
      consent: { marketing: { granted: true } }
    })
  })
  if (!answer.ok) throw new Error(await answer.text())
}

/** What a side of the screen shows, offer by offer. */
async function shownAt(page: Page, side: 'Before' | 'After'): Promise<string[]> {
  const names = page
    .getByRole('region', { name: `Placed: ${side}` })
    .locator('li > span:first-child')
  await names.first().waitFor()
  return await names.allInnerTexts()
}

function fieldOf(page: Page, label: string) {
  const named = page.locator('.field-label', { hasText: new RegExp(`^${label}$`) })
  return page.locator('.field').filter({ has: named }).locator('input, select')
}

test('the what-if screen', { skip: browserMissing, timeout: 300_000 }, async t => {
  const service = await startService(t)
  await stored(service)
  const browser = await startBrowser(t)
  const words = (await (await service.get('/v1/what-if')).json()) as Words
  const named = ({ placements }: Decision): string[] =>
    placements.flatMap(({ offers }) =>
      offers.map(({ offerId }) => words.offers.find(({ id }) => id === offerId)?.name ?? offerId)
    )

  await t.test('both answers are those of the service, and nobody is written', async t => {
    await visit(t, browser, { baseURL: service.url }, async page => {
      await page.goto(`/console/what-if?customer=${CUSTOMER}`)
      await page.getByText('now: 34', { exact: true }).waitFor()
      t.same(await shownAt(page, 'After'), await shownAt(page, 'Before'))
      await page.getByText('The answer stays the same').first().waitFor()
      const answered = page.waitForResponse(
        reply => reply.request().postData()?.includes('"age":17') === true
      )
      await fieldOf(page, 'age').fill('17')
      const answer = (await (await answered).json()) as WhatIf
      await page.getByRole('heading', { name: /offers are affected/ }).waitFor()
      t.same(await shownAt(page, 'Before'), named(answer.before))
      t.same(await shownAt(page, 'After'), named(answer.after))
      t.notSame(named(answer.after), named(answer.before))
      await page.getByText('Removed now: not eligible').first().waitFor()
      await page.getByRole('button', { name: 'Take all back' }).click()
      await page.getByText('The answer stays the same').first().waitFor()
    })
    const customer = await service.get(`/v1/customers/${CUSTOMER}/history`)
    t.same(((await customer.json()) as { history: unknown[] }).history, [])
  })

  await t.test('a lever moves an offer, which says why', async t => {
    await visit(t, browser, { baseURL: service.url }, async page => {
      await page.goto(`/console/what-if?customer=${CUSTOMER}`)
      const [, second] = await shownAt(page, 'Before')
      await fieldOf(page, 'Offer').selectOption({ label: second! })
      await fieldOf(page, `${second!}: Its own lever, %`).fill('900')
      await page.getByText(/Lever 1.* → /).waitFor()
      await page.getByText('up', { exact: true }).or(page.getByText('comes in')).first().waitFor()
    })
  })

  await t.test('what the service refuses is said with its place', async t => {
    const expected = [/status of 400/]
    await visit(t, browser, { baseURL: service.url, expected }, async page => {
      await page.goto('/console/what-if')
      await shownAt(page, 'Before')
      await fieldOf(page, 'age').fill('old')
      await page.getByText('/changes/attributes/age').waitFor()
      t.same(await violationsOn(page), [])
    })
  })

  for (const view of VIEWS) {
    await t.test(
      `axe finds nothing, and nothing is wider than the screen: ${view.name}`,
      async t => {
        await visit(t, browser, { baseURL: service.url, ...view.options }, async page => {
          await page.goto(`/console/what-if?customer=${CUSTOMER}`)
          await page.locator('.what-if-sides li').first().waitFor()
          await page.locator('.what-if-scroll input').first().fill('70')
          await page.locator('.what-if-answer table').waitFor()
          t.same(await violationsOn(page), [])
          t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
          await keepScreenshot(page, `what-if-${view.name}`)
        })
      }
    )
  }
})
