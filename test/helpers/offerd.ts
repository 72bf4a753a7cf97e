import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { program } from './program.js'
import { offerYaml, rulesWith } from './rules.js'

export type Environment = Readonly<Record<string, string>>

/** What a command came to. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program as a process of its own, gone when the test ends. */
export interface Running {
  readonly child: ChildProcess
  /** Where it listens; rejects with what it printed when it ends before. */
  url(): Promise<string>
  /** Resolves once stdout or stderr holds the text. */
  printed(text: string): Promise<void>
  ended(): Promise<Outcome>
}

/** A folder with a small strategy and no models, and the environment that names it; gone when the test ends. */
export async function smallStrategy(
  t: Test,
  rules = rulesWith({ offers: offerYaml('gold-card') })
): Promise<{
  readonly folder: string
  readonly env: Environment
  write(rules: string): Promise<void>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'offerd-cli-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const write = (text: string): Promise<void> => writeFile(join(folder, 'rules', 'all.yaml'), text)
  await mkdir(join(folder, 'rules'))
  await mkdir(join(folder, 'models'))
  await write(rules)
  const env = {
    OFFERD_RULES: join(folder, 'rules'),
    OFFERD_MODELS: join(folder, 'models'),
    OFFERD_DATA: join(folder, 'data'),
    OFFERD_PORT: '0',
    // No redis-server is found on it, so the store is the one in memory unless a test names another.
    PATH: folder
  }
  return { folder, env, write }
}

/** Starts the program with exactly this environment. */
export function startOfferd(
  t: Test,
  words: readonly string[],
  env: Environment,
  stdin = ''
): Running {
  const child = spawn(process.execPath, [program(), ...words], { env, stdio: 'pipe' })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.end(stdin)
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr
  }))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  async function printed(text: string): Promise<void> {
    while (!stdout.includes(text) && !stderr.includes(text)) {
      const more = Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')])
      if ((await Promise.race([more, ended.then(() => 'ended')])) === 'ended') {
        throw new Error(`It ended without printing ${text}:\n${stdout}${stderr}`)
      }
    }
  }
  return {
    child,
    printed,
    ended: () => ended,
    async url() {
      await printed('"msg":"listening"')
      const [, url = ''] = /"msg":"listening","url":"([^"]+)"/.exec(stdout) ?? []
      return url
    }
  }
}

/** Runs a command to its end. */
export function runOfferd(
  t: Test,
  words: readonly string[],
  env: Environment,
  stdin = ''
): Promise<Outcome> {
  return startOfferd(t, words, env, stdin).ended()
}
