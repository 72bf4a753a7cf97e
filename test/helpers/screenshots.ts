import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'

const FOLDER = resolve(import.meta.dirname, '../../src/console/screenshots')

/** Whether pictures are wanted: then a test may take the time to make them worth looking at. */
export const wantsScreenshots = process.env['OFFERD_SCREENSHOTS'] !== undefined

/** Keeps a picture of the page for the README and for people to look at; only where OFFERD_SCREENSHOTS is set, so that tests change no file. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  if (!wantsScreenshots) return
  mkdirSync(FOLDER, { recursive: true })
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
}
