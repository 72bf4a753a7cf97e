import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import type { TrainingReport } from '../../src/cli/train/report.js'
import { runCommand } from '../helpers/cli.js'
import { smallStrategy } from '../helpers/offerd.js'
import { CUSTOMER_RULES, customersCsv } from '../helpers/train.js'

const CSV = customersCsv(1500)

/** A strategy whose gold card is scored by the model to be made, and a way to train it from a file's text. */
async function trainingGround(t: Test) {
  const { folder, env, write } = await smallStrategy(t, CUSTOMER_RULES)
  const file = join(folder, 'customers.csv')
  async function train(csv: string, ...words: string[]) {
    await writeFile(file, csv)
    return await runCommand(['train', 'likes', '--from', file, '--target', 'likes', ...words], env)
  }
  const model = (name: string) => readFile(join(folder, 'models/likes', name))
  return { folder, env, train, model, write }
}

for (const method of ['logistic', 'trees']) {
  test(`${method}: what is written is served: inputs, missing values and scores to 1e-6`, async t => {
    const { env, train, model } = await trainingGround(t)
    const before = await runCommand(['validate'], env)
    t.equal(before.code, 1, 'the model is not there yet')
    const { code, stdout, stderr } = await train(CSV, '--method', method, '--json')
    t.equal(code, 0, stderr)
    const report = JSON.parse(stdout) as TrainingReport
    t.equal(report.method, method)
    t.same(report.rows, { all: 1500, train: 1020, validation: 180, test: 300 })
    const [{ held } = { held: undefined }] = report.methods
    t.ok(held !== undefined && held.auc > 0.7, `AUC ${held?.auc}`)
    t.ok(report.largestDifference < 1e-6, `${report.largestDifference}`)
    // Loading runs the rows that the training computed, to 1e-6, in the runtime that decides.
    const after = await runCommand(['validate'], env)
    t.equal(after.code, 0, after.stdout)
    const yaml = String(await model('model.yaml'))
    t.match(yaml, '{input: member, from: customer.member, missing: ')
    t.match(yaml, 'values: [admin, "blue collar", retired]')
    t.equal(yaml.match(/expect: /g)?.length, 3)
  })
}

test('the same data and seed give the same bytes, another seed others', async t => {
  const { folder, train } = await trainingGround(t)
  const made = async (name: string, seed: string) => {
    const out = join(folder, name)
    const { code, stderr } = await train(CSV, '--out', out, '--seed', seed)
    t.equal(code, 0, stderr)
    return await Promise.all(readdirSync(out).map(file => readFile(join(out, file))))
  }
  const first = await made('first', '7')
  t.equal(first.length, 4)
  t.same(await made('second', '7'), first)
  t.notSame(await made('third', '8'), first)
})

test('both methods are compared, by folds too, and the better one is written', async t => {
  const { train, model } = await trainingGround(t)
  const { code, stdout, stderr } = await train(CSV, '--folds', '3')
  t.equal(code, 0, stderr)
  t.match(stdout, /logistic {2}3 folds, mean {2}0\.\d{4}/)
  t.match(stdout, /trees {5}3 folds, mean {2}0\.\d{4}/)
  t.match(stdout, /likes@1 \((logistic|trees)\) is in /)
  const card = String(await model('card.md'))
  t.match(card, '(this model)')
  t.match(card, '![What it predicts against what happened](calibration.svg)')
  t.match(String(await model('calibration.svg')), /^<svg .*<circle /s)
})

test('a model that is there is replaced only when asked, as its next version, and never half', async t => {
  const { folder, train, model } = await trainingGround(t)
  t.equal((await train(CSV, '--method', 'trees')).code, 0)
  const first = await model('model.onnx')
  const again = await train(CSV, '--method', 'logistic')
  t.equal(again.code, 1)
  t.match(again.stderr, 'likes is there already; replace it with --replace')
  t.same(await model('model.onnx'), first)
  t.equal((await train(CSV, '--method', 'logistic', '--replace')).code, 0)
  t.notSame(await model('model.onnx'), first)
  t.match(String(await model('model.yaml')), '\nversion: 2\n')
  t.same(readdirSync(join(folder, 'models')), ['likes'], 'nothing else is left')
  await mkdir(join(folder, 'mine'))
  const mine = await train(CSV, '--out', join(folder, 'mine'), '--replace')
  t.equal(mine.code, 1)
  t.match(mine.stderr, 'holds no model.yaml, so it is not replaced')
})

test('columns that no decision has are refused with the nearest name; --map and --without help', async t => {
  const { folder, train } = await trainingGround(t)
  const renamed = CSV.replace('age,balance,job', 'age,balanse,gender')
  const refused = await train(renamed)
  t.equal(refused.code, 1)
  t.match(refused.stderr, 'column "balanse": unknown name customer.balanse')
  t.match(refused.stderr, '(customer.balance?)')
  t.match(refused.stderr, 'column "gender": customer.gender is protected')
  t.match(refused.stderr, '--map COLUMN=customer.ATTRIBUTE')
  t.notOk(existsSync(join(folder, 'models/likes')))
  const mapped = await train(
    renamed,
    ...['--map', 'balanse=customer.balance', '--without', 'gender', '--json']
  )
  t.equal(mapped.code, 0, mapped.stderr)
  t.same((JSON.parse(mapped.stdout) as TrainingReport).data.columns, ['age', 'balanse', 'member'])
})

