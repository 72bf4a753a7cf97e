import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { test } from 'tap'
import ts from 'typescript'

const SRC = resolve(import.meta.dirname, '../src')

/** What each folder of src may import of the project. A file at the top of src stands for itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  policy: ['domain'],
  scoring: ['domain'],
  learning: ['domain'],
  decisioning: ['domain', 'policy', 'scoring', 'learning'],
  // The store in memory stands in where there is no other.
  adapters: ['domain', 'decisioning/ports.ts', 'adapters/memory/memory-store.ts'],
  http: ['domain', 'decisioning', 'policy'],
  client: [],
  // As types, which leave nothing in its files.
  console: ['domain', 'http/answers.ts'],
  cli: ['domain', 'policy', 'scoring', 'learning', 'decisioning', 'app.ts', 'config.ts'],
  'config.ts': ['domain', 'policy'],
  'app.ts': ['*'],
  'main.ts': ['*']
}

/** Which places may import a package; a package that is not named here may be imported nowhere. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  ioredis: ['adapters/redis'],
  msgpackr: ['adapters'],
  'onnxruntime-node': ['adapters/onnx'],
  '@duckdb/node-api': ['adapters/journal'],
  'prom-client': ['adapters/metrics'],
  fastify: ['http', 'app.ts', 'main.ts'],
  '@fastify/cors': ['http', 'app.ts', 'main.ts'],
  '@fastify/websocket': ['http', 'app.ts', 'main.ts'],
  '@fastify/static': ['http'],
  pino: ['main.ts'],
  preact: ['console'],
  uplot: ['console'],
  yaml: ['policy', 'main.ts'],
  '@marcbachmann/cel-js': ['policy/conditions'],
  'lru-cache': ['adapters', 'http'],
  zod: ['policy', 'decisioning', 'adapters', 'http', 'cli', 'config.ts', 'console']
}

/** Layers without input and output. Hashing is arithmetic, and compiling generated code reaches nothing. */
const PURE = ['domain', 'policy', 'scoring', 'learning']
const PURE_BUILTINS = ['node:crypto', 'node:vm']

/** Files that are started, never imported. */
const PROGRAMS = ['main.ts', 'adapters/onnx/try-out-child.ts']

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(file => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
  .sort()

interface Import {
  readonly file: string
  readonly specifier: string
}

const IMPORTS: readonly Import[] = FILES.flatMap(file =>
  specifiersIn(readFileSync(join(SRC, file), 'utf8')).map(specifier => ({ file, specifier }))
)

/** Static, type-only, side-effect and dynamic imports, and re-exports. */
function specifiersIn(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

/** The file of src that a relative specifier means, as `folder/name.ts` or `.tsx`. */
function targetOf({ file, specifier }: Import): string {
  const target = relative(SRC, resolve(SRC, dirname(file), specifier)).replace(/\.js$/, '.ts')
  return existsSync(join(SRC, `${target}x`)) ? `${target}x` : target
}

function isWithin(file: string, place: string): boolean {
  return place === '*' || file === place || file.startsWith(`${place}/`)
}

function layerOf(file: string): string {
  return file.split('/')[0] ?? ''
}

test('an import is seen however it is written', async t => {
  const text = `
    import { a } from './a.js'
    import type { B } from './b.js'
    import './c.js'
    export { d } from './d.js'
    const e = await import('./e.js')
    // import './f.js'
    const g = "import './g.js'"
  `
  t.strictSame(specifiersIn(text), ['./a.js', './b.js', './c.js', './d.js', './e.js'])
})

test('every folder and file at the top of src has its line in the import table', async t => {
  const unknown = new Set(FILES.map(layerOf).filter(layer => !(layer in MAY_IMPORT)))
  t.strictSame([...unknown], [])
})

test('every import inside the project points inward', async t => {
  const wrong = IMPORTS.filter(({ specifier }) => specifier.startsWith('.')).filter(each => {
    const target = targetOf(each)
    const layer = layerOf(each.file)
    if (layer === 'adapters' && adapterOf(target) === adapterOf(each.file)) return false
    if (layer !== 'adapters' && layerOf(target) === layer) return false
    return !(MAY_IMPORT[layer] ?? []).some(place => isWithin(target, place))
  })
  t.strictSame(wrong, [])
})

/** adapters/redis of adapters/redis/open-store.ts; undefined outside the adapters. */
function adapterOf(file: string): string | undefined {
  return /^adapters\/[^/]+/.exec(file)?.[0]
}

test('every package is imported only where it belongs', async t => {
  const wrong = IMPORTS.filter(
    ({ specifier }) => !specifier.startsWith('.') && !isBuiltin(specifier)
  ).filter(
    ({ file, specifier }) =>
      !(PACKAGES[packageOf(specifier)] ?? []).some(place => isWithin(file, place))
  )
  t.strictSame(wrong, [])
})

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

test('pure layers have no input and no output', async t => {
  const wrong = IMPORTS.filter(({ file }) => PURE.includes(layerOf(file))).filter(
    ({ specifier }) => isBuiltin(specifier) && !PURE_BUILTINS.includes(specifier)
  )
  t.strictSame(wrong, [])
})

test('no file needs itself in the end', async t => {
  const needs = new Map(FILES.map(file => [file, new Set<string>()]))
  for (const each of IMPORTS)
    if (each.specifier.startsWith('.')) needs.get(each.file)?.add(targetOf(each))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    else if (!done.has(file)) for (const next of needs.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of FILES) visit(file, [])
  t.strictSame(cycles, [])
})

test('main.ts alone touches the process, beside programs that run in one of their own', async t => {
  const touching = FILES.filter(file => !PROGRAMS.includes(file) && touchesProcess(file))
  t.strictSame(touching, [])
})

/** True where the global `process` is used or its module imported; a parameter or property of that name is something else. */
function touchesProcess(file: string): boolean {
  const text = readFileSync(join(SRC, file), 'utf8')
  if (!text.includes('process')) return false
  const named: ts.Identifier[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === 'process') named.push(node)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true))
  const declaredHere = named.some(isDeclared)
  return (
    named.some(node => isProcessMember(node) || (!declaredHere && isValue(node))) ||
    IMPORTS.some(each => each.file === file && /^(node:)?process$/.test(each.specifier))
  )
}

function isDeclared({ parent }: ts.Identifier): boolean {
  return ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)
}

/** process.env, process.argv… */
function isProcessMember(node: ts.Identifier): boolean {
  const { parent } = node
  return (
    ts.isPropertyAccessExpression(parent) &&
    parent.expression === node &&
    parent.name.text in process
  )
}

function isValue(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return (
    !ts.isPropertySignature(parent) &&
    !ts.isMethodSignature(parent) &&
    !ts.isMethodDeclaration(parent)
  )
}

test('config.ts alone reads environment variables of the service', async t => {
  const reading = FILES.filter(file => file !== 'config.ts').filter(file =>
    /\benv\b[^\n]{0,20}OFFERD_/.test(readFileSync(join(SRC, file), 'utf8'))
  )
  t.strictSame(reading, [])
})
