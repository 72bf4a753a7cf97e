/**
 * Builds dist/ from src/ when a source changed since the last build; otherwise returns within milliseconds.
 * A fresh folder is made beside dist/ and renamed to it, under a lock, so that nobody ever starts a half-built service.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compress } from './compress.mjs'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const SRC = join(ROOT, 'src')
const DIST = join(ROOT, 'dist')
const FRESH = join(ROOT, `.dist-${process.pid}`)
const LOCK = join(ROOT, '.dist-lock')
const STAMP = 'built-from'
const COMPILER = join(ROOT, 'node_modules/typescript/bin/tsc')
const LOCK_POLL_MS = 50
/** A build takes seconds; a lock as old as this belongs to a process that the machine lost. */
const LOCK_MAX_AGE_MS = 120_000

/** Built for browsers by a script of its own. */
const BROWSER_PARTS = ['client', 'console']
/** For people: no build depends on them. */
const NOT_BUILT = /(README\.md|\/screenshots\/[^/]+)$/
const NOT_COPIED = /(\.ts|\.mjs|tsconfig\.json)$/

function sources() {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .filter(path => !NOT_BUILT.test(path))
}

/** Changes when a source is written, added, renamed or removed, or when the compiler's settings or version do. */
function fingerprint() {
  const hash = createHash('sha256')
  const settings = ['tsconfig.json', 'package-lock.json'].map(name => join(ROOT, name))
  for (const path of [...sources(), ...settings].sort()) {
    const { mtimeMs, size } = statSync(path)
    hash.update(`${path}\0${mtimeMs}\0${size}\n`)
  }
  return hash.digest('hex')
}

function builtFrom() {
  return readIfThere(join(DIST, STAMP))
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Waits while another process builds; a lock whose owner died is taken over. */
async function takeLock() {
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (lockIsDead()) rmSync(LOCK, { force: true })
    else await delay(LOCK_POLL_MS)
  }
}

function lockIsDead() {
  const owner = readIfThere(LOCK)
  if (owner === undefined) return false
  const ageMs = Date.now() - (statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
  // Just made, its owner's id not written yet.
  if (owner === '') return ageMs > 1_000
  return ageMs > LOCK_MAX_AGE_MS || !isRunning(Number(owner))
}

function compile() {
  const options = [
    '-p',
    SRC,
    '--outDir',
    FRESH,
    '--noEmitOnError',
    '--pretty',
    String(process.stderr.isTTY === true)
  ]
  const { status, stdout } = spawnSync(process.execPath, [COMPILER, ...options], {
    encoding: 'utf8'
  })
  if (status !== 0) {
    throw new Error(`offerd cannot be built; correct this first:\n${stdout.replace(/^/gm, '  ')}`)
  }
}

function copyAssets() {
  const isBuilt = path => BROWSER_PARTS.some(part => path.startsWith(join(SRC, part, '/')))
  for (const path of sources().filter(name => !NOT_COPIED.test(name) && !isBuilt(name))) {
    const target = join(FRESH, path.slice(SRC.length))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(path, target)
  }
}

/** Their builders are loaded only here, since most starts have nothing to build. */
async function buildBrowserParts() {
  for (const part of BROWSER_PARTS.filter(name => existsSync(join(SRC, name)))) {
    const { buildPart } = await import(`./${part}/build.mjs`)
    await buildPart(join(FRESH, part))
    compress(join(FRESH, part))
  }
}

/** Folders of builds that were killed half-way. */
function sweep() {
  for (const name of readdirSync(ROOT)) {
    const [, pid] = /^\.dist-(\d+)/.exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid)))
      rmSync(join(ROOT, name), { recursive: true, force: true })
  }
}

async function build(wanted) {
  const startedMs = performance.now()
  process.stderr.write('offerd: sources changed, building… ')
  try {
    compile()
    copyAssets()
    await buildBrowserParts()
    writeFileSync(join(FRESH, STAMP), wanted)
    if (builtFrom() !== undefined) renameSync(DIST, `${FRESH}.old`)
    else rmSync(DIST, { recursive: true, force: true })
    renameSync(FRESH, DIST)
  } catch (error) {
    process.stderr.write('failed\n')
    throw error
  } finally {
    rmSync(FRESH, { recursive: true, force: true })
    rmSync(`${FRESH}.old`, { recursive: true, force: true })
  }
  process.stderr.write(`done in ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`)
}

async function buildWhenStale() {
  if (builtFrom() === fingerprint()) return
  if (!statSync(COMPILER, { throwIfNoEntry: false })) {
    throw new Error('offerd cannot be built: the compiler is missing; run npm ci first')
  }
  await takeLock()
  try {
    sweep()
    const wanted = fingerprint()
    if (builtFrom() !== wanted) await build(wanted)
  } finally {
    rmSync(LOCK, { force: true })
  }
}

try {
  await buildWhenStale()
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
