import { constants } from 'node:fs'
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { SourceFile, StrategyFiles, StrategySource } from '../../decisioning/ports.js'

/** A text file beyond this is cut off here; whoever parses it refuses it for its size (2 MiB). */
const MAX_TEXT_BYTES = 2 * 1024 * 1024 + 1
/** Largest model that is read. */
const MAX_MODEL_BYTES = 64 * 1024 * 1024

/**
 * Reads a strategy from two folders: every .yaml and .yml file under `rulesDir`, and `modelsDir`/NAME/model.yaml.
 * Names that begin with a dot are skipped, as are folders that are links. A missing models folder is an empty one.
 * Reading rejects with one sentence where the rules folder is missing or a file cannot be trusted or read.
 */
export function createStrategyFiles({
  rulesDir,
  modelsDir
}: {
  readonly rulesDir: string
  readonly modelsDir: string
}): StrategyFiles {
  return {
    async read() {
      const rules = await rulesUnder(rulesDir)
      return { rules, models: await modelsUnder(modelsDir) }
    }
  }
}

async function rulesUnder(folder: string): Promise<SourceFile[]> {
  const root = await realFolder(folder)
  if (root === undefined) {
    throw new Error(
      `the rules folder ${shown(folder)} does not exist; create it, or name another with OFFERD_RULES or --rules`
    )
  }
  const names = await filesUnder(root, '')
  const paths = names.filter(name => /\.ya?ml$/.test(name)).sort()
  return await Promise.all(paths.map(path => readText(root, folder, path)))
}

async function modelsUnder(folder: string): Promise<StrategySource['models']> {
  const root = await realFolder(folder)
  if (root === undefined) return []
  const entries = await readdir(root, { withFileTypes: true })
  const names = entries
    .filter(entry => entry.isDirectory() && !isHidden(entry.name))
    .map(entry => entry.name)
    .sort()
  const models = await Promise.all(names.map(name => modelIn(root, folder, name)))
  return models.flatMap(model => model ?? [])
}

/** The model of a folder; undefined where the folder holds no model.yaml. */
async function modelIn(
  root: string,
  folder: string,
  name: string
): Promise<StrategySource['models'][number] | undefined> {
  const modelRoot = join(root, name)
  if ((await kindOf(join(modelRoot, 'model.yaml'))) === undefined) return undefined
  return {
    name,
    folder: shown(join(folder, name)),
    file: await readText(modelRoot, join(folder, name), 'model.yaml'),
    readBytes: async file =>
      await readInside(modelRoot, join(folder, name), file, MAX_MODEL_BYTES, 'refuse')
  }
}

async function filesUnder(root: string, path: string): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true })
  const found = await Promise.all(
    entries
      .filter(({ name }) => !isHidden(name))
      .map(async entry => {
        const below = path === '' ? entry.name : `${path}/${entry.name}`
        return entry.isDirectory() ? await filesUnder(root, below) : [below]
      })
  )
  return found.flat()
}

async function readText(root: string, folder: string, path: string): Promise<SourceFile> {
  const bytes = await readInside(root, folder, path, MAX_TEXT_BYTES, 'cut')
  // What was cut off may end inside of a character; it is refused for its size anyway.
  const decoder = new TextDecoder('utf-8', { fatal: bytes.length < MAX_TEXT_BYTES })
  try {
    return { path: shown(join(folder, path)), text: decoder.decode(bytes) }
  } catch (error) {
    throw new Error(`${shown(join(folder, path))} is not UTF-8 text; save it as UTF-8`, {
      cause: error
    })
  }
}

/** Reads a regular file that lies in the folder, links inside of the folder followed. Beyond the limit: refused or cut. */
async function readInside(
  root: string,
  folder: string,
  path: string,
  maxBytes: number,
  beyond: 'refuse' | 'cut'
): Promise<Uint8Array> {
  const name = shown(join(folder, path))
  const wanted = resolve(root, path)
  if (isAbsolute(path) || !wanted.startsWith(root + sep))
    throw new Error(`${path} leaves the folder ${shown(folder)}; name a file inside of it`)
  if ((await kindOf(wanted)) === undefined) throw new Error(`${name} does not exist`)
  const real = await realpath(wanted)
  if (!real.startsWith(root + sep))
    throw new Error(
      `${name} is a link that leaves the folder ${shown(folder)}; put the file itself there`
    )
  // Opening a pipe would wait for its writer, and the file may have become one since it was looked at.
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { size } = await regular(handle, name)
    if (size > maxBytes && beyond === 'refuse')
      throw new Error(`${name} has ${size} bytes; at most ${maxBytes} are read`)
    const bytes = new Uint8Array(Math.min(size, maxBytes))
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return bytes.subarray(0, length)
  } finally {
    await handle.close()
  }
}

async function regular(
  handle: Awaited<ReturnType<typeof open>>,
  name: string
): Promise<{ size: number }> {
  const stats = await handle.stat()
  if (!stats.isFile()) throw new Error(`${name} is no regular file`)
  return stats
}

/** The folder behind all links; undefined where there is none. */
async function realFolder(folder: string): Promise<string | undefined> {
  if ((await kindOf(folder)) === undefined) return undefined
  const real = await realpath(folder)
  if (!(await stat(real)).isDirectory()) throw new Error(`${shown(folder)} is no folder`)
  return real
}

/** What a path is, links not followed; undefined where there is nothing. */
async function kindOf(path: string): Promise<{ isFile(): boolean } | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code === 'ENOENT' ||
      (error as NodeJS.ErrnoException).code === 'ENOTDIR'
    )
      return undefined
    throw error
  }
}

function isHidden(name: string): boolean {
  return name.startsWith('.')
}

/** A path as a person would type it: relative to the working folder where that is shorter. */
function shown(path: string): string {
  const absolute = resolve(path)
  const short = relative('', absolute)
  return short !== '' && short.length < absolute.length ? short : absolute
}
