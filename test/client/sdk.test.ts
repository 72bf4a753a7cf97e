import { test } from 'tap'
import type { Page } from 'playwright-core'
import { browserMissing, startBrowser, visit } from '../helpers/browser.js'
import { startSite, type Site } from './site.js'

/** Long enough for any machine; what is awaited is looked at every now and then. */
const PATIENCE_MS = 20_000
const LOOK_EVERY_MS = 50

/** Waits until the service has been told what the condition asks for. */
async function told(
  { history }: Site,
  page: Page,
  isThere: (types: readonly string[]) => boolean
): Promise<Awaited<ReturnType<Site['history']>>> {
  const id = await page.evaluate<string>('client.visitorId')
  const endMs = performance.now() + PATIENCE_MS
  for (;;) {
    const entries = await history(id)
    if (isThere(entries.map(({ type, offerId }) => `${type} ${offerId ?? ''}`))) return entries
    if (performance.now() > endMs) throw new Error(`Not told in time: ${JSON.stringify(entries)}`)
    await new Promise(done => setTimeout(done, LOOK_EVERY_MS))
  }
}

test('the client in a browser, on a page with a strict policy', {
  skip: browserMissing
}, async t => {
  const [site, browser] = await Promise.all([startSite(t), startBrowser(t)])
  const { shop, service } = site
  const options = { baseURL: shop.url, others: [service.url] }

  await t.test(
    'offers come into their places with one request, as text, and nothing moves',
    async t => {
      await visit(t, browser, options, async page => {
        const asked: string[] = []
        page.on('request', request => {
          if (request.url().includes('/v1/decisions')) asked.push(request.postData() ?? '')
        })
        await page.goto('/')
        await page.locator('#hero [data-offerd-offer=gold]').waitFor()
        t.equal(await page.locator('#hero h2').innerText(), '<b>Gold</b> for you')
        t.equal(await page.locator('#hero b').count(), 0)
        t.equal(await page.locator('#hero a').getAttribute('href'), '/cards?consent=granted')
        t.same(await page.locator('.tile').allInnerTexts(), ['One', 'Two'])
        t.equal(asked.length, 1)
        t.match(JSON.parse(asked[0]!), {
          placements: [{ id: 'home_hero' }, { id: 'home_tile', count: 2 }],
          context: { device: 'mobile' },
          language: 'en'
        })
        const took = await page.evaluate<number>('first.then(answer => answer.tookMs)')
        t.ok(took > 0 && took < 10_000)
        t.equal(await page.evaluate('shifted'), 0)
      })
    }
  )

  await t.test(
    'what was half on the screen for a second is an impression, the rest is not',
    async t => {
      await visit(t, browser, options, async page => {
        await page.goto('/')
        const shownAtMs = await page.evaluate<number>('first.then(() => shownAtMs)')
        const entries = await told(site, page, types => types.includes('impression gold'))
        t.equal(entries.length, 1, 'the tiles are far below')
        t.ok(Date.parse(entries[0]!.time) - shownAtMs >= 990, 'after a second')
        await page.locator('.tile').last().scrollIntoViewIfNeeded()
        await told(site, page, types => types.includes('impression two'))
      })
    }
  )

  await t.test('a click that leaves the page is told, and converted on the next page', async t => {
    await visit(t, browser, options, async page => {
      await page.goto('/?consent=granted')
      await page.locator('#hero a').click()
      await page.waitForURL('**/cards?consent=granted')
      await told(site, page, types => types.includes('click gold'))
      await page.evaluate("client.convert({ value: 80, id: 'order-1' })")
      await told(site, page, types => types.includes('convert gold'))
    })
  })

  await t.test('who says no is not asked again, and a link that is a script is none', async t => {
    await visit(t, browser, options, async page => {
      await page.goto('/')
      await page.locator('#hero button').click()
      await told(site, page, types => types.includes('reject gold'))
      await page.evaluate('client.render()')
      t.equal(await page.locator('#hero h2').innerText(), 'Silver')
      t.equal(await page.locator('#hero a').isVisible(), false)
      t.equal(await page.locator('#hero a').getAttribute('href'), '/service')
    })
  })

  await t.test('what waits when the page goes is handed to the browser', async t => {
    await visit(t, browser, options, async page => {
      await page.addInitScript(`const send = navigator.sendBeacon.bind(navigator)
        navigator.sendBeacon = (url, body) => {
          sessionStorage.setItem('beacon', body)
          return send(url, body)
        }`)
      await page.goto('/?consent=granted')
      await page.locator('[data-offerd-offer=gold]').waitFor()
      await page.evaluate(`first.then(answer => {
        client.tell('impression', answer.placements[1].offers[0])
        location.href = '/cards?consent=granted'
      })`)
      await page.waitForURL('**/cards?consent=granted')
      await told(site, page, types => types.includes('impression one'))
      t.match(await page.evaluate("sessionStorage.getItem('beacon')"), /impression/)
    })
  })

  await t.test('without consent nothing is kept; with it the visitor is known again', async t => {
    await visit(t, browser, options, async page => {
      const kept = 'localStorage.length + sessionStorage.length + document.cookie.length'
      const visitorOf = async (path: string): Promise<string> => {
        await page.goto(path)
        return page.evaluate<string>('first.then(() => client.visitorId)')
      }
      const stranger = await visitorOf('/')
      t.equal(await page.evaluate(kept), 0)
      t.not(await visitorOf('/'), stranger)
      await page.evaluate("client.setConsent('granted')")
      const known = await page.evaluate<string>('client.visitorId')
      t.equal(await visitorOf('/?consent=granted'), known)
      await page.evaluate("client.setConsent('denied')")
      t.equal(await page.evaluate(kept), 0)
      t.not(await page.evaluate<string>('client.visitorId'), known)
    })
  })

  await t.test('a page that changes within itself is decided for again', async t => {
    await visit(t, browser, options, async page => {
      await page.goto('/')
      await page.locator('[data-offerd-offer=gold]').waitFor()
      const decision = page.waitForResponse('**/v1/decisions*')
      await page.evaluate(`document.getElementById('main').replaceChildren(Object.assign(document.createElement('section'), { id: 'tiles' }))
        document.getElementById('tiles').dataset.offerdPlacement = 'home_tile'
        history.pushState({}, '', '/within')`)
      t.match((await decision).request().postDataJSON(), { placements: [{ id: 'home_tile' }] })
      await page.locator('#tiles [data-offerd-offer=three]').waitFor()
      const entries = await told(site, page, types => types.includes('impression three'))
      t.notOk(
        entries.some(({ offerId }) => offerId === 'gold'),
        'what has gone was not seen'
      )
    })
  })

  await t.test('answers that are late, refused or nonsense leave the page as it is', async t => {
    await visit(t, browser, { ...options, expected: [/status of 503/] }, async page => {
      const answers: ReadonlyArray<readonly [status: number, body: string, trouble: RegExp]> = [
        [200, 'hello', /JSON/],
        [200, '{"decisionId":"1","degraded":[],"placements":[{"offers":[null]}]}', /no decision/],
        [503, '{"detail":"The store is away."}', /The store is away/]
      ]
      for (const [status, body, trouble] of answers) {
        await page.route('**/v1/decisions*', route =>
          route.fulfill({ status, body, headers: { 'access-control-allow-origin': '*' } })
        )
        await page.goto('/')
        t.match(await page.evaluate('first.then(answer => answer.trouble)'), trouble)
        t.equal(await page.locator('#hero').innerText(), 'Our own words')
        await page.unroute('**/v1/decisions*')
      }
      await page.route('**/v1/decisions*', () => undefined)
      await page.goto('/?timeoutMs=200')
      t.equal(
        await page.evaluate('first.then(answer => answer.trouble)'),
        'No answer within 200 ms.'
      )
      t.equal(await page.locator('#hero').innerText(), 'Our own words')
      const own = await page.evaluate(
        "client.decide(['home_hero'], { timeoutMs: 50, fallback: { home_hero: [{ headline: 'Ours' }] } })"
      )
      t.match(own, {
        placements: [
          { id: 'home_hero', fallback: true, offers: [{ content: { headline: 'Ours' } }] }
        ]
      })
    })
  })

  await t.test('a page without modules has the same client', async t => {
    await visit(t, browser, options, async page => {
      await page.goto('/plain')
      await page.locator('[data-offerd-offer=gold]').waitFor()
      t.equal(await page.evaluate('Object.keys(offerd).join()'), 'createClient')
    })
  })

  await t.test(
    'with the service away the page shows its own, and tells later what was done',
    async t => {
      await visit(t, browser, { ...options, expected: [/ERR_CONNECTION_REFUSED/] }, async page => {
        await page.goto('/?consent=granted')
        await page.locator('[data-offerd-offer=gold]').waitFor()
        await service.stop()
        await page.reload()
        t.match(await page.evaluate('first.then(answer => answer.trouble)'), /fetch/i)
        t.equal(await page.locator('#hero').innerText(), 'Our own words')
        t.equal(await page.evaluate('shifted'), 0)

        const again = await site.startAgain()
        await page.evaluate('client.render()')
        await page.locator('[data-offerd-offer=gold]').waitFor()
        await again.stop()
        await page.locator('#hero button').click()
        await page.waitForFunction('troubles.length > 0')
        await site.startAgain()
        await told(site, page, types => types.includes('reject gold'))
      })
    }
  )
})
