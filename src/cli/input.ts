import { createReadStream } from 'node:fs'
import { CommandRefused, type Shell } from './shell.js'

/** The bytes of a file, or of the standard input where it is called `-`. Throws CommandRefused where it cannot be read. */
export async function* piecesOf(file: string, { stdin }: Shell): AsyncGenerator<Uint8Array> {
  try {
    yield* file === '-' ? stdin : (createReadStream(file) as AsyncIterable<Uint8Array>)
  } catch (error) {
    throw new CommandRefused(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`
    )
  }
}
