import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test, type Test } from 'tap'
import { createServerClient } from '../../src/client/server.js'
import { browserMissing, startBrowser, visit } from '../helpers/browser.js'
import { program } from '../helpers/program.js'
import { startService } from '../helpers/service.js'
import { PUBLISHABLE, startSite } from './site.js'

const ROOT = resolve(import.meta.dirname, '../..')
const WRITTEN_FOR = /http:\/\/localhost:8484/g
const PATIENT_MS = 20_000
const run = promisify(execFile)

/** Somebody whom an agent has several things to offer. */
const CALLER = {
  attributes: {
    age: 41,
    income: 4200,
    balance: 9000,
    tenure_months: 80,
    digital_days: 12,
    salary_account: true,
    products: ['current_account']
  },
  consent: { marketing: { granted: true }, personalisation: { granted: true } }
}

/** The block of the README that has this mark and holds this text, as it stands there. */
async function block(mark: string, text: string): Promise<string> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)]
  const [, , found] = blocks.find(([, its, body]) => its === mark && body?.includes(text)) ?? []
  if (found === undefined) throw new Error(`README.md has no block "${mark}" with ${text}`)
  return found
}

/** A folder of somebody who has installed the client. */
async function project(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-readme-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'node_modules/@offerd'), { recursive: true })
  await symlink(join(dirname(program()), 'client'), join(folder, 'node_modules/@offerd/client'))
  return folder
}

test('curl, a Node.js server and an agent do what the README says', async t => {
  const service = await startService(t, { env: { PATH: '' } })
  const shell = async (text: string): Promise<string> => {
    const script = (await block('sh run', text)).replace(WRITTEN_FOR, service.url)
    return (
      await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: ROOT, timeout: PATIENT_MS })
    ).stdout
  }
  t.match(JSON.parse(await shell('curl -fsS http://localhost:8484/v1/decisions')), {
    placements: [{ id: 'home_hero' }]
  })
  const known = await createServerClient(service).customer('crm', 'c-1002').put(CALLER)
  t.equal(known.customer.id, 'c-1002')
  const agent = await shell('/v1/stream')
  t.match(agent, /\[[^\]]*'[a-z-]+'/, 'the agent was shown offers')

  const folder = await project(t)
  const script = (await block('js node', 'decide')).replace(WRITTEN_FOR, service.url)
  await writeFile(join(folder, 'ask.mjs'), script)
  const { stdout } = await run(process.execPath, [join(folder, 'ask.mjs')])
  t.match(stdout, /^decided /)
  t.match(stdout, /accepted: 1/)
  await service.stop()
  t.match((await run(process.execPath, [join(folder, 'ask.mjs')])).stdout, /failed Welcome\n$/)
})

test('a page does what the README says', { skip: browserMissing }, async t => {
  const [{ shop, service }, browser] = await Promise.all([startSite(t), startBrowser(t)])
  const page = (await block('html page', 'data-offerd-placement'))
    .replace('https://offers.bank.example', service.url)
    .replace('PUBLISHABLE-KEY', PUBLISHABLE)
    // The small strategy of this test declares other moments.
    .replace('page: location.pathname', "device: 'desktop'")
  shop.put('/example', 'text/html', `<!doctype html><title>Example</title>${page}`)
  await visit(t, browser, { baseURL: shop.url, others: [service.url] }, async page => {
    await page.goto('/example')
    await page.locator('[data-offerd-offer=gold]').waitFor()
    t.equal(await page.locator('h2').innerText(), '<b>Gold</b> for you')
  })
})
