import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { test, type Test } from 'tap'
import { createStrategyFiles } from '../../../src/adapters/files/strategy-files.js'
import type { StrategyFiles, StrategySource } from '../../../src/decisioning/ports.js'

interface Folder {
  readonly path: string
  readonly files: StrategyFiles
}

/** A folder with rules/ and models/ made of these files, gone when the test ends. */
async function folderWith(
  t: Test,
  texts: Readonly<Record<string, string | Uint8Array>>
): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'offerd-files-'))
  t.after(async () => {
    await rm(path, { recursive: true })
  })
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), text)
  }
  return {
    path,
    files: createStrategyFiles({ rulesDir: join(path, 'rules'), modelsDir: join(path, 'models') })
  }
}

const names = (source: StrategySource, path: string): string[] =>
  source.rules.map(file => relative(path, resolve(file.path)))

test('every .yaml and .yml file under the rules folder is read, in the order of the paths', async t => {
  const { path, files } = await folderWith(t, {
    'rules/b.yaml': 'b: 1',
    'rules/a.yml': 'a: 1',
    'rules/offers/z.yaml': 'z: 1',
    'rules/offers/deep/y.yaml': 'y: 1',
    'rules/schema/strategy.schema.json': '{}',
    'rules/README.md': 'text',
    'rules/.hidden.yaml': 'h: 1',
    'rules/.git/c.yaml': 'c: 1'
  })
  const source = await files.read()
  t.same(names(source, path), [
    'rules/a.yml',
    'rules/b.yaml',
    'rules/offers/deep/y.yaml',
    'rules/offers/z.yaml'
  ])
  t.equal(source.rules[0]?.text, 'a: 1')
  t.same(source.models, [])
})

test('a path is shown as a person in the working folder would type it', async t => {
  const { path } = await folderWith(t, { 'rules/a.yaml': '' })
  const near = createStrategyFiles({ rulesDir: 'rules/schema', modelsDir: join(path, 'models') })
  t.same((await near.read()).rules, [])
  const far = createStrategyFiles({
    rulesDir: relative('', join(path, 'rules')),
    modelsDir: join(path, 'models')
  })
  const [file] = (await far.read()).rules
  t.ok(
    [join(path, 'rules/a.yaml'), relative('', join(path, 'rules/a.yaml'))].includes(
      file?.path ?? ''
    )
  )
})

test('a missing rules folder is an error that says what to do', async t => {
  const { path } = await folderWith(t, { 'rules/a.yaml': '' })
  const files = createStrategyFiles({
    rulesDir: join(path, 'rulez'),
    modelsDir: join(path, 'models')
  })
  await t.rejects(files.read(), {
    message:
      /the rules folder .*rulez does not exist; create it, or name another with OFFERD_RULES or --rules/
  })
  const onFile = createStrategyFiles({
    rulesDir: join(path, 'rules/a.yaml'),
    modelsDir: join(path, 'models')
  })
  await t.rejects(onFile.read(), { message: /a\.yaml is no folder/ })
})

test('each model folder with a model.yaml is a model, whose bytes are read when asked for', async t => {
  const { files } = await folderWith(t, {
    'rules/a.yaml': '',
    'models/loans/model.yaml': 'model: loans',
    'models/loans/m.onnx': Uint8Array.of(1, 2, 3),
    'models/cards/model.yaml': 'model: cards',
    'models/train/notes.md': 'text',
    'models/README.md': 'text'
  })
  const { models } = await files.read()
  t.same(
    models.map(({ name, file }) => [name, file.text]),
    [
      ['cards', 'model: cards'],
      ['loans', 'model: loans']
    ]
  )
  t.same([...(await models[1]!.readBytes('m.onnx'))], [1, 2, 3])
})

test("a model's bytes come from its own folder, from a regular file of at most 64 MiB", async t => {
  const { path, files } = await folderWith(t, {
    'rules/a.yaml': '',
    'models/cards/model.yaml': 'model: cards',
    'models/cards/inner/m.onnx': Uint8Array.of(7),
    'models/loans/m.onnx': 'x',
    secret: 'x'
  })
  await symlink(join(path, 'secret'), join(path, 'models/cards/out.onnx'))
  await symlink('inner/m.onnx', join(path, 'models/cards/in.onnx'))
  execFileSync('mkfifo', [join(path, 'models/cards/pipe.onnx')])
  await writeFile(join(path, 'models/cards/huge.onnx'), '')
  await truncate(join(path, 'models/cards/huge.onnx'), 64 * 1024 * 1024 + 1)
  const [cards] = (await files.read()).models
  t.same([...(await cards!.readBytes('inner/m.onnx'))], [7])
  t.same([...(await cards!.readBytes('in.onnx'))], [7])
  for (const [file, said] of [
    ['../loans/m.onnx', /leaves the folder .*cards; name a file inside of it/],
    [join(path, 'secret'), /leaves the folder/],
    ['.', /leaves the folder/],
    ['out.onnx', /is a link that leaves the folder/],
    ['inner', /is no regular file/],
    ['pipe.onnx', /is no regular file/],
    ['huge.onnx', /has 67108865 bytes; at most 67108864 are read/],
    ['none.onnx', /none\.onnx does not exist/]
  ] as const) {
    await t.rejects(cards!.readBytes(file), { message: said }, file)
  }
})

test('a link inside of the rules folder is followed, one that leaves it is refused', async t => {
  const { path, files } = await folderWith(t, {
    'rules/..data/a.yaml': 'a: 1',
    'secret.yaml': 'secret: 1'
  })
  await symlink('..data/a.yaml', join(path, 'rules/a.yaml'))
  const source = await files.read()
  t.same(
    source.rules.map(({ text }) => text),
    ['a: 1']
  )
  await symlink(join(path, 'secret.yaml'), join(path, 'rules/b.yaml'))
  await t.rejects(files.read(), {
    message: /b\.yaml is a link that leaves the folder .*; put the file itself there/
  })
})

test('a folder that is a link is not followed, so that circles end', async t => {
  const { path, files } = await folderWith(t, {
    'rules/a.yaml': 'a: 1',
    'elsewhere/b.yaml': 'b: 1'
  })
  await symlink(join(path, 'rules'), join(path, 'rules/circle'))
  await symlink(join(path, 'elsewhere'), join(path, 'rules/away'))
  t.equal((await files.read()).rules.length, 1)
})

test('the rules folder itself may be a link', async t => {
  const { path } = await folderWith(t, { 'real/a.yaml': 'a: 1' })
  await symlink('real', join(path, 'rules'))
  const files = createStrategyFiles({
    rulesDir: join(path, 'rules'),
    modelsDir: join(path, 'models')
  })
  t.equal((await files.read()).rules.length, 1)
})

test('a file that is not UTF-8 is refused, and a huge one is cut where its size will be refused', async t => {
  const { path, files } = await folderWith(t, { 'rules/a.yaml': Uint8Array.of(0x61, 0x3a, 0xff) })
  await t.rejects(files.read(), { message: /a\.yaml is not UTF-8 text; save it as UTF-8/ })
  await truncate(join(path, 'rules/a.yaml'), 0)
  await truncate(join(path, 'rules/a.yaml'), 100 * 1024 * 1024)
  t.equal((await files.read()).rules[0]?.text.length, 2 * 1024 * 1024 + 1)
})
