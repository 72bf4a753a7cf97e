import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import type { Ending } from './redis.js'

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome']
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]
/** How long a page may take for anything; machines that run many suites at once are slow. */
const PATIENT_MS = 20_000

const program = process.env['OFFERD_CHROMIUM'] ?? findProgram()
if (program === undefined && process.env['CI'] === 'true')
  throw new Error(
    'Chromium is not on PATH: in CI the suites that need it must run. Install Debian’s chromium, or name it in OFFERD_CHROMIUM.'
  )

/** For the `skip` of tests that need a browser: false, or why they were not run. */
export const browserMissing: string | false =
  program === undefined ? 'NOT RUN: Chromium is not on PATH and OFFERD_CHROMIUM names none' : false

/** On a busy machine the store may be late once; a page asks again, but the browser has noted it. */
export const STORE_BUSY: readonly RegExp[] = [/status of 503/]

/** Starts a headless Chromium that is gone when the test ends. One a file is enough: every page has a profile of its own. */
export async function startBrowser(t: Ending): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: program!, args: SWITCHES })
  t.teardown(() => browser.close())
  return browser
}

export interface VisitOptions extends BrowserContextOptions {
  /** Where the service listens; paths given to `goto` are paths there, and requests to any other host are faults. */
  readonly baseURL: string
  /** Origins that the page may ask beside. */
  readonly others?: readonly string[]
  /** What the test itself brings about: faults that match are none. */
  readonly expected?: readonly RegExp[]
}

/** The part of a test that judges. */
interface Judging {
  same(found: unknown, wanted: unknown, message: string): boolean
}

/**
 * Does something on a page in a fresh profile, and fails the test if anything went wrong on it or on pages that it
 * opened: errors and warnings of the console, uncaught errors, breaches of the Content-Security-Policy, and requests to
 * others than `baseURL`.
 */
export async function visit(
  t: Judging,
  browser: Browser,
  { expected = [], others = [], ...options }: VisitOptions,
  act: (page: Page) => Promise<void>
): Promise<void> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENT_MS)
  // A breach of a policy that is only reported stands in no console otherwise.
  await context.addInitScript(`document.addEventListener('securitypolicyviolation', breach => {
    console.error('Content-Security-Policy: ' + breach.violatedDirective + ' forbids ' + (breach.blockedURI || breach.sample))
  })`)
  const faults: string[] = []
  const hosts = new Set([options.baseURL, ...others].map(url => new URL(url).host))
  context.on('page', page =>
    watch(page, hosts, fault => {
      if (!expected.some(pattern => pattern.test(fault))) faults.push(fault)
    })
  )
  try {
    await act(await context.newPage())
  } finally {
    await context.close()
    t.same(faults, [], 'nothing went wrong in the browser')
  }
}

/** Tells everything that a page does and should not. */
function watch(page: Page, hosts: ReadonlySet<string>, note: (fault: string) => void): void {
  page.on('console', message => {
    const kind = message.type()
    if (kind === 'error' || kind === 'warning')
      note(`console ${kind}: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', error => note(`uncaught: ${error.stack ?? error.message}`))
  page.on('request', request => {
    const url = new URL(request.url())
    if (/^https?:$/.test(url.protocol) && !hosts.has(url.host))
      note(`request to another host: ${url.href}`)
  })
  page.on('websocket', socket => {
    if (!hosts.has(new URL(socket.url()).host)) note(`WebSocket to another host: ${socket.url()}`)
  })
}

function findProgram(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return PROGRAMS.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
