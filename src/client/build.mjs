/** Builds the package @offerd/client: what browsers load as sdk.js and sdk.umd.js, what Node.js servers import, and the types. */
import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const HERE = dirname(fileURLToPath(import.meta.url))
const COMPILER = join(HERE, '../../node_modules/typescript/bin/tsc')
/** AbortSignal.timeout sets the bound. */
const TARGET = ['chrome103', 'firefox100', 'safari16']
/** A script that is no module is told by the browser where it came from while it starts. */
const WHERE_FROM = '((document.currentScript || {}).src || location.href)'

/** The demo loads the client as any page does: from the service. */
const AS_SERVED = {
  name: 'client-as-served',
  enforce: 'pre',
  resolveId: id => (id.endsWith('/sdk.js') ? { id: '/sdk.js', external: 'absolute' } : undefined)
}

/** @param {string} outDir the folder to write into */
export async function buildPart(outDir) {
  await bundle(outDir, 'sdk.ts', 'es', 'sdk.js')
  await bundle(outDir, 'sdk.ts', 'umd', 'sdk.umd.js')
  await bundle(outDir, 'server.ts', 'es', 'server.js')
  await bundle(outDir, 'demo/page.ts', 'es', 'demo/page.js')
  for (const name of ['index.html', 'page.css'])
    cpSync(join(HERE, 'demo', name), join(outDir, 'demo', name))
  writeTypes(outDir)
  cpSync(join(HERE, 'package.json'), join(outDir, 'package.json'))
}

async function bundle(outDir, entry, format, fileName) {
  await build({
    root: HERE,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: entry.startsWith('demo/') ? [AS_SERVED] : [],
    define: format === 'umd' ? { 'import.meta.url': WHERE_FROM } : {},
    build: {
      outDir,
      emptyOutDir: false,
      target: TARGET,
      reportCompressedSize: false,
      lib: { entry, name: 'offerd', formats: [format], fileName: () => fileName },
      rolldownOptions: { output: { minify: true } }
    }
  })
}

function writeTypes(outDir) {
  const options = ['-p', HERE, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly']
  const { status, stdout } = spawnSync(
    process.execPath,
    [COMPILER, ...options, '--outDir', outDir],
    {
      encoding: 'utf8'
    }
  )
  if (status !== 0) {
    throw new Error(
      `the client cannot be built; correct this first:\n${stdout.replace(/^/gm, '  ')}`
    )
  }
}
