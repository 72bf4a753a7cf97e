import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { readModelFile } from '../../policy/model-file.js'
import { CommandRefused } from '../shell.js'

/**
 * The version that a model in this folder gets: 1, or one more than that of the model that it replaces. Throws CommandRefused where
 * something is there that may not be replaced.
 */
export async function nextVersion(folder: string, mayReplace: boolean): Promise<number> {
  if (!(await isThere(folder))) return 1
  if (!mayReplace)
    throw new CommandRefused(
      `${folder} is there already; replace it with --replace, or name another folder with --out`
    )
  const path = join(folder, 'model.yaml')
  if (!(await isThere(path)))
    throw new CommandRefused(
      `${folder} holds no model.yaml, so it is not replaced; name another folder with --out`
    )
  const { model } = readModelFile({ path, text: await readFile(path, 'utf8') })
  if (model === undefined)
    throw new CommandRefused(
      `${path} cannot be read, so its version is not known; correct it (offerd validate) or remove the folder`
    )
  return model.version + 1
}

/** Writes the files into a new folder and puts it into place whole, in place of what was there. */
export async function writeFolder(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>
): Promise<void> {
  const parent = dirname(folder)
  await mkdir(parent, { recursive: true })
  // Names that begin with a dot are passed over when a strategy is loaded.
  const fresh = await mkdtemp(join(parent, `.${basename(folder)}-`))
  try {
    // Made for its owner alone, but the service may be somebody else.
    await chmod(fresh, 0o755)
    for (const [name, content] of Object.entries(files)) await writeFile(join(fresh, name), content)
    await putInPlace(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw error
  }
}

async function putInPlace(fresh: string, folder: string): Promise<void> {
  if (!(await isThere(folder))) {
    await rename(fresh, folder)
    return
  }
  const old = `${fresh}-old`
  await rename(folder, old)
  try {
    await rename(fresh, folder)
  } catch (error) {
    await rename(old, folder)
    throw error
  }
  await rm(old, { recursive: true, force: true })
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
