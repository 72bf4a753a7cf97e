/**
 * Runs the test files named on the command line, or all of them, and closes with the counts of node's test runner.
 * Node 20 takes no patterns, so the files are found here.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Two cores are what the smallest machine that builds this has. */
const CONCURRENCY = 2
/** For one file; generous, because a busy machine is no reason to fail. */
const TIMEOUT_S = '120'
const TEST_ROOT = import.meta.dirname
const NEEDS_REDIS = /helpers\/redis\.js|open-store\.js/

function allTests() {
  return readdirSync(TEST_ROOT, { recursive: true })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join(TEST_ROOT, name))
    .sort()
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** The counts that node prints last: `# tests 12`, `# pass 12`… */
function countsIn(report) {
  const lines = readFileSync(report, 'utf8').trimEnd().split('\n')
  return lines.slice(lines.findLastIndex(line => line.startsWith('# tests ')))
}

const named = process.argv.slice(2)
const files = named.length > 0 ? named : allTests()
const folder = mkdtempSync(join(tmpdir(), 'offerd-test-'))
const report = join(folder, 'report.tap')
try {
  const runner = spawn(
    process.execPath,
    [
      '--import=tsx',
      '--test',
      `--test-concurrency=${CONCURRENCY}`,
      '--test-reporter=dot',
      '--test-reporter-destination=stdout',
      '--test-reporter=tap',
      `--test-reporter-destination=${report}`,
      ...files
    ],
    { stdio: 'inherit', env: { TAP_TIMEOUT: TIMEOUT_S, ...process.env } }
  )
  const [status, signal] = await once(runner, 'exit')
  if (!isOnPath('redis-server') && !isOnPath('valkey-server')) {
    const without = files.filter(file => NEEDS_REDIS.test(readFileSync(file, 'utf8')))
    console.log(
      `Not run, because redis-server is not installed: ${without.join(', ') || 'nothing'}`
    )
  }
  console.log(countsIn(report).join('\n'))
  process.exitCode = signal === null ? status : 1
} finally {
  rmSync(folder, { recursive: true })
}
