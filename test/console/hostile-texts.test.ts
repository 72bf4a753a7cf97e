import { test } from 'tap'
import { browserMissing, startBrowser, visit, STORE_BUSY } from '../helpers/browser.js'
import { startService } from '../helpers/service.js'

const MARK = 'window.ran = (window.ran ?? 0) + 1'
/** What runs where a text becomes markup, an attribute, an address, a script or a style. */
const PAYLOADS: readonly string[] = [
  `<script>${MARK}</script>`,
  `</script><script>${MARK}</script>`,
  `<img src=x onerror="${MARK}">`,
  `<img/src="x"/onerror=${MARK}>`,
  `<svg onload="${MARK}">`,
  `<svg><script>${MARK}</script></svg>`,
  `<svg><animate onbegin="${MARK}" attributeName=x dur=1s>`,
  `<body onload="${MARK}">`,
  `<iframe srcdoc="<script>parent.${MARK}</script>"></iframe>`,
  `<iframe src="javascript:${MARK}"></iframe>`,
  `<object data="javascript:${MARK}"></object>`,
  `<embed src="javascript:${MARK}">`,
  `<details open ontoggle="${MARK}">`,
  `<video><source onerror="${MARK}"></video>`,
  `<input autofocus onfocus="${MARK}">`,
  `<a href="javascript:${MARK}" autofocus>more</a>`,
  `<math><mi xlink:href="javascript:${MARK}">x</mi></math>`,
  `<style>@import 'javascript:${MARK}'; * { background: red }</style>`,
  `<link rel=stylesheet href="data:text/css,*{display:none}">`,
  `<meta http-equiv="refresh" content="0;url=javascript:${MARK}">`,
  `<base href="https://evil.example/">`,
  `<template><script>${MARK}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${MARK}>">`,
  `"><img src=x onerror="${MARK}">`,
  `' onmouseover='${MARK}' x='`,
  `javascript:${MARK}`,
  `data:text/html,<script>${MARK}</script>`,
  `\${${MARK}}`,
  `{{constructor.constructor('${MARK}')()}}`,
  `<!--><img src=x onerror="${MARK}">-->`,
  `\u003cimg src=x onerror=\u0022${MARK}\u0022\u003e`,
  `<scr\u0000ipt>${MARK}</scr\u0000ipt>`.replaceAll('\u0000', '\u2028')
]
const SLOTS = 10
const PAGES = Math.ceil(PAYLOADS.length / SLOTS)

/** Every text that a strategy may hold is one of the payloads; customers of page n see the offers of page n. */
function rules(): string {
  const at = (i: number): string => PAYLOADS[i % PAYLOADS.length]!
  const offers = PAYLOADS.map((text, i): [string, object] => [
    `offer-${i}`,
    {
      group: `group ${at(i)}`.slice(0, 60),
      name: text,
      value: 100 - i,
      eligibility: `customer.page == ${Math.floor(i / SLOTS)}`,
      treatments: {
        [`treatment ${i}`]: {
          placements: ['agent', 'home_tile'],
          content: {
            headline: text,
            text: at(i + 1),
            script: at(i + 2),
            action: at(i + 3),
            link: text,
            image: text
          },
          labels: { accept: at(i + 4), decline: at(i + 5) }
        }
      }
    }
  ])
  const fallback = {
    group: 'service',
    fallbackOnly: true,
    treatments: { any: { placements: ['agent', 'home_tile'], content: { headline: PAYLOADS[0] } } }
  }
  const groups = PAYLOADS.map((text, i): [string, object] => [
    `group ${at(i)}`.slice(0, 60),
    { issue: text.slice(0, 60) }
  ])
  return JSON.stringify({
    strategy: PAYLOADS[0],
    currency: 'EUR',
    namespaces: ['crm'],
    attributes: {
      page: { type: 'integer' },
      note: { type: 'string' },
      notes: { type: 'list<string>' }
    },
    context: { intent: { type: 'string', values: PAYLOADS.slice(0, 5) } },
    events: { [PAYLOADS[4]!]: {} },
    channels: { call_center: { direction: 'inbound' }, web: { direction: 'inbound' } },
    placements: {
      agent: { channel: 'call_center', count: SLOTS, fallback: 'nothing' },
      home_tile: { channel: 'web', count: SLOTS, fallback: 'nothing' }
    },
    segments: { looking: 'customer.page >= 0' },
    issues: Object.fromEntries<object>([
      ['all', {}],
      ...PAYLOADS.map((text): [string, object] => [text.slice(0, 60), {}])
    ]),
    groups: Object.fromEntries<object>([['service', { issue: 'all' }], ...groups]),
    offers: Object.fromEntries<object>([['nothing', fallback], ...offers])
  })
}

