import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { test, type Test } from 'tap'
import { violationsOn } from '../helpers/accessible.js'
import { browserMissing, startBrowser, visit, STORE_BUSY } from '../helpers/browser.js'
import { startService, type RunningService } from '../helpers/service.js'

/** OFFERD_SCREENSHOTS=1 makes the pictures of the README anew. */
const PICTURES =
  process.env['OFFERD_SCREENSHOTS'] === undefined
    ? undefined
    : resolve(import.meta.dirname, '../../src/console/screenshots')
/** What is promised on a machine that does nothing else, and what a busy one may take. */
const LARGEST_PAINT_MS = 1000
const NEW_LIST_MS = 100
const BUSY = 10

const WIDE = { width: 1280, height: 720 }
const NARROW = { width: 390, height: 844 }

const CUSTOMER = {
  attributes: {
    age: 50,
    job: 'management',
    homeowner: true,
    phone: '+49 30 23125 889',
    email: 'somebody@example.com',
    products: ['current_account', 'savings_account', 'gold_card', 'personal_loan'],
    tenure_months: 195,
    balance: 68_519.63,
    income: 6370,
    card_spend: 2069,
    digital_days: 19,
    salary_account: true
  },
  tags: ['life/home/renovating'],
  consent: { marketing: { granted: true }, personalisation: { granted: true } }
}