test('a column that tells the answer is refused unless allowed, one that tells much is asked about', async t => {
  const { train } = await trainingGround(t)
  const [header = '', ...rows] = CSV.trim().split('\n')
  const leaky = (isRight: (row: number) => boolean) =>
    [
      header,
      ...rows.map((row, i) => {
        const cells = row.split(',')
        cells[3] = String((cells[4] === 'yes') === isRight(i))
        return cells.join(',')
      })
    ].join('\n')
  const refused = await train(leaky(() => true))
  t.equal(refused.code, 1)
  t.match(refused.stderr, 'column "member" tells the answer by itself (AUC 1.000 alone)')
  t.match(refused.stderr, '--without member; where that is wrong, --allow member')
  const allowed = await train(
    leaky(() => true),
    '--allow',
    'member',
    '--method',
    'trees'
  )
  t.equal(allowed.code, 0, allowed.stderr)
  const warned = await train(
    leaky(row => row % 5 > 0),
    '--method',
    'trees',
    '--replace'
  )
  t.equal(warned.code, 0, warned.stderr)
  t.match(
    warned.stdout,
    /warning: column "member" tells much by itself \(AUC 0\.\d+ alone\): does it/
  )
})

test('what cannot be learned from is refused with a sentence', async t => {
  const { env, folder, train } = await trainingGround(t)
  const cases: ReadonlyArray<readonly [csv: string, sentence: string]> = [
    [
      CSV.replaceAll(',yes', ',maybe').replace(',no\n', ',never\n'),
      'must have two values to be a target, but has 3: "no" ('
    ],
    [
      CSV.replaceAll(',yes', ',1').replaceAll(',no', ',2'),
      'say which of them is the positive answer with --positive'
    ],
    [CSV.split('\n').slice(0, 100).join('\n'), 'has 99 rows; at least 200 are needed'],
    [
      CSV.replace(/^(.*\n).*\n/, '$1old,1,admin,true,yes\n'),
      'line 2: column "age" stands for customer.age, a number, but says "old"'
    ],
    [
      CSV.replace(/^(.*\n).*\n/, '$130,1,admin,perhaps,yes\n'),
      'which is true or false, but says "perhaps"'
    ],
    [
      CSV.replace(/^(.*\n).*\n/, '$130,1,admin,true\n'),
      'line 2: has 4 cells where the header has 5'
    ],
    [CSV.replace(/^(.*\n).*\n/, '$130,1,admin,true,\n'), 'line 2: the target likes is blank'],
    [CSV.replace('job', 'joined'), 'column "joined": a model cannot take a point in time'],
    [
      CSV.replaceAll(/^(\d+),/gm, '30,').replaceAll(/^30,[^,]*,[^,]*,[^,]*/gm, '30,1,admin,true'),
      'has no column that tells rows apart'
    ]
  ]
  for (const [csv, sentence] of cases) {
    const { code, stderr } = await train(csv)
    t.equal(code, 1, sentence)
    t.match(stderr, sentence)
  }
  t.notOk(existsSync(join(folder, 'models/likes')))
  const words: ReadonlyArray<readonly [words: readonly string[], sentence: string]> = [
    [['--target', 'like'], '--target like: '],
    [['--seed', '-1'], "Option '--seed' argument is ambiguous"],
    [['--folds', '1'], '--folds takes a whole number from 2 to 20, not "1"'],
    [['--method', 'neural'], '--method is logistic, trees, both, not "neural"'],
    [['--separator', ';;'], '--separator takes one character, or tab, not ";;"'],
    [['--separator', ';'], 'is --separator right?'],
    [['--withot', 'age'], 'there is no option --withot; did you mean --without?']
  ]
  for (const [more, sentence] of words) {
    const { code, stderr } = await train(CSV, ...more)
    t.equal(code, 2, sentence)
    t.match(stderr, sentence)
  }
  const away = await runCommand(
    ['train', 'm', '--from', join(folder, 'no.csv'), '--target', 'y'],
    env
  )
  t.equal(away.code, 1)
  t.match(away.stderr, 'cannot be read')
})

test('columns that are always the same are left out and named', async t => {
  const { train, model } = await trainingGround(t)
  const { code, stdout, stderr } = await train(
    CSV.replaceAll(/^((?:[^,\n]*,){2})(?:admin|blue collar|retired)/gm, '$1admin'),
    ...['--method', 'logistic']
  )
  t.equal(code, 0, stderr)
  t.match(stdout, 'column "job" is the same in all rows and was left out')
  t.notMatch(String(await model('model.yaml')), 'customer.job')
})

test("a blank cell is the attribute's default, as it is at a decision, else far below all numbers", async t => {
  const { train, model, write } = await trainingGround(t)
  const standIn = async () =>
    Number(/customer\.balance, missing: (-?[\d.]+)/.exec(String(await model('model.yaml')))?.[1])
  t.equal((await train(CSV, '--method', 'logistic')).code, 0)
  const least = Math.min(...[...CSV.matchAll(/^\d+,(-?[\d.]+),/gm)].map(([, cell]) => Number(cell)))
  t.ok((await standIn()) < least, `${await standIn()} below ${least}`)
  await write(
    CUSTOMER_RULES.replace('balance: {type: number}', 'balance: {type: number, default: 0}')
  )
  t.equal((await train(CSV, '--method', 'logistic', '--replace')).code, 0)
  t.ok((await standIn()) > least, `${await standIn()} among the numbers`)
})