test(`${PAYLOADS.length} texts that would run as markup stay texts on every screen`, {
  skip: browserMissing
}, async t => {
  const service = await startService(t, {
    files: { 'rules/all.yaml': rules(), 'models/.keep': '' },
    env: { OFFERD_LOG_LEVEL: 'error' }
  })
  const browser = await startBrowser(t)
  const id = PAYLOADS[2]!
  const customers = Array.from({ length: PAGES }, (_, page) => `${page} ${id}`)
  for (const [page, customer] of customers.entries()) {
    const path = `${service.url}/v1/customers/crm/${encodeURIComponent(customer)}`
    const body = JSON.stringify({ attributes: { page, note: id, notes: PAYLOADS.slice(0, 20) } })
    const headers = { 'content-type': 'application/json' }
    const put = await fetch(path, { method: 'PUT', body, headers })
    t.ok(put.ok, await put.text())
    const asked = { id: customer, namespace: 'crm' }
    await service.post('/v1/events', { type: PAYLOADS[4], customer: asked, data: { page: id } })
    const request = { customer: asked, channel: 'call_center', placements: [{ id: 'agent' }] }
    t.equal((await service.post('/v1/decisions', request)).status, 200)
  }
  const decided = (await (await service.get('/v1/decisions')).json()) as {
    decisions: ReadonlyArray<{ decisionId: string }>
  }
  const screens = [
    ...customers.map(customer => `/console/desk?customer=${encodeURIComponent(`crm/${customer}`)}`),
    '/console',
    '/console/strategy',
    `/console/decisions?id=${decided.decisions[0]?.decisionId ?? ''}`,
    '/console/learning?offer=offer-2',
    `/console/what-if?customer=${encodeURIComponent(`crm/${customers[0]!}`)}`,
    `/console/desk?customer=${encodeURIComponent(PAYLOADS[2]!)}`,
    `/console/${encodeURIComponent(PAYLOADS[2]!)}`,
    '/demo',
    '/docs'
  ]
  // Unknown screens and customers are asked for on purpose; every other fault, such as a breach of the policy, fails.
  const expected = [...STORE_BUSY, /status of (400|404)/]
  await visit(t, browser, { baseURL: service.url, expected }, async page => {
    let shown = ''
    for (const screen of screens) {
      await page.goto(screen)
      await page.waitForLoadState('load')
      await page.waitForFunction('document.body.innerText.length > 100')
      if (screen.includes('desk?customer=crm')) await page.getByText(PAYLOADS[2]!).first().waitFor()
      for (const tab of await page.getByRole('tab').all()) await tab.click()
      shown += await page.evaluate<string>('document.body.innerText')
      t.equal(await page.evaluate('window.ran'), undefined, `nothing ran on ${screen.slice(0, 60)}`)
      t.equal(
        await page.evaluate(
          "document.querySelectorAll('img[src=x], iframe, object, embed, base').length"
        ),
        0
      )
    }
    const unseen = PAYLOADS.filter(text => !shown.includes(text.split('\u2028')[0]!))
    t.same(unseen, [], 'every text was shown as it is written')
  })
})
