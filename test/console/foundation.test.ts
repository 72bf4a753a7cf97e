import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import { violationsOn } from '../helpers/accessible.js'
import { browserMissing, startBrowser, visit } from '../helpers/browser.js'
import { program } from '../helpers/program.js'
import { startService } from '../helpers/service.js'

const FOLDER = join(dirname(program()), 'console')
const MOST_BYTES = 150_000
const KEY = 'the key of the desk, for tests only'.replaceAll(' ', '-')

test('the console is at most 150 kB, compressed', async t => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(name =>
    /\.(html|js|css|svg)$/.test(name)
  )
  const bytes = files.reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(FOLDER, name))).length,
    0
  )
  t.comment(`${files.length} files, ${bytes} bytes with gzip`)
  t.ok(files.length > 3 && bytes <= MOST_BYTES, `${bytes} bytes`)
})

test('the page and its files', { skip: browserMissing }, async t => {
  const service = await startService(t)
  const browser = await startBrowser(t)

  await t.test('the page is asked for anew each time, its files are kept for ever', async t => {
    const page = await service.get('/console/desk')
    t.equal(page.status, 200)
    t.equal(page.headers.get('cache-control'), 'no-cache')
    const policy = page.headers.get('content-security-policy') ?? ''
    for (const part of [
      "default-src 'self'",
      "script-src 'self'",
      "require-trusted-types-for 'script'"
    ])
      t.ok(policy.includes(part), part)
    const [script = ''] = /\/console\/assets\/[\w.-]+\.js/.exec(await page.text()) ?? []
    const file = await service.get(script)
    t.equal(file.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    t.match(file.headers.get('content-encoding'), /^(br|gzip)$/)
    const missing = await service.get('/console/assets/nothing.js')
    t.equal(missing.status, 404)
    t.equal(missing.headers.get('cache-control'), 'no-store')
    t.equal((await service.get('/console/assets/..%2findex.html')).status, 400)
  })

  await t.test('the language and the appearance are remembered', async t => {
    await visit(t, browser, { baseURL: service.url }, async page => {
      await page.goto('/console')
      await page.getByRole('heading', { name: 'Live' }).waitFor()
      await page.getByLabel('Language').selectOption('zh')
      await page.getByLabel('外观').selectOption('dark')
      await page.getByRole('heading', { name: '实时' }).waitFor()
      await page.reload()
      await page.getByRole('heading', { name: '实时' }).waitFor()
      t.equal(await page.evaluate('document.documentElement.lang'), 'zh-Hans')
      t.equal(await page.evaluate('getComputedStyle(document.documentElement).colorScheme'), 'dark')
    })
  })

  await t.test('the keyboard gets past the navigation, and an unknown screen says so', async t => {
    await visit(t, browser, { baseURL: service.url }, async page => {
      await page.goto('/console/nothing-here')
      await page.getByText('There is no such screen').waitFor()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      t.equal(await page.evaluate('document.activeElement.id'), 'main')
    })
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    await t.test(`axe finds nothing on the first screen, ${colorScheme}`, async t => {
      await visit(t, browser, { baseURL: service.url, colorScheme }, async page => {
        await page.goto('/console')
        await page.getByText('retail-bank').waitFor()
        t.same(await violationsOn(page), [])
      })
    })
  }
})

test('a service with keys is signed in to, and what a key may not see leads to another key', {
  skip: browserMissing,
  timeout: 120_000
}, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-keys-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const keyFile = join(folder, 'keys.yaml')
  const sha256 = (key: string): string => createHash('sha256').update(key).digest('hex')
  await writeFile(
    keyFile,
    `keys:
  - {id: all, sha256: ${sha256(KEY)}, role: administrator}
  - {id: anna, sha256: ${sha256('annas-key')}, role: agent}
`
  )
  const service = await startService(t, { env: { OFFERD_KEYS: keyFile } })
  const browser = await startBrowser(t)
  const options = { baseURL: service.url, expected: [/status of 40[134]/] }
  await visit(t, browser, options, async page => {
    await page.goto('/console')
    const field = page.getByLabel('Key')
    const enter = async (key: string): Promise<void> => {
      await field.fill(key)
      await page.getByRole('button', { name: 'Continue' }).click()
    }
    await enter('not the key')
    await page.getByText('no key that is known here').waitFor()
    t.same(await violationsOn(page), [])

    await enter('annas-key')
    await page.waitForURL('**/console/desk')
    const screens = page.getByRole('navigation').getByRole('link')
    await screens.nth(1).waitFor()
    t.same(await screens.allTextContents(), ['Agent desk', 'Decisions'], 'what she may see')
    const kept =
      'document.cookie.length + Object.keys(localStorage).concat(Object.keys(sessionStorage)).length'
    t.equal(await page.evaluate(kept), 0, 'no script finds the key')
    const [cookie] = await page.context().cookies()
    t.match(cookie, { name: '__Host-offerd', httpOnly: true, secure: true, sameSite: 'Strict' })

    const streams = page.waitForEvent('websocket')
    await page.goto('/console/desk?customer=crm/c-1001')
    await page.getByText('Live', { exact: true }).first().waitFor()
    const handshake = await streams
    t.notMatch(handshake.url(), /ticket|key/)

    await page.goto('/console/strategy')
    await page.getByRole('button', { name: 'Use another key' }).click()
    await enter(KEY)
    await page.getByText('gold-card').first().waitFor()
    t.equal(await screens.count(), 6, 'without closing the tab')
    await page.reload()
    await page.getByText('gold-card').first().waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await field.waitFor()
    t.same(await page.context().cookies(), [])
  })
})