test('the agent desk', { skip: browserMissing }, async t => {
  const service = await startService(t)
  const browser = await startBrowser(t)
  const at = (page: Page, id: string) => page.goto(`/console/desk?customer=crm/${id}`)
  const wide = { baseURL: service.url, viewport: WIDE, expected: STORE_BUSY }
  const sitAt = (t: Test, work: (page: Page) => Promise<void>) => visit(t, browser, wide, work)

  await t.test('a customer opened by link is there with offers, reasons and history', async t => {
    await have(service, 'c-1001')
    await sitAt(t, async page => {
      await at(page, 'c-1001')
      await offersOn(page)
      for (const text of [
        '•••889',
        'balance at least 5,000',
        'not shown this week',
        'marketing: yes'
      ])
        await page.getByText(text).first().waitFor()
      const body = await page.locator('body').innerText()
      t.notMatch(body, /23125/, 'a phone number is masked')
      const paintMs =
        await page.evaluate<number>(`new Promise(resolve => new PerformanceObserver(list =>
        resolve(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true }))`)
      t.comment(`largest contentful paint after ${Math.round(paintMs)} ms`)
      t.ok(paintMs < LARGEST_PAINT_MS * BUSY, `${paintMs} ms`)
      t.ok(
        await page.evaluate('document.documentElement.scrollHeight <= innerHeight'),
        'nothing scrolls at 1280 × 720'
      )
    })
  })

  await t.test('what the call is about changes the offers while it is typed', async t => {
    await have(service, 'c-1001')
    await sitAt(t, async page => {
      await at(page, 'c-1001')
      await offersOn(page)
      await watchList(page, 'input')
      await page.getByLabel('What is the call about?').pressSequentially('car', { delay: 20 })
      await page.getByText('intent is card: +50 %').first().waitFor()
      await judgeSpeed(t, page, 'typing to new list')
    })
  })

  await t.test(
    'a visitor clicks on the website, and the open desk of the agent changes',
    async t => {
      await have(service, 'c-1001')
      await sitAt(t, async page => {
        await at(page, 'c-1001')
        const before = await offersOn(page)
        const last = before.at(-1)!
        const token = await shownOnWeb(service, 'c-1001', await offerNamed(service, last))
        await tell(service, [
          { id: 'seen-1', type: 'impression', token },
          { id: 'click-1', type: 'click', token }
        ])
        await page.getByText('Clicked').waitFor()
        await page.waitForFunction(
          `document.querySelector('.desk-offer-list li:last-child h2').textContent !== ${JSON.stringify(last)}`
        )
        t.not((await offersOn(page)).at(-1), last, 'what was clicked has risen')
      })
    }
  )

  await t.test(
    'an agent declines with a reason, and the website no longer shows the group',
    async t => {
      await have(service, 'c-1002')
      const savings = () => webOffers(service, 'c-1002', { group: ['savings'] })
      t.ok((await savings()).length > 0, 'the website shows savings at first')
      await sitAt(t, async page => {
        await at(page, 'c-1002')
        await page.getByLabel('What is the call about?').fill('save')
        await page
          .getByText('intent is save or')
          .first()
          .waitFor({ timeout: 500 })
          .catch(() => undefined)
        for (const name of ['Fixed deposit', 'Pension plan']) {
          const names = await offersOn(page)
          await page.keyboard.press('Escape')
          await page.locator('h1').click({ force: true })
          await page.keyboard.press(String(names.indexOf(name) + 1))
          await page.keyboard.press('d')
          await watchList(page, 'keydown')
          await page.getByLabel('Why not?').selectOption('too_expensive')
          await page.keyboard.press('Enter')
          await page.getByText(`Declined: ${name}`).first().waitFor()
          await page.getByRole('heading', { name, exact: true }).waitFor({ state: 'detached' })
          await judgeSpeed(t, page, 'declining to new list')
        }
        await page.getByText('Too expensive').first().waitFor()
      })
      t.same(await savings(), [], 'the group is not shown after two rejections')
    }
  )

  await t.test('an offer is accepted, or put off to a day, by key and by mouse', async t => {
    await have(service, 'c-1003')
    await sitAt(t, async page => {
      await at(page, 'c-1003')
      const [first] = await offersOn(page)
      await page.keyboard.press('1')
      await page.keyboard.press('a')
      await page.getByText('Accepted:').first().waitFor()
      await page.getByRole('heading', { name: first!, exact: true }).waitFor({ state: 'detached' })
      const [second] = await offersOn(page)
      await page
        .getByRole('button', { name: /^Later/ })
        .first()
        .click()
      await page.getByRole('button', { name: 'Call back' }).click()
      await page.getByRole('heading', { name: second!, exact: true }).waitFor({ state: 'detached' })
      const { history } = (await (
        await service.get('/v1/customers/crm/c-1003/history')
      ).json()) as { history: { type: string; until?: string }[] }
      t.same(
        history.map(({ type }) => type),
        ['later', 'impression', 'accept', 'impression']
      )
      t.ok(Date.parse(history[0]!.until!) > Date.now() + 5 * 86_400_000)
    })
  })

  await t.test(
    'somebody of whom nothing is known gets what strangers get, and the desk says so',
    async t => {
      const options = { baseURL: service.url, expected: [/status of 404/, ...STORE_BUSY] }
      await visit(t, browser, options, async page => {
        await page.goto('/console/desk')
        await page.getByText('No customer is open').waitFor()
        await page.getByLabel('Customer').fill('cookie/nobody-7')
        await page.keyboard.press('Enter')
        await page.getByText('not known', { exact: true }).waitFor()
        await page.getByText('Check the id').waitFor()
        t.match(page.url(), /customer=cookie%2Fnobody-7/)
      })
    }
  )

  await t.test('who clicked and heard nothing since is on the list of whom to call', async t => {
    await have(service, 'c-1005')
    await have(service, 'c-1006')
    const token = await shownOnWeb(service, 'c-1005', 'fixed-deposit-1y')
    await shownOnWeb(service, 'c-1006', 'pension-plan')
    await tell(service, [{ id: 'click-5', type: 'click', token }])
    const due = {
      type: 'later',
      customer: { id: 'c-1006' },
      offerId: 'pension-plan',
      channel: 'web'
    }
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
    await tell(service, [{ ...due, id: 'later-6', time: ago(3), until: ago(1) }])
    await sitAt(t, async page => {
      await page.goto('/console/desk')
      await page
        .getByText(/clicked on Fixed deposit/)
        .first()
        .waitFor()
      const lines = await page.locator('.desk-leads li').allInnerTexts()
      t.match(
        lines[0],
        /crm\/c-1006.*asked to be called about Pension plan/s,
        'a promised day comes first'
      )
      t.same(await violationsOn(page), [])
      await page.getByRole('link', { name: 'crm/c-1005' }).click()
      await offersOn(page)
    })
  })

  for (const locale of ['en-GB', 'zh-CN'])
    for (const viewport of [WIDE, NARROW])
      await t.test(`axe finds nothing in ${locale} at ${viewport.width}`, async t => {
        await have(service, 'c-1004')
        const colorScheme = locale === 'en-GB' ? ('light' as const) : ('dark' as const)
        const options = {
          baseURL: service.url,
          viewport,
          locale,
          colorScheme,
          expected: STORE_BUSY
        }
        await visit(t, browser, options, async page => {
          await at(page, 'c-1004')
          await offersOn(page)
          await page.getByText('•••889').waitFor()
          t.same(await violationsOn(page), [])
          t.ok(
            await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
            'nothing scrolls sideways'
          )
          await picture(page, `desk-${locale.slice(0, 2)}-${viewport.width}`)
        })
      })
})

