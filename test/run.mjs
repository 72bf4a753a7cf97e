/**
 * Runs the test files named on the command line, or all of them, and closes with the counts of node's test runner.
 * Node 20 takes no patterns, so the files are found here.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** One more than the smallest machine that builds this has cores: many tests wait for processes and pages half of their time. */
const CONCURRENCY = 3
/** For one file; generous, because a busy machine is no reason to fail. */
const TIMEOUT_S = '240'
/** For all of them; a run that hangs fails instead of keeping whoever waits for it. */
const ALL_TIMEOUT_MS = 20 * 60_000
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

/** Names of the tests that did not run, with the reasons they gave. */
function skippedIn(lines) {
  return lines.flatMap(
    line => /^\s*ok \d+ - (.+?) # SKIP ?(.*)$/.exec(line)?.slice(1).join(': ') ?? []
  )
}

/** The counts that node prints last: `# tests 12`, `# pass 12`… */
function countsIn(lines) {
  return lines.slice(lines.findLastIndex(line => line.startsWith('# tests ')))
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
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
    // A group of its own, so that what a killed test leaves behind can be ended with it.
    { stdio: 'inherit', detached: true, env: { TAP_TIMEOUT: TIMEOUT_S, ...process.env } }
  )
  const ended = once(runner, 'exit')
  const endAll = () => killGroup(runner.pid)
  const deadline = setTimeout(endAll, ALL_TIMEOUT_MS)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, endAll)
  const [status, signal] = await ended
  clearTimeout(deadline)
  endAll()
  if (!isOnPath('redis-server') && !isOnPath('valkey-server')) {
    const without = files.filter(file => NEEDS_REDIS.test(readFileSync(file, 'utf8')))
    console.log(
      `Not run, because redis-server is not installed: ${without.join(', ') || 'nothing'}`
    )
  }
  const lines = readFileSync(report, 'utf8').trimEnd().split('\n')
  for (const test of new Set(skippedIn(lines))) console.log(`Skipped: ${test}`)
  console.log(countsIn(lines).join('\n'))
  process.exitCode = signal === null ? status : 1
} finally {
  rmSync(folder, { recursive: true })
}
