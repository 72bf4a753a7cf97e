import { createHash } from 'node:crypto'
import type { SourceFile, StrategyArchive, StrategySource } from '../ports.js'

/** Everything that a strategy was compiled of. */
export interface StrategyParts {
  readonly rules: readonly SourceFile[]
  readonly models: ReadonlyArray<{
    readonly name: string
    readonly folder: string
    readonly file: SourceFile
    /** By the name that the model's file gives. */
    readonly bytes: ReadonlyMap<string, Uint8Array>
  }>
}

/** Under a strategy's hash: its texts, and the names of the parts that its models' bytes are in. */
interface Manifest {
  readonly rules: readonly SourceFile[]
  readonly models: ReadonlyArray<{
    readonly name: string
    readonly folder: string
    readonly file: SourceFile
    readonly bytes: Readonly<Record<string, readonly string[]>>
  }>
}

/** Bytes are archived in pieces of this size, so that no single command of a store takes long. */
const PIECE_BYTES = 2 ** 20

/** Most bytes of one strategy that are archived. */
export const MOST_ARCHIVED_BYTES = 128 * 2 ** 20

/** A source that notes the models' bytes as they are read; `parts` has all that were. */
export function noteParts(source: StrategySource): {
  source: StrategySource
  parts: StrategyParts
} {
  const models = source.models.map(model => ({ ...model, bytes: new Map<string, Uint8Array>() }))
  return {
    source: {
      rules: source.rules,
      models: models.map(model => ({
        ...model,
        async readBytes(file) {
          const bytes = await model.readBytes(file)
          model.bytes.set(file, bytes)
          return bytes
        }
      }))
    },
    parts: { rules: source.rules, models }
  }
}

/** Bytes that archiving a strategy takes at most. */
export function archivedBytes({ rules, models }: StrategyParts): number {
  const texts = [...rules, ...models.map(({ file }) => file)].map(({ text }) => text.length)
  const bytes = models.flatMap(model => [...model.bytes.values()].map(({ length }) => length))
  return [...texts, ...bytes].reduce((sum, size) => sum + size, 0)
}

/**
 * Archives a strategy under its hash, or gives what is there of it a new lifetime. What models have in common is stored once.
 * Answers the names of its parts, its own last. Rejects with StoreUnavailable.
 */
export async function archiveStrategy(
  archive: StrategyArchive,
  hash: string,
  parts: StrategyParts,
  lifetimeMs: number
): Promise<string[]> {
  const pieces = new Map<string, Uint8Array>()
  const models = parts.models.map(({ name, folder, file, bytes }) => ({
    name,
    folder,
    file,
    bytes: Object.fromEntries(Array.from(bytes, ([of, all]) => [of, cut(all, pieces)]))
  }))
  const manifest: Manifest = { rules: parts.rules, models }
  // The manifest comes last: where it is, everything is.
  pieces.set(manifestName(hash), Buffer.from(JSON.stringify(manifest)))
  const names = [...pieces.keys()]
  const missing = new Set(await archive.renew(names, lifetimeMs))
  for (const [name, bytes] of pieces)
    if (missing.has(name)) await archive.put(name, bytes, lifetimeMs)
  return names
}

/** What an archived strategy is compiled of; undefined where the archive has not all of it any more. */
export async function readArchived(
  archive: StrategyArchive,
  hash: string
): Promise<StrategySource | undefined> {
  const text = await archive.get(manifestName(hash))
  if (text === undefined) return undefined
  const { rules, models } = JSON.parse(Buffer.from(text).toString()) as Manifest
  const files = new Map<string, Uint8Array>()
  for (const { name, bytes } of models) {
    for (const [file, pieces] of Object.entries(bytes)) {
      const found = await Promise.all(pieces.map(piece => archive.get(piece)))
      if (found.includes(undefined)) return undefined
      files.set(`${name}/${file}`, Buffer.concat(found as Uint8Array[]))
    }
  }
  return {
    rules,
    models: models.map(({ name, folder, file }) => ({
      name,
      folder,
      file,
      async readBytes(of) {
        const bytes = files.get(`${name}/${of}`)
        if (bytes === undefined) throw new Error(`the archive has no file ${of} of model ${name}`)
        return bytes
      }
    }))
  }
}

function manifestName(hash: string): string {
  return `strategy:${hash}`
}

/** Names the pieces of a file by their content, and puts them to the others. */
function cut(bytes: Uint8Array, pieces: Map<string, Uint8Array>): string[] {
  const names: string[] = []
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    const piece = bytes.subarray(start, start + PIECE_BYTES)
    const name = createHash('sha256').update(piece).digest('hex')
    pieces.set(name, piece)
    names.push(name)
  }
  return names
}
