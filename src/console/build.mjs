/** Builds the console: one page, a chunk for each screen, and a compressed copy beside each file. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'

const HERE = dirname(fileURLToPath(import.meta.url))

/** What the browsers of the last two years read; light-dark() in the style sheets sets the bound. */
const TARGET = ['chrome123', 'firefox120', 'safari17.5']

/** @param {string} outDir the folder to write into; made where it is not there */
export async function buildConsole(outDir) {
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
  compress(outDir)
}

/** Once here instead of with every answer. */
function compress(dir) {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath ?? entry.path, entry.name)
    const bytes = readFileSync(path)
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 }
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }))
  }
}
