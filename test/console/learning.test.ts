import { setTimeout } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { test, type Test } from 'tap'
import { openStore } from '../../src/adapters/redis/open-store.js'
import { violationsOn } from '../helpers/accessible.js'
import { browserMissing, startBrowser, visit, STORE_BUSY } from '../helpers/browser.js'
import { keptLog } from '../helpers/logs.js'
import { PATIENT_MS } from '../helpers/redis.js'
import { VIEWS } from '../helpers/screens.js'
import { keepScreenshot } from '../helpers/screenshots.js'
import { startService, type RunningService } from '../helpers/service.js'
import { journalOfShippedWorld } from '../helpers/shipped-journal.js'

const HOUR_MS = 3_600_000
const HOURS = 60

interface Learning {
  readonly offers: ReadonlyArray<{
    readonly offerId: string
    readonly name: string
    readonly adapts: string | null
    readonly channels: ReadonlyArray<{
      readonly channel: string
      readonly impressions: number
      readonly rate: { readonly value: number } | null
    }>
  }>
}

interface Progress {
  readonly channels: ReadonlyArray<{ readonly channel: string; readonly points: unknown[] }>
}

/**
 * As if the service had learnt what it knows bit by bit in the last days, when it has learnt all there is.
 * @returns how many impressions it has learnt from
 */
async function spreadOverDays(url: string): Promise<number> {
  const redis = new Redis(url)
  const store = await openStore({ url, log: keptLog(), commandTimeoutMs: PATIENT_MS })
  const { learning } = store
  const hasLearnt = async (): Promise<boolean> =>
    (await learning.waiting(1)).lessons.length === 0 && (await learning.points()).length > 0
  while (!(await hasLearnt())) await setTimeout(100)
  await redis.del(await redis.keys('*learning}:points*'))
  // The learner keeps its next point in five minutes.
  const learner = (await redis.get('offerd:{learning}:learner')) ?? ''
  const { experience } = await learning.experienceSince(0)
  const startMs = Date.now() - HOURS * HOUR_MS
  for (let hour = 0; hour < HOURS; hour++) {
    const part = (hour + 1) / HOURS
    const seen = new Map(
      [...experience].map(([name, { impressions, positives }]) => {
        const shown = Math.ceil(impressions * part)
        return [name, { impressions: shown, positives: Math.round(positives * part ** 1.3) }]
      })
    )
    await learning.keepPoint(learner, { timeMs: startMs + hour * HOUR_MS, seen })
  }
  redis.disconnect()
  await store.close()
  return sum([...experience.values()].map(({ impressions }) => impressions))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

async function learnt(t: Test): Promise<RunningService> {
  const { env } = await journalOfShippedWorld(t, { count: 400, share: 0.1 })
  const service = await startService(t, { env: env as Record<string, string> })
  const impressions = await spreadOverDays(env['OFFERD_REDIS_URL']!)
  const told = async (): Promise<number> => {
    const { offers } = (await (await service.get('/v1/learning')).json()) as Learning
    return sum(offers.flatMap(({ channels }) => channels.map(each => each.impressions)))
  }
  // A process hears of what is learnt twice a second.
  while (Math.abs((await told()) - impressions) > 0.5) await setTimeout(100)
  return service
}

test('the learning screen', { skip: browserMissing, timeout: 300_000 }, async t => {
  const service = await learnt(t)
  const browser = await startBrowser(t)
  const learning = (await (await service.get('/v1/learning')).json()) as Learning
  const [best] = learning.offers
    .filter(({ adapts }) => adapts === 'blend')
    .sort((one, other) => other.channels[0]!.impressions - one.channels[0]!.impressions)
  const seen = best!.channels[0]!

  await t.test('what stands there is what the service says', async t => {
    await visit(t, browser, { baseURL: service.url, expected: STORE_BUSY }, async page => {
      await page.goto(`/console/learning?offer=${best!.offerId}`)
      const row = page
        .getByRole('row')
        .filter({ hasText: best!.name })
        .filter({ hasText: seen.channel })
      const text = await row.first().innerText()
      t.ok(text.includes(String(Math.round(seen.impressions * 10) / 10)), text)
      t.ok(text.includes(`${(seen.rate!.value * 100).toFixed(1)}%`), text)
      await page.getByRole('heading', { name: `Over time: ${best!.name}` }).waitFor()
      await page.getByRole('img', { name: /^Propensity, web/ }).waitFor()
      const progress = (await (
        await service.get(`/v1/learning/offers/${best!.offerId}`)
      ).json()) as Progress
      t.ok(progress.channels[0]!.points.length >= HOURS, 'the past is there after a restart')
      await page.getByRole('heading', { name: 'Calibration', exact: true }).waitFor()
      const report = (await (await service.get('/v1/learning/report?days=30')).json()) as {
        report: { decisions: number; models: ReadonlyArray<{ model: string; auc: number }> }
      }
      await page
        .getByText(`${report.report.decisions.toLocaleString('en-GB')} decisions; report made`)
        .waitFor()
      const [model] = report.report.models
      const modelRow = page.getByRole('row').filter({ hasText: `${model!.model}@` })
      t.ok((await modelRow.first().innerText()).includes(model!.auc.toFixed(3)))
      await page.getByText('Holdout (no offers)').first().waitFor()
    })
  })

  await t.test('offers are found, chosen by key, and stay chosen through a reload', async t => {
    await visit(t, browser, { baseURL: service.url, expected: STORE_BUSY }, async page => {
      await page.goto('/console/learning')
      const still = learning.offers.find(({ adapts }) => adapts === 'features')!
      await page.getByLabel('Find an offer').fill(still.name)
      const offer = page.getByRole('button', { name: still.name }).first()
      await offer.focus()
      await page.keyboard.press('Enter')
      await page.getByText('This offer learns by features').waitFor()
      await page.reload()
      await page.getByRole('heading', { name: `Over time: ${still.name}` }).waitFor()
      await page.getByLabel('Find an offer').fill('no such offer')
      await page.getByText('No offer has this in its name').waitFor()
    })
  })

  for (const view of VIEWS) {
    await t.test(
      `axe finds nothing, and nothing is wider than the screen: ${view.name}`,
      async t => {
        await visit(
          t,
          browser,
          { baseURL: service.url, expected: STORE_BUSY, ...view.options },
          async page => {
            await page.goto('/console/learning')
            await page.getByRole('img').nth(2).waitFor()
            t.same(await violationsOn(page), [])
            t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))
            await keepScreenshot(page, `learning-${view.name}`)
          }
        )
      }
    )
  }
})

test('the learning screen of a service that knows nothing', {
  skip: browserMissing,
  timeout: 300_000
}, async t => {
  const service = await startService(t)
  const browser = await startBrowser(t)
  await visit(t, browser, { baseURL: service.url, expected: STORE_BUSY }, async page => {
    await page.goto('/console/learning')
    await page.getByText('No journal is kept').waitFor()
    await page.getByText('Nothing was learnt yet in this channel').waitFor()
    t.same(await violationsOn(page), [])
  })
  const away = { baseURL: service.url, expected: [/ERR_FAILED/] }
  await visit(t, browser, away, async page => {
    await page.route('**/v1/learning', route => route.abort())
    await page.goto('/console/learning')
    await page.getByText('The service cannot be reached').waitFor()
    await page.unroute('**/v1/learning')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Offers and channels' }).waitFor()
  })
})
