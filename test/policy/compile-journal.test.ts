import { test } from 'tap'
import { compileStrategy } from '../../src/policy/compile.js'
import { bankWith, FILE } from './strategy-fixture.js'

function journalOf(section: string) {
  const text = bankWith('holdout:', `${section}\nholdout:`)
  const { strategy, problems } = compileStrategy([{ path: FILE, text }])
  if (strategy === undefined) throw new Error(JSON.stringify(problems))
  return strategy.journal
}

test('the journal is kept for 90 days up to 50 GB, and decisions wait for it', async t => {
  t.same(journalOf('journal: {}'), { keepMs: 90 * 86_400_000, mostBytes: 50e9, whenFull: 'wait' })
})

test('a strategy without a journal section, or with an empty one, keeps none', async t => {
  t.equal(journalOf(''), undefined)
  t.equal(journalOf('journal:'), undefined)
})

test('the section says how long, how large and what happens beyond', async t => {
  t.same(journalOf('journal: {keep: 36h, maxBytes: 1500MB, whenFull: drop}'), {
    keepMs: 36 * 3_600_000,
    mostBytes: 1.5e9,
    whenFull: 'drop'
  })
  t.equal(journalOf('journal: {maxBytes: 12345678}')?.mostBytes, 12_345_678)
})
