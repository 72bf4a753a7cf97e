import { test } from 'tap'
import { browserMissing, startBrowser, visit } from '../helpers/browser.js'
import { offerYaml, rulesWith } from '../helpers/rules.js'
import { startService } from '../helpers/service.js'

const FILES = { 'rules/all.yaml': rulesWith({ offers: offerYaml('gold') }), 'models/.keep': '' }

test('the page /docs shows every route in a browser', { skip: browserMissing }, async t => {
  const [service, browser] = await Promise.all([
    startService(t, { files: FILES, env: { PATH: '' } }),
    startBrowser(t)
  ])
  const { paths } = (await (await service.get('/openapi.json')).json()) as {
    paths: Readonly<Record<string, object>>
  }
  const routes = Object.values(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0)

  await visit(t, browser, { baseURL: service.url }, async page => {
    await page.goto('/docs')
    await page.locator('article').first().waitFor()
    t.equal(await page.locator('article').count(), routes)
    t.equal(await page.locator('nav a').count(), routes)
    await page.getByRole('link', { name: 'POST /v1/decisions', exact: true }).click()
    t.match(await page.locator('article:target h3').innerText(), 'POST/v1/decisions')
  })
})

test('what goes wrong on a page fails its test', { skip: browserMissing }, async t => {
  const [service, browser] = await Promise.all([
    startService(t, { files: FILES, env: { PATH: '' } }),
    startBrowser(t)
  ])
  const elsewhere = 'http://127.0.0.1:1'
  const outcomes: ReadonlyArray<readonly [baseURL: string, script: string, fault: RegExp]> = [
    [service.url, "console.error('so it is said')", /console error: so it is said/],
    [service.url, "setTimeout(() => { throw new Error('astray') })", /uncaught: .*astray/],
    [service.url, "document.body.innerHTML = '<b>markup</b>'", /require-trusted-types-for/],
    [service.url, `fetch('${elsewhere}').catch(() => undefined)`, /connect-src forbids/],
    [elsewhere, '', /request to another host: .*\/docs/]
  ]
  for (const [baseURL, script, fault] of outcomes) {
    const found: unknown[] = []
    await visit({ same: faults => found.push(faults) > 0 }, browser, { baseURL }, async page => {
      await page.goto(`${service.url}/docs`)
      await page.evaluate(`void (async () => { ${script} })().catch(() => undefined)`)
      // What the page reports comes in order, so it was heard once this is answered.
      await page.evaluate('new Promise(done => setTimeout(done, 20))')
    })
    t.match(String(found), fault, script)
  }
})
