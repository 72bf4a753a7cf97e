/** Builds the console: one page and a chunk for each screen. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const HERE = dirname(fileURLToPath(import.meta.url))

/** What the browsers of the last two years read; light-dark() in the style sheets sets the bound. */
const TARGET = ['chrome123', 'firefox120', 'safari17.5']

/** @param {string} outDir the folder to write into; made where it is not there */
export async function buildPart(outDir) {
  await build({
    root: HERE,
    base: '/console/',
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      target: TARGET,
      // Nothing may be a data: URL, which the page's policy refuses, and every browser of the target preloads modules by itself.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false
    }
  })
}
