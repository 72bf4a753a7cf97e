import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rulesWith } from '../helpers/rules.js'
import { startService, type RunningService } from '../helpers/service.js'
import type { Ending } from '../helpers/redis.js'
import { startShop, type Shop } from './shop.js'

/** What pages of the shop present; it is in their source. */
export const PUBLISHABLE = 'publishable-key'
const SERVER = 'server-key'

const HERO = `{headline: "<b>Gold</b> for you", text: "First year free", action: "See it", link: "/cards?consent=granted"}`
const RULES = rulesWith({
  offers: `
  gold: {group: cards, value: 3, suitability: 'seen("reject", "same", "30d") == 0', treatments: {hero: {placements: [home_hero], content: ${HERO}}}}
  silver: {group: cards, value: 2, treatments: {hero: {placements: [home_hero], content: {headline: Silver, link: "javascript:alert(1)"}}}}
  one: {group: loans, value: 3, treatments: {tile: {placements: [home_tile], content: {headline: One}}}}
  two: {group: loans, value: 2, treatments: {tile: {placements: [home_tile], content: {headline: Two}}}}
  three: {group: loans, value: 1, treatments: {tile: {placements: [home_tile], content: {headline: Three}}}}`
})

const STYLE = `
[data-offerd-placement] { display: flow-root; min-height: 16rem }
.far { height: 3000px }
`

const TEMPLATE = `<template><article><h2 data-offerd-text="headline"></h2><p data-offerd-text="text"></p>
<a href="/service" data-offerd-text="action" data-offerd-href="link"></a><button data-offerd-event="reject">No</button></article></template>`

const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<link rel="stylesheet" href="/shop.css"><script type="module" src="/shop.js"></script></head><body><main id="main">
<section id="hero" data-offerd-placement="home_hero"><p>Our own words</p>${TEMPLATE}</section>
<p>Below the offer</p><div class="far"></div>
<section class="tile" data-offerd-placement="home_tile">Own tile</section>
<section class="tile" data-offerd-placement="home_tile">Own tile</section>
</main></body></html>`

/** Two pages that load the client as a module, one that loads it as a plain script; each asks as its address says. */
function fill(shop: Shop, service: string): void {
  const script = `
globalThis.troubles = []
globalThis.shifted = 0
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) globalThis.shifted += entry.value
}).observe({ type: 'layout-shift', buffered: true })
const asked = new URLSearchParams(location.search)
globalThis.client = createClient({
  url: '${service}', key: '${PUBLISHABLE}', consent: asked.get('consent') ?? 'denied', timeoutMs: Number(asked.get('timeoutMs') ?? 10000),
  followHistory: true, onTrouble: trouble => globalThis.troubles.push(trouble)
})
globalThis.first = client.render({ context: { device: 'mobile' } })
globalThis.first.then(() => { globalThis.shownAtMs = Date.now() })
`
  shop.put('/', 'text/html', PAGE)
  shop.put('/cards', 'text/html', PAGE)
  shop.put(
    '/plain',
    'text/html',
    PAGE.replace(
      '<script type="module" src="/shop.js">',
      `<script src="${service}/sdk.umd.js" defer></script><script defer src="/plain.js">`
    )
  )
  shop.put('/shop.css', 'text/css', STYLE)
  shop.put(
    '/shop.js',
    'text/javascript',
    `import { createClient } from '${service}/sdk.js'\n${script}`
  )
  shop.put('/plain.js', 'text/javascript', `const { createClient } = offerd\n${script}`)
}

export interface Site {
  readonly shop: Shop
  readonly service: RunningService
  /** Starts the service again where it was, with nothing in memory but what its key file and rules say. */
  startAgain(): Promise<RunningService>
  /** What the service knows of a visitor: types of interactions with the offers and times, the newest first. */
  history(
    visitorId: string
  ): Promise<ReadonlyArray<{ type: string; offerId?: string; time: string }>>
}

/** A shop and the service that decides for it, with a key that pages of the shop may use. */
export async function startSite(t: Ending): Promise<Site> {
  let url = ''
  const shop = await startShop(t, () => url)
  const start = (port: string): Promise<RunningService> =>
    startService(t, {
      files: { 'rules/all.yaml': RULES, 'models/.keep': '' },
      env: dir => {
        writeFileSync(join(dir, 'keys.yaml'), keysFor(shop.url))
        return { PATH: '', OFFERD_KEYS: join(dir, 'keys.yaml'), OFFERD_PORT: port }
      }
    })
  const service = await start('0')
  ;({ url } = service)
  fill(shop, url)
  return {
    shop,
    service,
    startAgain: () => start(new URL(url).port),
    async history(visitorId) {
      const response = await fetch(`${url}/v1/customers/cookie/${visitorId}/history`, {
        headers: { authorization: `Bearer ${SERVER}` }
      })
      if (response.status === 404) return []
      const { history } = (await response.json()) as {
        history: Array<{ type: string; offerId?: string; time: string }>
      }
      return history.filter(({ type }) => type !== 'decision')
    }
  }
}

function keysFor(origin: string): string {
  const hash = (key: string): string => createHash('sha256').update(key).digest('hex')
  return `keys:
  - {id: shop, sha256: ${hash(PUBLISHABLE)}, scopes: [decide, events], publishable: true, namespaces: [cookie], channels: [web], origins: ["${origin}"]}
  - {id: server, sha256: ${hash(SERVER)}, scopes: [decide, events, customers, admin]}
`
}
