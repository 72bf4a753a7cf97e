import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** A commit, built in a folder of its own. */
export interface Checkout {
  /** Its short hash. */
  readonly name: string
  /** Its main.js. */
  readonly program: string
  remove(): Promise<void>
}

/**
 * Builds a commit of this repository beside the working tree, with the packages that are installed here where its lock is the same, else
 * with its own. Throws with what git, npm or the build said.
 */
export async function checkOut(revision: string): Promise<Checkout> {
  const name = run('git', ['rev-parse', '--short', '--verify', `${revision}^{commit}`]).trim()
  const dir = await mkdtemp(join(tmpdir(), `offerd-${name}-`))
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true })
  try {
    const archive = join(dir, 'archive.tar')
    run('git', ['archive', '--format=tar', `--output=${archive}`, name])
    run('tar', ['-xf', archive, '-C', dir])
    await rm(archive)
    if (await sameLock(dir)) await symlink(resolve('node_modules'), join(dir, 'node_modules'))
    else run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], dir)
    run(process.execPath, ['src/build.mjs'], dir)
    return { name, program: join(dir, 'dist/main.js'), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function sameLock(dir: string): Promise<boolean> {
  const [theirs, ours] = await Promise.all(
    [dir, '.'].map(folder => readFile(join(folder, 'package-lock.json'), 'utf8'))
  )
  return theirs === ours
}

function run(file: string, args: readonly string[], cwd = '.'): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, encoding: 'utf8' })
  if (status !== 0)
    throw new Error(
      `${[file, ...args].join(' ')} failed: ${error?.message ?? `${stdout}${stderr}`.trim()}`
    )
  return stdout
}
