import { open, rm, stat, type FileHandle } from 'node:fs/promises'
import type { Parts } from '../parts.js'
import { CommandRefused, type Shell } from '../shell.js'
import { formatOf, type ListFormat } from './customer-list.js'
import { CSV_HEADER, csvOf, DECISION_COLUMNS, linesOf, type DecidedRow } from './decision-rows.js'
import type { RejectedRow } from './decide-rows.js'

/** Where decisions and rejected rows go: files that grow chunk by chunk and can be cut back to what notes say is done. */
export interface ListOutput {
  /** Writes a chunk; it is on the disk when it resolves. Answers how long the files are then. */
  write(decided: readonly DecidedRow[], rejected: readonly RejectedRow[]): Promise<OutputLengths>
  /** Puts the output into its form when all of it is there. */
  finish(): Promise<void>
  close(): Promise<void>
}

export interface OutputLengths {
  readonly outputBytes: number
  readonly rejectBytes: number
}

export interface OutputPlaces {
  /** `-` for the standard output. */
  readonly output: string
  /** undefined: rejected rows are told on stderr. */
  readonly rejects: string | undefined
}

/**
 * The file that a list's decisions are written to while they come: that of the output itself, or one beside it where its format
 * cannot be appended to.
 */
export function growingFileOf(output: string): string {
  return formatOf(output) === 'parquet' ? `${output}.rows.csv` : output
}

/** Opens the files at these lengths; what is beyond was not done. Throws CommandRefused where they are shorter. */
export async function openOutput(
  places: OutputPlaces,
  lengths: OutputLengths,
  shell: Shell,
  { tableFiles }: Pick<Parts, 'tableFiles'>
): Promise<ListOutput> {
  const { output, rejects } = places
  const format = formatOf(output)
  if (output === '-') return streamOutput(shell, rejects)
  const file = await GrowingFile.open(growingFileOf(output), lengths.outputBytes)
  const rejected = new LazyFile(rejects, lengths.rejectBytes)
  await rejected.cut()
  if (format !== 'ndjson' && file.bytes === 0) await file.append(CSV_HEADER)
  return {
    async write(rows, bad) {
      await rejected.append(rejectLines(bad))
      await file.append(textOf(format, rows))
      return { outputBytes: file.bytes, rejectBytes: rejected.bytes }
    },
    async finish() {
      if (format !== 'parquet') return
      const csv = growingFileOf(output)
      await tableFiles.writeFromCsv(csv, DECISION_COLUMNS, output)
      await rm(csv)
    },
    async close() {
      await file.close()
      await rejected.close()
    }
  }
}

function streamOutput({ stdout, stderr }: Shell, rejects: string | undefined): ListOutput {
  const rejected = new LazyFile(rejects, 0)
  return {
    async write(rows, bad) {
      if (rejects === undefined) stderr.write(rejectLines(bad))
      else await rejected.append(rejectLines(bad))
      stdout.write(linesOf(rows))
      await stdout.flushed()
      return { outputBytes: 0, rejectBytes: 0 }
    },
    finish: async () => undefined,
    close: () => rejected.close()
  }
}

function textOf(format: ListFormat, rows: readonly DecidedRow[]): string {
  return format === 'ndjson' ? linesOf(rows) : csvOf(rows)
}

function rejectLines(rejected: readonly RejectedRow[]): string {
  return rejected.map(row => `${JSON.stringify(row)}\n`).join('')
}

/** A file that is only appended to. */
class GrowingFile {
  readonly #handle: FileHandle
  bytes: number

  private constructor(handle: FileHandle, bytes: number) {
    this.#handle = handle
    this.bytes = bytes
  }

  static async open(path: string, bytes: number): Promise<GrowingFile> {
    const handle = await open(path, bytes === 0 ? 'w' : 'r+')
    const { size } = await handle.stat()
    if (size < bytes) {
      await handle.close()
      throw new CommandRefused(
        `${path} is shorter than the unfinished run has left it: put it back, or begin anew with another --output`
      )
    }
    await handle.truncate(bytes)
    return new GrowingFile(handle, bytes)
  }

  async append(text: string): Promise<void> {
    if (text === '') return
    let rest = Buffer.from(text)
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.write(rest, 0, rest.length, this.bytes)
      this.bytes += bytesWritten
      rest = rest.subarray(bytesWritten)
    }
    await this.#handle.datasync()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** A growing file that is not made before there is something to write. */
class LazyFile {
  readonly #path: string | undefined
  #file: GrowingFile | undefined
  #bytes: number

  constructor(path: string | undefined, bytes: number) {
    this.#path = path
    this.#bytes = bytes
  }

  get bytes(): number {
    return this.#file?.bytes ?? this.#bytes
  }

  /** Takes off what an earlier process wrote beyond the bytes that count. */
  async cut(): Promise<void> {
    if (this.#path === undefined || !(await exists(this.#path))) return
    if (this.#bytes === 0) await rm(this.#path)
    else this.#file = await GrowingFile.open(this.#path, this.#bytes)
  }

  async append(text: string): Promise<void> {
    if (text === '' || this.#path === undefined) return
    this.#file ??= await GrowingFile.open(this.#path, this.#bytes)
    await this.#file.append(text)
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