async function have(service: RunningService, id: string): Promise<void> {
  const reply = await fetch(`${service.url}/v1/customers/crm/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(CUSTOMER)
  })
  if (!reply.ok) throw new Error(await reply.text())
}

/** The headlines of the offers, once there are some. */
async function offersOn(page: Page): Promise<string[]> {
  const headlines = page.locator('.desk-offer-list h2')
  await headlines.first().waitFor()
  return await headlines.allInnerTexts()
}

/** Notes in the page how long after the last event of a kind the list was another one. */
async function watchList(page: Page, kind: 'input' | 'keydown'): Promise<void> {
  await page.evaluate(`{
    const list = document.querySelector('.desk-offers')
    const names = () => [...list.querySelectorAll('h2')].map(each => each.textContent)
    const first = names()
    let last = 0
    addEventListener('${kind}', () => { last = performance.now() }, true)
    window.newListMs = undefined
    const observer = new MutationObserver(() => {
      const now = names()
      // What was answered leaves at once; the list is new when the next best has come in its place.
      if (now.length < first.length || now.join() === first.join()) return
      observer.disconnect()
      window.newListMs = performance.now() - last
    })
    observer.observe(list, { childList: true, subtree: true, characterData: true })
  }`)
}

async function judgeSpeed(t: Test, page: Page, what: string): Promise<void> {
  // As a function: a page's policy lets nobody evaluate a text again and again.
  await page.waitForFunction(() => (globalThis as { newListMs?: number }).newListMs !== undefined)
  const tookMs = await page.evaluate<number>('window.newListMs')
  t.comment(`${what}: ${Math.round(tookMs)} ms`)
  t.ok(tookMs < NEW_LIST_MS * BUSY, `${what}: ${tookMs} ms`)
}

interface Placed {
  readonly placements: readonly {
    readonly fallback: boolean
    readonly offers: readonly { readonly offerId: string; readonly token: string }[]
  }[]
}

async function decideOnWeb(service: RunningService, id: string, filter: object) {
  const reply = await service.post('/v1/decisions', {
    customer: { id },
    channel: 'web',
    placements: [{ id: 'home_tile', filter }]
  })
  const { placements } = (await reply.json()) as Placed
  return placements[0]!
}

async function webOffers(service: RunningService, id: string, filter: object) {
  const { fallback, offers } = await decideOnWeb(service, id, filter)
  return fallback ? [] : offers.map(({ offerId }) => offerId)
}

/** The token of an offer that the website shows. */
async function shownOnWeb(service: RunningService, id: string, offer: string): Promise<string> {
  const { offers } = await decideOnWeb(service, id, { offer: [offer] })
  return offers[0]!.token
}

async function tell(service: RunningService, events: readonly object[]): Promise<void> {
  const reply = await service.post('/v1/events', events)
  if (reply.status !== 202) throw new Error(await reply.text())
}

async function offerNamed(service: RunningService, headline: string): Promise<string> {
  const { offers } = (await (await service.get('/v1/words')).json()) as {
    offers: { id: string; name: string }[]
  }
  return offers.find(({ name }) => name.startsWith(headline))!.id
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return
  await mkdir(PICTURES, { recursive: true })
  await page.screenshot({ path: join(PICTURES, `${name}.png`) })
}
