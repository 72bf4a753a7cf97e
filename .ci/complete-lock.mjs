/**
 * Names the optional packages of all platforms in package-lock.json: node .ci/complete-lock.mjs, and
 * node .ci/complete-lock.mjs bench/peers for that folder's. Run it after `npm install`. A registry that holds the packages of some platforms only makes npm leave the others out of the
 * lock, and then refuse that very lock in `npm ci`. An entry without an address is looked up on its own platform only.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PATH = join(import.meta.dirname, '..', process.argv[2] ?? '', 'package-lock.json')
const SYSTEMS = ['android', 'darwin', 'win32', 'freebsd', 'openharmony', 'linux']
const PROCESSORS = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'arm', 'wasm32']

const lock = JSON.parse(readFileSync(PATH, 'utf8'))
const { packages } = lock

function isThere(name, parent) {
  return `node_modules/${name}` in packages || `${parent}/node_modules/${name}` in packages
}

/** The platform that a name such as @oxc-parser/binding-linux-arm-musleabihf stands for. */
function platformOf(name) {
  const words = name.split(/[/-]/)
  const find = choices => choices.filter(choice => words.includes(choice)).slice(0, 1)
  const libc = words.at(-1)?.startsWith('musl')
    ? ['musl']
    : words.at(-1)?.startsWith('gnu')
      ? ['glibc']
      : []
  return { cpu: find(PROCESSORS), os: find(SYSTEMS), libc }
}

const added = []
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isThere(name, parent)) continue
    const { cpu, os, libc } = platformOf(name)
    // Without a platform it would be fetched everywhere, from where it is not to be had.
    if (cpu.length === 0 || (os.length === 0 && !cpu.includes('wasm32')))
      throw new Error(`${name} names no platform known here; add it`)
    packages[`node_modules/${name}`] = {
      version,
      cpu,
      ...(dev ? { dev } : {}),
      ...(libc.length > 0 ? { libc } : {}),
      optional: true,
      ...(os.length > 0 ? { os } : {})
    }
    added.push(name)
  }
}
const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
writeFileSync(
  PATH,
  `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`
)
console.log(
  added.length === 0 ? 'The lock is complete.' : `Added ${added.length}: ${added.join(', ')}`
)
