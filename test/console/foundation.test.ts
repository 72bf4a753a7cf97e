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

test('a service with keys is signed in to', { skip: browserMissing }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-keys-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const keyFile = join(folder, 'keys.yaml')
  const sha256 = createHash('sha256').update(KEY).digest('hex')
  await writeFile(
    keyFile,
    `keys: [{id: desk, sha256: ${sha256}, scopes: [decide, events, customers, admin]}]`
  )
  const service = await startService(t, { env: { OFFERD_KEYS: keyFile } })
  const browser = await startBrowser(t)
  const options = { baseURL: service.url, expected: [/status of 401/] }
  await visit(t, browser, options, async page => {
    await page.goto('/console')
    const field = page.getByLabel('Key')
    await field.fill('not the key')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('no key that is known here').waitFor()
    t.same(await violationsOn(page), [])
    await field.fill(KEY)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('retail-bank').waitFor()
    t.equal(await page.evaluate('Object.values(localStorage).join().includes("the-key")'), false)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await field.waitFor()
  })
})
