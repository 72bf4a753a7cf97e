import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { test, type Test } from 'tap'

const ROOT = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

/** A project of one file with the build of this one. */
async function tinyProject(t: Test) {
  const root = await mkdtemp(join(tmpdir(), 'offerd-build-'))
  t.teardown(() => rm(root, { recursive: true }))
  await mkdir(join(root, 'src'))
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  for (const name of ['tsconfig.json', 'src/tsconfig.json', 'src/build.mjs', 'src/compress.mjs']) {
    await cp(join(ROOT, name), join(root, name))
  }
  await writeFile(join(root, 'package-lock.json'), '{}')
  await writeFile(join(root, 'package.json'), '{"type": "module"}')
  await writeFile(join(root, 'src/main.ts'), "export const word: string = 'one'\n")
  await writeFile(join(root, 'src/script.lua'), 'return 1\n')
  return {
    build: () => run(process.execPath, [join(root, 'src/build.mjs')]),
    write: (name: string, text: string) => writeFile(join(root, name), text),
    built: (name: string) => readFile(join(root, 'dist', name), 'utf8')
  }
}

test('two builds at once build once, and a third has nothing to do', async t => {
  const { build, built } = await tinyProject(t)
  const outcomes = await Promise.all([build(), build()])
  t.equal(outcomes.filter(({ stderr }) => stderr.includes('done in')).length, 1)
  t.match(await built('main.js'), "word = 'one'")
  t.equal(await built('script.lua'), 'return 1\n')
  t.strictSame(await build(), { stdout: '', stderr: '' })
})

test('a changed source is built again, and a wrong one leaves the last build', async t => {
  const { build, write, built } = await tinyProject(t)
  await build()
  await write('src/main.ts', "export const word: string = 'two two'\n")
  await build()
  t.match(await built('main.js'), "word = 'two two'")
  await write('src/main.ts', 'export const word: string = 3\n')
  await t.rejects(build(), { code: 1, stderr: /main\.ts\(1,14\): error TS2322/ })
  t.match(await built('main.js'), "word = 'two two'")
})

test('a lock whose owner died is taken over', async t => {
  const { build, write, built } = await tinyProject(t)
  const { pid } = run(process.execPath, ['-e', '']).child
  await write('.dist-lock', String(pid ?? 0))
  await build()
  t.match(await built('main.js'), "word = 'one'")
})
