import { test } from 'tap'
import { formatProblem, MOST_PROBLEMS, Problems } from '../../src/policy/problems.js'

const at = (line: number, file = 'a.yaml'): { file: string; line: number; column: number } => ({
  file,
  line,
  column: 1
})

test('a problem is one line that editors can follow', async t => {
  t.equal(
    formatProblem({
      ...at(3),
      message: 'there is no group "crads"',
      hint: 'cards',
      severity: 'error'
    }),
    'a.yaml:3:1: error: there is no group "crads" (did you mean "cards"?)'
  )
  t.equal(
    formatProblem({ ...at(3), message: 'odd', severity: 'warning' }),
    'a.yaml:3:1: warning: odd'
  )
})

test('problems are told in the order of files and lines', async t => {
  const problems = new Problems()
  problems.error(at(2, 'b.yaml'), 'third')
  problems.warn(at(9), 'second')
  problems.error(at(1), 'first')
  t.same(
    problems.list().map(({ message }) => message),
    ['first', 'second', 'third']
  )
  t.equal(problems.errors, 2)
})

test('when there are too many, errors come before warnings and the rest is counted', async t => {
  const problems = new Problems()
  for (let i = 0; i < 3000; i++) problems.warn(at(i), `warning ${i}`)
  problems.error(at(1), 'error')
  const list = problems.list()
  t.equal(list.length, MOST_PROBLEMS + 1)
  t.equal(list.at(-1)?.message, 'and 2801 more problems')
  t.equal(problems.errors, 1)
})

test('what would steer a terminal is spelled out', async t => {
  const problems = new Problems()
  problems.error(at(1), 'there is no offer "\u001b[2J"')
  problems.unknown(at(2), 'offer', 'x\u202e', [])
  t.same(
    problems.list().map(({ message }) => message),
    ['there is no offer "\\u001b[2J"', 'there is no offer "x\\u202e"']
  )
})
